"""The rules about the account, one table each."""

from __future__ import annotations

import importlib
from datetime import timedelta
from typing import Any

import pytest

from freqtrade_bitmex_guard.model.account import (
    BEGINNING,
    AccountEvent,
    AccountFacts,
    EventLog,
    SiblingKey,
    WithdrawalAddress,
)
from freqtrade_bitmex_guard.model.key import (
    KeyFacts,
    NotReported,
    NotSupported,
    RestrictedTo,
    RestrictedUndisclosed,
    Unrestricted,
)
from freqtrade_bitmex_guard.model.networks import parse_network
from tests.unit.rules.judging import NOW, WHY, event, found, key, other, severities


@pytest.mark.parametrize(
    ("told", "expected"),
    [(True, []), (False, ["error"]), (WHY, ["warning"])],
)
def test_two_factor_is_on(told: Any, expected: list[str]) -> None:
    assert severities(found("two-factor", account=AccountFacts(two_factor=told))) == expected


OPEN = Unrestricted("CIDR is blank")


@pytest.mark.parametrize(
    ("others", "danger"),
    [
        ((), None),
        ((other("order"), other("order", "orderCancel")), None),
        ((other("order", "withdraw"),), "can withdraw"),
        ((other(" WITHDRAW "),), "can withdraw"),
        ((other("order", addresses=OPEN),), "no IP restriction"),
        ((other("order", addresses=NotReported("?")),), "no IP restriction"),
        ((other("order", addresses=NotSupported("?")),), None),
        ((other("order", addresses=RestrictedUndisclosed("?")),), "(allowed IPs not reported)"),
        ((other("order", addresses=RestrictedTo((), ("localhost",))),), "no IP restriction"),
        ((other("order", addresses=RestrictedTo(())),), "no IP restriction"),
        (
            (other("order", addresses=RestrictedTo(tuple(map(parse_network, ("0.0.0.0/1", "128.0.0.0/1"))))),),
            "no IP restriction",
        ),
        ((other("withdraw", enabled=False),), "can withdraw, disabled at present"),
        ((SiblingKey("AbCd…", "mark", None),), "described oddly"),
        ((SiblingKey("AbCd…", "mark", KeyFacts(None, key().ip_restriction)),), "permissions not reported"),
        ((other("withdraw"), other("order"), other("order", addresses=OPEN)), "2 other keys of the account"),
        (WHY, "did not report which other keys the account has (Access Denied)"),
    ],
)
def test_a_sibling_key_that_is_a_risk_is_found(others: Any, danger: str | None) -> None:
    findings = found("sibling-keys", account=AccountFacts(siblings=others))
    assert severities(findings) == ([] if danger is None else ["warning"])
    assert danger is None or danger in findings[0].message


def test_two_hundred_risky_keys_are_one_finding_of_a_readable_length() -> None:
    many = (other("withdraw", name="x" * 200),) * 200
    (finding,) = found("sibling-keys", account=AccountFacts(siblings=many))
    assert "200 other keys" in finding.message
    assert "195 more" in finding.message
    assert len(finding.message) < 600


def test_only_risky_keys_that_are_shown_are_described(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(key: SiblingKey) -> str:
        written.append(key)
        return "one"

    written: list[SiblingKey] = []
    module = importlib.import_module("freqtrade_bitmex_guard.rules.account")  # the package has a rule of that name
    monkeypatch.setattr(module, "describe_key", write)
    (finding,) = found("sibling-keys", account=AccountFacts(siblings=(other("withdraw"),) * 200))
    assert "one (can withdraw), 195 more" in finding.message
    assert len(written) == 5


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ((), []),
        ((WithdrawalAddress("cold wallet", ()),), []),
        ((WithdrawalAddress("cold wallet", ()), WithdrawalAddress("hot", ("skip2FA",))), ["warning"]),
        (WHY, ["warning"]),
    ],
)
def test_a_saved_address_that_skips_safeguards_is_found(addresses: Any, expected: list[str]) -> None:
    assert severities(found("withdrawal-address", account=AccountFacts(withdrawal_addresses=addresses))) == expected


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        (EventLog((), BEGINNING), []),
        (EventLog((event("login", 1, weighty=False),), BEGINNING), []),
        (EventLog((event("apiKeyCreated", 8),), BEGINNING), []),
        (EventLog((event("apiKeyCreated", 6.9),), BEGINNING), ["warning"]),
        (EventLog((), NOW - timedelta(days=7)), []),
        (EventLog((), NOW - timedelta(days=6.9)), ["warning"]),
        (EventLog((), None), ["warning"]),
        (EventLog((event("twoFactorDisabled", 1),), None), ["warning", "warning"]),
        (WHY, ["warning"]),
    ],
)
def test_a_recent_security_event_is_found(timeline: Any, expected: list[str]) -> None:
    assert severities(found("security-event", account=AccountFacts(event_log=timeline))) == expected


