"""The exchanges that cannot report what a key may do: each documented error, and what a signed read shows.

No simulator plays them: the answers come from the test, and the requests are those that ccxt signs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.exchanges.interface import CannotVerify
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.key import NotReported
from freqtrade_bitmex_guard.model.profile import UNVERIFIABLE
from tests.support.factories import KEY_ID
from tests.support.scripted_session import ScriptedSession, response

DATA = Path(__file__).parent / "data"
GOOD: dict[str, Any] = {
    "binanceus": {"makerCommission": 10, "balances": []},
    "bitvavo": [{"symbol": "EUR", "available": "1", "inOrder": "0"}],
    "coinex": {"code": 0, "data": [], "message": "OK"},
    "cryptocom": {"id": 1, "method": "private/user-balance", "code": 0, "result": {"data": []}},
    "luno": {"balance": []},
}
FINDINGS: dict[str, dict[Any, str]] = {
    "binanceus": {
        -2015: "access-denied",
        -2014: "key-unknown",
        -1021: "clock-skew",
        -1022: "signature-invalid",
        -1003: "rate-limited",
    },
    "bitvavo": {
        305: "key-unknown",
        306: "key-unknown",
        301: "key-unknown",
        307: "address-not-allowed",
        310: "exchange-error",
        311: "access-denied",
        312: "exchange-error",
        309: "signature-invalid",
        304: "clock-skew",
        317: "account-restricted",
        105: "address-banned",
        107: "overloaded",
        404: "maintenance",
    },
    "coinex": {
        4005: "key-unknown",
        4007: "address-not-allowed",
        4006: "signature-invalid",
        4008: "signature-invalid",
        4010: "clock-skew",
        4017: "clock-skew",
        4011: "account-restricted",
        4115: "account-restricted",
        4213: "rate-limited",
        4001: "maintenance",
    },
    "cryptocom": {
        40101: "access-denied",
        40102: "clock-skew",
        40103: "address-not-allowed",
        40104: "account-restricted",
        42901: "rate-limited",
        10002: "access-denied",
        10003: "address-not-allowed",
        10006: "rate-limited",
    },
    "luno": {
        "ErrUnauthorised": "key-unknown",
        "ErrInsufficientPerms": "access-denied",
        "ErrTooManyRequests": "rate-limited",
        "ErrUnderMaintenance": "maintenance",
    },
}


def adapter(name: str) -> CannotVerify:
    found = exchanges.get_adapter(name)
    assert isinstance(found, CannotVerify)
    return found


def errors() -> list[Any]:
    return [
        pytest.param(name, error["status"], error["body"], id=f"{name}: {error['name']}")
        for name in GOOD
        for error in json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))["errors"]
    ]


@pytest.mark.parametrize("name", GOOD)
def test_a_signed_read_proves_the_credentials_and_nothing_more(name: str) -> None:
    exchange = adapter(name)
    session = ScriptedSession([response(GOOD[name])])

    listing = exchange.read_key(session, KEY_ID)

    assert exchange.profile.cannot_report == UNVERIFIABLE
    assert [call.is_signed for call in session.calls] == [True]
    (entry,) = listing.entries
    assert entry.permissions is None
    assert isinstance(entry.ip_restriction, NotReported)


@pytest.mark.parametrize(("name", "status", "body"), errors())
def test_each_documented_error_leads_to_its_finding(name: str, status: int | None, body: dict[str, Any]) -> None:
    exchange = adapter(name)
    code = body[exchange.error_fields[0]]
    expected = FINDINGS[name][code]

    for http_status in {status} if status else {200, 400}:
        with pytest.raises(GuardError) as stopped:
            exchange.read_key(ScriptedSession([response(body, http_status)]), KEY_ID)
        assert [finding.name for finding in stopped.value.findings] == [expected], http_status


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("body", [None, [], {}, 7, "OK", b"<html>", b"", {"code": "0"}, {"code": False}, [None]])
@pytest.mark.parametrize("status", [200, 401, 403, 500])
def test_an_odd_answer_is_never_taken_for_a_working_key(name: str, body: Any, status: int) -> None:
    if status == 200 and name == "bitvavo" and body == []:
        pytest.skip("an empty account's balances")

    with pytest.raises(GuardError):
        adapter(name).read_key(ScriptedSession([response(body, status)]), KEY_ID)


@pytest.mark.parametrize(
    ("name", "status", "body", "expected"),
    [
        ("binanceus", 418, {"code": -1003, "msg": "Way too much request weight used"}, "address-banned"),
        ("bitvavo", 429, {"errorCode": 103, "error": "Your rate limit has been exceeded."}, "rate-limited"),
        ("bitvavo", 429, {"errorCode": 105, "error": "Your IP or API key has been banned."}, "address-banned"),
        ("luno", 401, {}, "key-unknown"),
        ("luno", 401, b"Unauthorized", "key-unknown"),
        ("luno", 429, b"", "rate-limited"),
    ],
)
def test_a_status_without_its_code_is_understood(name: str, status: int, body: Any, expected: str) -> None:
    with pytest.raises(GuardError) as stopped:
        adapter(name).read_key(ScriptedSession([response(body, status)]), KEY_ID)

    assert [finding.name for finding in stopped.value.findings] == [expected]
