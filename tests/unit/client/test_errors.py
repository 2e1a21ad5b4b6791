"""Error answers are judged alike for every exchange, whatever their HTTP status."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from freqtrade_bitmex_guard.client.errors import ErrorCause, StrictModel, fail_for, parse_body
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from tests.support.scripted_session import response

OTHER = replace(PROFILE, title="Other", status_page="status.other.example")

UNKNOWN = ErrorCause("key-unknown", "Other does not know the key.", "Store it again.", code="50111")
CAUSES = (
    UNKNOWN,
    ErrorCause("clock-skew", code="50102", time_pattern=r"time: ([0-9]+)"),
    ErrorCause("rate-limited", code="50011"),
    ErrorCause("rate-limited", text="slow down", status=403),
    ErrorCause("maintenance", code="50001"),
    ErrorCause("overloaded", text="busy"),
    ErrorCause("access-denied", "One of three causes.", "Try this first.", text=("not", "permitted")),
)


def cause(content: Any, status: int = 200, code: str = "", text: str | None = None, **headers: str) -> Finding:
    with pytest.raises(GuardError) as stopped:
        fail_for(response(content, status, **headers), OTHER, CAUSES, code, text)
    (finding,) = stopped.value.findings
    return finding


@pytest.mark.parametrize(
    ("status", "code", "text", "name"),
    [
        (200, "50111", "Invalid key", "key-unknown"),
        (401, "50111", None, "key-unknown"),
        (503, "50111", None, "server-error"),
        (200, "501110", None, "exchange-error"),
        (200, "50001", None, "maintenance"),
        (503, "50001", None, "maintenance"),
        (401, "50001", None, "exchange-error"),
        (403, "50001", None, "exchange-error"),
        (200, "", "System BUSY", "overloaded"),
        (401, "", "System busy", "exchange-error"),
        (200, "", "You are not permitted", "access-denied"),
        (200, "", "permitted", "exchange-error"),
        (200, "50011", None, "rate-limited"),
        (401, "50011", None, "exchange-error"),
        (403, "", "Slow down!", "rate-limited"),
        (401, "", "Slow down!", "exchange-error"),
        (429, "50111", "anything", "rate-limited"),
        (429, "50102", "anything", "clock-skew"),
        (401, "50102", "Timestamp", "clock-skew"),
        (503, "50102", "Timestamp", "clock-skew"),
        (503, "", None, "maintenance"),
        (530, "", None, "maintenance"),
        (500, "", None, "server-error"),
        (503, "7", None, "server-error"),
        (503, "", "", "server-error"),
        (400, "", None, "exchange-error"),
        (200, "", None, "exchange-error"),
    ],
)
def test_the_signs_of_an_error_count_in_one_order(status: int, code: str, text: str | None, name: str) -> None:
    assert cause({}, status, code, text).name == name


@pytest.mark.parametrize(("content", "name"), [(b"<html>", "address-banned"), ({}, "exchange-error")])
def test_only_a_page_with_403_is_a_ban(content: Any, name: str) -> None:
    assert cause(content, 403).name == name
    assert cause(content, 401).name == "exchange-error"


def test_the_first_cause_that_matches_counts() -> None:
    assert cause({}, 200, "50111", "busy, not permitted").name == "key-unknown"


def test_the_words_of_the_exchange_go_before_the_general_ones() -> None:
    finding = cause({}, 200, "50111")
    assert (finding.message, finding.fix) == (UNKNOWN.meaning, UNKNOWN.fix)
    assert cause({}, 200, "50001").message == "Other is down for maintenance."
    assert cause({}, 200, "50001").fix.endswith("once it is back. status.other.example tells more.")
    assert "talks to Other from here" in cause(b"<html>", 403).fix


def test_how_long_to_wait_and_how_late_it_is_are_named() -> None:
    assert "try again in 30 seconds." in cause({}, 429, retry_after="30").message
    assert cause({}, 429).message == "Other asks for fewer requests."
    late = f"Timestamp expired, time: {time.time() + 60:.0f}"
    assert "clock is 60 seconds behind" in cause({}, 401, "50102", late).message
    assert "clock is off, so Other" in cause({}, 401, "50102", "Timestamp expired").message


def test_an_unknown_error_is_quoted_sanitized_and_short() -> None:
    finding = cause({}, 400, "7", "a\x1b[31m" + "b" * 500)
    assert finding.message.startswith("Other answered HTTP 400: 7 a?")
    assert len(finding.message) < 160


@pytest.mark.parametrize(
    "arguments",
    [
        {"finding": "no-such-finding", "code": "1"},
        {"finding": "maintenance"},
        {"finding": "key-unknown", "code": "1"},
        {"finding": "key-unknown", "code": "1", "meaning": "It is unknown."},
        {"finding": "maintenance", "code": "1", "meaning": "It is down."},
    ],
    ids=str,
)
def test_a_cause_without_a_sign_or_words_is_a_mistake(arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=arguments["finding"]):
        ErrorCause(**arguments)  # type: ignore[arg-type]


class Shape(StrictModel):
    id: str
    count: int = 0


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"id": 7, "count": "x"}, "describes the key oddly: count, id, so"),
        ({}, "describes the key oddly: id, so"),
        ([], "is not the documented JSON, so"),
        (None, "is not the documented JSON, so"),
    ],
)
def test_an_odd_shape_is_named_by_its_fields_without_values(data: object, problem: str) -> None:
    with pytest.raises(GuardError) as stopped:
        parse_body(Shape, data, OTHER)
    assert stopped.value.findings[0].name == "response-invalid"
    assert f"Other's response {problem}" in stopped.value.findings[0].message


def test_a_documented_shape_is_read_and_other_fields_are_left_alone() -> None:
    assert parse_body(Shape, {"id": "x", "more": 1}, OTHER) == Shape(id="x")
