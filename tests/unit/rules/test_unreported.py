"""Exchanges that cannot report, and keys that end soon."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from freqtrade_bitmex_guard import rules
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.account import AccountFacts, Evidence
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported
from freqtrade_bitmex_guard.model.verdict import Verdict
from tests.unit.rules.judging import NOW, found, key

MUTE = replace(PROFILE, cannot_report=("permissions", "ip-restriction"))
UNSEEN = KeyFacts(permissions=None, ip_restriction=NotReported("it has no way to"))


def judged(facts: KeyFacts, **written: Any) -> list[Finding]:
    policy = parse_section({"policy": written}, MUTE).policy
    gating = rules.rules_for(configurable=False)
    return rules.evaluate(gating, Evidence(facts, AccountFacts(), NOW), policy, MUTE)


def test_an_exchange_that_cannot_report_is_unverified() -> None:
    findings = judged(UNSEEN)

    assert [finding.message.split(",")[0] for finding in findings] == [
        "BitMEX has no way to report what the key may do",
        "BitMEX has no way to report from which addresses it works",
    ]
    assert [(finding.name, finding.severity) for finding in findings] == [("exchange-cannot-tell", "error")] * 2
    assert Verdict(tuple(findings), (UNSEEN,)).outcome is Outcome.UNVERIFIED


@pytest.mark.parametrize(
    ("accepted", "severities"),
    [
        (["permissions"], ["warning", "error"]),
        (["ip-restriction"], ["error", "warning"]),
        (["permissions", "ip-restriction"], ["warning", "warning"]),
    ],
)
def test_each_subject_has_to_be_accepted_by_its_name(accepted: list[str], severities: list[str]) -> None:
    findings = judged(UNSEEN, accept_unverifiable=accepted)

    assert [finding.severity for finding in findings] == severities
    assert Verdict(tuple(findings), (UNSEEN,)).admitted is ("error" not in severities)


def test_what_such_an_exchange_reports_all_the_same_is_judged() -> None:
    both = ["permissions", "ip-restriction"]
    withdraws = replace(UNSEEN, permissions=frozenset({MUTE.permission("withdraw")}), enabled=False)

    names = {finding.name for finding in judged(withdraws, accept_unverifiable=both) if finding.severity == "error"}
    assert names >= {"withdraw-permission", "key-disabled", "permission-missing"}


@pytest.mark.parametrize("accepted", [["permissions"], ["ip-restriction"], ["anything"], "permissions", [1]])
def test_an_exchange_that_reports_takes_no_acceptance(accepted: Any) -> None:
    with pytest.raises(GuardError) as stopped:
        parse_section({"policy": {"accept_unverifiable": accepted}}, PROFILE)

    assert {finding.name for finding in stopped.value.findings} == {"section-invalid"}


@pytest.mark.parametrize(
    ("days", "written", "expected"),
    [
        (None, {}, []),
        (8, {}, []),
        (7, {}, []),
        (6.9, {}, ["warning"]),
        (0.5, {}, ["warning"]),
        (20, {"min_days_left": 21}, ["warning"]),
        (1, {"severity": {"key-expiry": "error"}}, ["error"]),
        (1, {"severity": {"key-expiry": "ignore"}}, []),
        (0, {}, []),  # `key-disabled` refuses it
        (-0.1, {}, []),
    ],
)
def test_a_key_that_ends_soon_is_found(days: float | None, written: dict[str, Any], expected: list[str]) -> None:
    ends = None if days is None else NOW + timedelta(days=days)

    findings = found("key-expiry", key(expires=ends), **written)

    assert [finding.severity for finding in findings] == expected
    disabled = found("key-disabled", key(expires=ends), severity={"key-expiry": "ignore"})
    assert bool(disabled) is (days is not None and days <= 0)


@pytest.mark.parametrize(
    ("hours", "left"),
    [(71.9, "2 days"), (48, "2 days"), (47.99, "47 hours"), (24, "24 hours"), (0.9, "0 hours")],
)
def test_the_time_left_is_rounded_down(hours: float, left: str) -> None:
    (finding,) = found("key-expiry", key(expires=NOW + timedelta(hours=hours)))
    assert f" UTC, in {left}: " in finding.message