def test_the_creation_of_this_key_is_no_alarm() -> None:
    new = key(created=NOW - timedelta(hours=1))
    own = AccountEvent(
        "apiKeyCreated", NOW - timedelta(hours=1, seconds=2), None, "success", security_relevant=True, creates_key=True
    )
    other_one = AccountEvent(
        "apiKeyCreated", NOW - timedelta(minutes=50), None, "success", security_relevant=True, creates_key=True
    )
    at_once = AccountEvent(
        "apiKeyCreated", NOW - timedelta(hours=1, seconds=30), "x", None, security_relevant=True, creates_key=True
    )
    assert found("security-event", new, AccountFacts(event_log=EventLog((own,), BEGINNING))) == []
    assert found("security-event", new, AccountFacts(event_log=EventLog((own, other_one), BEGINNING))) != []
    assert found("security-event", new, AccountFacts(event_log=EventLog((own, at_once), BEGINNING))) != []
    assert found("security-event", key(created=None), AccountFacts(event_log=EventLog((own,), BEGINNING))) != []
    withdrawn = AccountEvent("withdrawalCompleted", own.time, None, "success", security_relevant=True)
    assert found("security-event", new, AccountFacts(event_log=EventLog((withdrawn,), BEGINNING))) != []


@pytest.mark.parametrize(("seconds", "alarms"), [(59, 0), (-59, 0), (60, 1), (-60, 1), (90, 1)])
def test_a_creation_within_a_minute_is_that_of_this_key(seconds: int, alarms: int) -> None:
    made = NOW - timedelta(hours=1)
    happened = AccountEvent(
        "apiKeyCreated", made + timedelta(seconds=seconds), None, "success", security_relevant=True, creates_key=True
    )
    timeline = EventLog((happened,), BEGINNING)
    assert len(found("security-event", key(created=made), AccountFacts(event_log=timeline))) == alarms


def test_an_event_is_described_with_time_address_and_status() -> None:
    happened = event("twoFactorDisabled", 1, address="198.51.100.9\x1b[31m", status="failure")
    (finding,) = found("security-event", account=AccountFacts(event_log=EventLog((happened,), BEGINNING)))
    assert "twoFactorDisabled (failure) on 2026-11-22 12:00 UTC from 198.51.100.9??31m" in finding.message
    assert (
        found("security-event", account=AccountFacts(event_log=EventLog((event("x", 10),), BEGINNING)), event_days=10)
        != []
    )


def test_many_events_of_one_type_hide_no_other() -> None:
    timeline = EventLog((*(event("resetPasswordRequest", 1) for _ in range(90)), event("aNewWord", 2)), BEGINNING)
    (finding,) = found("security-event", account=AccountFacts(event_log=timeline))
    assert "resetPasswordRequest on 2026-11-22 12:00 UTC (the newest of 90), aNewWord on 2026-11-21" in finding.message
    twice = EventLog((event("login", 1), event("login", 2)), BEGINNING)
    (finding,) = found("security-event", account=AccountFacts(event_log=twice))
    assert "(the newest of 2)" in finding.message


def test_twenty_five_types_of_events_are_described() -> None:
    timeline = EventLog(tuple(event(f"type{number}.", 1) for number in range(27)), BEGINNING)
    (finding,) = found("security-event", account=AccountFacts(event_log=timeline))
    assert "type24. on" in finding.message
    assert "type25. on" not in finding.message
    assert ", 2 more." in finding.message


def test_an_event_without_a_name_is_described_too() -> None:
    (finding,) = found("security-event", account=AccountFacts(event_log=EventLog((event("", 1),), BEGINNING)))
    assert "an event without a name on 2026-11-22" in finding.message
