"""HTX's errors, and whole checks with real ccxt on the simulated HTX."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from freqtrade_bitmex_guard.simulator.htx import SimulatedHTX, error
from freqtrade_bitmex_guard.simulator.interface import Cause, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import Kind
from tests.exchanges.contract import ExchangeContract
from tests.exchanges.contract_cases import check, errors, replay_answers
from tests.exchanges.samples import error_samples
from tests.exchanges.test_htx import GOOD, UID, entry, finding, listed
from tests.support.scripted_session import response

ERRORS = {
    "unknown key id": "key-unknown",
    "unknown key id, contract host": "key-unknown",
    "unknown key or wrong signature, v2 call": "key-unknown",
    "wrong signature": "signature-invalid",
    "clock skew": "clock-skew",
    "ip not allowed": "address-not-allowed",
    "ip not allowed, old text": "address-not-allowed",
    "missing permission": "access-denied",
    "key expired": "key-disabled",
    "missing permission or not allowed, v2 call": "access-denied",
    "wrong uid, v2 call": "exchange-error",
    "internal error, v2 call": "server-error",
    "rate limit": "rate-limited",
    "rate limit, second code": "rate-limited",
    "rate limit by gateway": "rate-limited",
    "maintenance": "maintenance",
    "gateway error": "server-error",
    "account not able to trade": "account-restricted",
    "sample 0": "address-not-allowed",
    "sample 1": "key-unknown",
    "sample 2": "exchange-error",
}
NOT_VALID = "api-signature-not-valid"


def test_every_known_error_has_an_expectation() -> None:
    assert set(ERRORS) == set(error_samples("htx"))


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("name", ERRORS)
def test_every_known_error_leads_to_its_finding(name: str, status: int) -> None:
    known = error_samples("htx")[name]
    if known.status == 400:  # where the status is not known
        known = replace(known, status=status)

    first, second = finding(known), finding(response(UID), known)

    assert first == second
    assert first.name == ERRORS[name]
    assert len(first.fix) > 20 or first.name == "account-restricted"
    assert "104.128.67.45" not in first.message


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Signature not valid: Incorrect Access key", "key-unknown"),
        ("[Access key错误]", "key-unknown"),
        ("校验失败", "signature-invalid"),
        ("Verification failure", "signature-invalid"),
        ("无效的提交时间", "clock-skew"),
        ("Invalid submission time", "clock-skew"),
        ("IP地址错误", "address-not-allowed"),
        ("API Key没有权限", "access-denied"),
        ("APIkey has expired, please", "key-disabled"),
        ("something new", "exchange-error"),
    ],
)
def test_either_half_of_the_text_names_the_cause(text: str, name: str) -> None:
    assert finding(response({"status": "error", "err-code": NOT_VALID, "err-msg": text})).name == name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        *((code, "rate-limited") for code in (1006, 510, 40403, "1006")),
        *((code, "account-restricted") for code in (1010, 1220)),
        (2000, "address-not-allowed"),
        ("method-not-allowed", "exchange-error"),
        (31415, "exchange-error"),
    ],
)
def test_codes_that_only_clients_know_are_read_too(code: int | str, name: str) -> None:
    assert finding(response({"code": code, "message": "x"})).name == name


def test_an_error_with_several_causes_names_them_in_order() -> None:
    for code, parts in {
        1003: ("mistyped", "has ended", "secret", "clock"),
        1002: ("address", "lacks Read", "sub-account"),
    }.items():
        message = finding(response({"code": code, "message": ""})).message

        assert [message.index(part) for part in parts] == sorted(message.index(part) for part in parts)


@pytest.mark.parametrize("status", [201, 204, 301, 404, 500])
def test_a_good_list_with_another_status_is_not_taken(status: int) -> None:
    answer = replace(listed(GOOD), status=status)

    assert finding(response(UID), answer).name in ("exchange-error", "server-error")
    assert finding(replace(response(UID), status=status), listed(GOOD)).name in ("exchange-error", "server-error")


def test_the_end_of_unbound_keys_is_part_of_the_fix(tmp_path: Path) -> None:
    with SimulatedHTX([SimulatedHTX.random_key(networks=None)]) as exchange:
        (found,) = [found for found in check(exchange, tmp_path).findings if found.name == "ip-unrestricted"]

    assert "ends keys without a bound address 90 days" in found.fix


def test_an_entry_with_odd_facts_admits_nothing() -> None:
    assert finding(response(UID), listed(entry(status="new"))).name == "response-invalid"


class TestContract(ExchangeContract):
    """A bot that trades spot, the only mode that freqtrade has on HTX."""

    simulator = SimulatedHTX
    requests = 2
    has_test_network = False
    outside = "access-denied"  # the only error that these requests have for it
    answers: ClassVar = {"clock": "key-unknown"}

    def test_the_answer_about_another_key_is_not_taken(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        own, other = exchange.keys[0], SimulatedHTX.random_key()
        exchange.keys[:] = [other]
        replay_answers(exchange, tmp_path / "other", other)

        assert errors(check(exchange, tmp_path / "own", own)) == ["key-not-listed"]

    def test_a_clock_that_is_named_by_the_older_error_is_found(self, exchange: SimulatedHTX, tmp_path: Path) -> None:
        exchange.respond_always("/v2/user/uid", exchange.errors[Cause.CLOCK])

        assert errors(check(exchange, tmp_path)) == ["clock-skew"]

    def test_a_sibling_that_withdraws_is_found(self, exchange: SimulatedHTX, tmp_path: Path) -> None:
        exchange.keys[0].siblings = [SimulatedHTX.random_key(permissions=[Kind.READ, Kind.WITHDRAW])]

        verdict = check(exchange, tmp_path)

        assert verdict.admitted
        assert "sibling-keys" in [found.name for found in verdict.findings]

    def test_a_key_that_ends_soon_is_warned_about(self, exchange: SimulatedHTX, tmp_path: Path) -> None:
        exchange.keys[0].days_left = 3.5

        verdict = check(exchange, tmp_path)

        assert verdict.admitted
        assert "key-expiry" in [found.name for found in verdict.findings]

    def test_no_log_shows_the_url_that_was_signed(
        self, exchange: SimulatedHTX, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        exchange.respond_always("/v2/user/uid", error(NOT_VALID, "Signature not valid: something new"))

        verdict = check(exchange, tmp_path)

        assert errors(verdict) == ["exchange-error"]
        assert "Signature=…" in caplog.text  # urllib3 logs the path
        signature = exchange.requests[0].request.query["Signature"]
        assert signature not in caplog.text
        assert exchange.keys[0].id not in caplog.text + str(verdict.findings)
