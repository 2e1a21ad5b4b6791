"""The errors of BitMEX."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.exchanges.bitmex_responses import GOOD, VENUE, finding, message
from tests.support.factories import KEY_ID
from tests.support.scripted_session import ScriptedSession
from tests.support.scripted_session import response as answer


@pytest.mark.parametrize("text", [7, None, ["Invalid API Key."], {"text": "Invalid API Key."}])
def test_an_error_without_a_text_is_named_by_its_status(text: Any) -> None:
    assert finding(answer({"error": {"message": text}}, 502)).name == "maintenance"
    assert finding(answer({"error": text}, 502)).name == "maintenance"
    assert finding(answer({"error": text}, 403)).name == "exchange-error"


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("text", ["Access Denied", "Invalid API Key.", "This key is disabled."])
def test_a_failure_of_the_exchange_is_no_fault_of_the_key(status: int, text: str) -> None:
    assert finding(answer(message(text), status)).name == "server-error"


@pytest.mark.parametrize(
    ("listed", "status"),
    [
        (message("Access denied by policy"), 403),
        (message("Access Denied"), 401),
        ({"error": {"message": "Access Denied"}}, 403),
        ({"error": {"message": "Access Denied", "name": "RateLimitError"}}, 403),
        ({"error": {"message": "Access Denied", "name": "HTTPError", "code": 7}}, 403),
        ({"error": {"message": "Access Denied", "name": "HTTPError"}, "more": []}, 403),
        (b"Access Denied", 403),
    ],
)
def test_a_denial_in_other_words_or_with_another_status_is_none(listed: Any, status: int) -> None:
    script = ScriptedSession([answer(listed, status), answer(GOOD)])
    with pytest.raises(GuardError):
        VENUE.read_key(script, KEY_ID)
    assert script.paths == ["apiKey"]


# Every case of the catalogue of recorded errors; where the status was never seen, several.
@pytest.mark.parametrize(
    ("status", "text", "rule"),
    [
        (401, "Invalid API Key.", "key-unknown"),
        (401, "Signature not valid.", "signature-invalid"),
        (400, "This request has expired - `expires` is in the past. Current time: 1516534870", "clock-skew"),
        (403, "This key is disabled.", "key-disabled"),
        (401, "This key is disabled.", "key-disabled"),
        (403, "This IP address is not allowed to use this key.", "address-not-allowed"),
        (401, "Authorization Required", "exchange-error"),
        (401, "Missing API key", "exchange-error"),
        (400, "Invalid use of subaccount API key", "subaccount-key"),
        (403, "Invalid use of subaccount API key", "subaccount-key"),
        (403, "Your account has been disabled", "account-restricted"),
        (403, "Account is restricted", "account-restricted"),
        (429, "Rate limit exceeded, retry in 1 seconds.", "rate-limited"),
        (400, "Rate limit exceeded", "rate-limited"),
        (503, "The system is currently overloaded. Please try again later.", "overloaded"),
        (503, "BitMEX is down for maintenance", "maintenance"),
        (503, "downtime in progress", "maintenance"),
        (500, "Server Error", "server-error"),
        (404, "Not Found", "exchange-error"),
        (403, "Withdrawal ban expires at 2026-01-01", "exchange-error"),
        (418, "teapot", "exchange-error"),
        (200, "Account is restricted", "account-restricted"),
        (200, "anything", "exchange-error"),
        (201, "anything", "exchange-error"),
    ],
)
def test_every_error_has_its_name_and_a_next_step(status: int, text: str, rule: str) -> None:
    found = finding(answer(message(text), status))
    assert found.name == rule
    assert found.outcome is (Outcome.REFUSED if rule == "key-disabled" else Outcome.UNVERIFIED)
    assert len(found.fix) > 20


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        (403, "address-banned"),
        (503, "maintenance"),
        (502, "maintenance"),
        (530, "maintenance"),
        (504, "maintenance"),
        (500, "server-error"),
        (521, "server-error"),
        (429, "rate-limited"),
        (401, "exchange-error"),
        (404, "exchange-error"),
        (200, "response-invalid"),
    ],
)
def test_a_page_instead_of_a_response_is_named_by_its_status(status: int, rule: str) -> None:
    assert finding(answer(b"<html> <head><title>403 Forbidden</title></head>", status)).name == rule


def test_an_ip_ban_says_to_stop_all_requests() -> None:
    found = finding(answer(b"<html>", 403))
    assert not found.transient
    assert "wait for an hour" in found.fix


@pytest.mark.parametrize("status", [201, 202, 204, 206])
def test_good_content_with_another_status_than_200_is_not_admitted(status: int) -> None:
    assert finding(answer([GOOD], status)).outcome is Outcome.UNVERIFIED


@pytest.mark.parametrize(("offset", "told"), [(37, "behind"), (-4000, "ahead")])
def test_clock_skew_is_measured(offset: int, told: str) -> None:
    text = f"This request has expired - `expires` is in the past. Current time: {time.time() + offset:.0f}"
    shown = re.search(rf"clock is ([0-9,]+) seconds {told}", finding(answer(message(text), 400)).message)
    assert shown is not None
    assert abs(int(shown[1].replace(",", "")) - abs(offset)) <= 1


@pytest.mark.parametrize("told", ["", "Current time: soon", f"Current time: {'9' * 4000}"])
def test_clock_skew_without_a_time_is_still_clock_skew(told: str) -> None:
    found = finding(answer(message(f"This request has expired - `expires` is in the past. {told}"), 400))
    assert found.name == "clock-skew"
    assert "more than 5 seconds" in found.message


def test_text_from_the_exchange_is_sanitized() -> None:
    hostile = "boom\x1b[31m\n[bold]<b>" + "x" * 500
    found = finding(answer(message(hostile), 418))
    assert not set("\x1b\n[<") & set(found.message)
    assert len(found.message) < 200


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    "text", ["Key locked for maintenance", "This key exceeded its rate limit and was disabled", "overloaded"]
)
def test_a_denial_of_the_key_is_never_transient(status: int, text: str) -> None:
    found = finding(answer(message(text), status))
    assert found.name == "exchange-error"
    assert not found.transient


def test_a_rate_limit_names_the_time_to_wait() -> None:
    assert "7 seconds" in finding(answer(message("Rate limit exceeded"), 429, retry_after="7")).message
