"""How the issues of rules become findings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from freqtrade_bitmex_guard import rules
from freqtrade_bitmex_guard.config.policy import CONFIGURABLE_FINDINGS
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.account import (
    BEGINNING,
    AccountFacts,
    AccountQuery,
    EventLog,
    Evidence,
    WithdrawalAddress,
)
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.key import (
    KeyFacts,
    RestrictedTo,
)
from freqtrade_bitmex_guard.rules.engine import Issue, Rule, Scope
from tests.support.factories import facts, policy
from tests.unit.rules.judging import NOW, event, found, key, other, severities


def own_findings(known: KeyFacts, **written: Any) -> list[str]:
    """Return what the rules find whose severity nobody chooses."""
    evidence = Evidence(known, AccountFacts(), NOW)
    findings = rules.evaluate(rules.rules_for(configurable=False), evidence, policy(**written), PROFILE)
    assert all(finding.severity is Severity.ERROR for finding in findings)
    return [finding.name for finding in findings]


def test_every_rule_is_applied() -> None:
    worst = facts("withdraw", "sudo", addresses=RestrictedTo((), ("bogus",)), enabled=False)
    wide = facts("order", addresses="0.0.0.0/0,198.51.100.0/24")
    names = {name for known in (worst, wide) for name in own_findings(known, ip_within=["203.0.113.7"])}
    assert names == {
        "withdraw-permission",
        "permission-not-allowed",
        "permission-missing",
        "ip-unrestricted",
        "ip-unreadable",
        "ip-too-many",
        "ip-outside",
        "key-disabled",
    }


def test_a_good_key_breaks_no_rule() -> None:
    assert own_findings(facts("order")) == []


def test_the_policy_knows_exactly_the_rules_there_are() -> None:
    configurable = rules.rules_for(configurable=True)
    assert [rule.name for rule in configurable] == list(CONFIGURABLE_FINDINGS)
    assert sorted(rule.priority for rule in configurable) == list(range(1, len(CONFIGURABLE_FINDINGS) + 1))
    assert {rule.priority for rule in rules.rules_for(configurable=False)} == {0}


@pytest.mark.parametrize(
    ("written", "not_fine", "not_told"),
    [
        ({}, ["warning"], ["warning"]),
        ({"severity": {"key-age": "error"}}, ["error"], ["warning"]),
        ({"severity": {"key-age": "warning"}}, ["warning"], ["warning"]),
        ({"severity": {"key-age": "ignore"}}, [], []),
        ({"severity_not_reported": "error"}, ["warning"], ["error"]),
        ({"severity_not_reported": "ignore"}, ["warning"], []),
        ({"max_key_age_days": 10}, ["warning"], ["error"]),
        ({"max_key_age_days": 10, "severity_not_reported": "ignore"}, ["warning"], ["error"]),
        ({"max_key_age_days": 10, "severity": {"key-age": "warning"}}, ["warning"], ["error"]),
        ({"max_key_age_days": 10, "severity": {"key-age": "ignore"}}, [], []),
        ({"severity": {"two-factor": "ignore"}}, ["warning"], ["warning"]),
    ],
)
def test_severities(written: Any, not_fine: list[str], not_told: list[str]) -> None:
    old = key(created=NOW - timedelta(days=500))
    assert severities(found("key-age", old, **written)) == not_fine
    assert severities(found("key-age", key(created=None), **written)) == not_told


def test_an_ignored_rule_asks_nothing() -> None:
    assert rules.queries_for(policy()) == frozenset(AccountQuery)
    ignored = policy(severity={"two-factor": "ignore", "security-event": "ignore", "withdrawal-address": "ignore"})
    assert rules.queries_for(ignored) == frozenset()


def test_every_configurable_rule_finds_what_is_wrong() -> None:
    bad = key(created=datetime(2015, 1, 1, tzinfo=UTC), name="bot", expires=NOW + timedelta(days=1))
    account = AccountFacts(
        two_factor=False,
        siblings=(other("withdraw"),),
        withdrawal_addresses=(WithdrawalAddress("hot", ("skip2FA",)),),
        event_log=EventLog((event("withdrawalCompleted", 1),), BEGINNING),
    )
    configurable = rules.rules_for(configurable=True)
    findings = rules.evaluate(configurable, Evidence(bad, account, NOW), policy(expected_user_id=1), PROFILE)
    # A key has one answer about its addresses, so the other two have tests of their own.
    of_other_answers = {"ip-undisclosed", "ip-not-supported"}
    names = [rule.name for rule in configurable if rule.name not in of_other_answers]
    assert [finding.name for finding in findings] == names
    assert all(finding.fix and finding.message for finding in findings)
    assert [finding.severity for finding in findings].count(Severity.ERROR) == 2
    of_the_key = rules.rules_for(Scope.KEY, configurable=True)
    watched = rules.evaluate(of_the_key, Evidence(bad, AccountFacts(), NOW), policy(expected_user_id=1), PROFILE)
    assert [finding.name for finding in watched] == ["key-age", "legacy-key", "key-name", "account", "key-expiry"]


def two_factor(*_: Any) -> Any:
    yield Issue("Something is wrong.", "Fix it.", reported=False, severity=Severity.WARNING)


def withdraw_permission(*_: Any) -> Any:
    yield Issue("Something is wrong.", "Fix it.", reported=False, severity=Severity.WARNING, is_accepted=True)


@pytest.mark.parametrize("written", [{}, {"severity_not_reported": "ignore"}])
def test_an_issue_of_a_fixed_rule_is_always_an_error(written: Any) -> None:
    rule = Rule("withdraw-permission", withdraw_permission, expects=("key_name",))
    (finding,) = rules.evaluate([rule], Evidence(key(), AccountFacts(), NOW), policy(**written), PROFILE)
    assert finding.severity is Severity.ERROR


def policy_wide(*_: Any) -> Any:
    yield Issue("Something is wrong.", "Fix it.")


def test_an_issue_is_an_error_until_somebody_accepts_it() -> None:
    rule = Rule("policy-wide", policy_wide, can_be_accepted=True)
    (finding,) = rules.evaluate([rule], Evidence(key(), AccountFacts(), NOW), policy(), PROFILE)
    assert finding.severity is Severity.ERROR


def test_a_rule_is_named_like_its_function() -> None:
    with pytest.raises(ValueError, match="another name"):
        Rule("key-age", two_factor)


def no_such_finding(*_: Any) -> Any:
    yield from two_factor()


def test_a_rule_is_named_like_a_published_finding() -> None:
    with pytest.raises(KeyError):
        Rule("no-such-finding", no_such_finding)


def test_only_a_configurable_rule_can_be_less_than_an_error() -> None:
    assert Rule("two-factor", two_factor, Severity.WARNING).severity is Severity.WARNING
    with pytest.raises(ValueError, match="less than an error"):
        Rule("withdraw-permission", withdraw_permission, Severity.WARNING)


def test_rules_are_filtered_by_what_they_need_to_know() -> None:
    assert {rule.scope for rule in rules.rules_for(Scope.KEY)} == {Scope.KEY}
    assert (
        rules.rules_for() == rules.RULES == (*rules.rules_for(configurable=False), *rules.rules_for(configurable=True))
    )
    assert all(rule.query is None for rule in rules.rules_for(Scope.KEY))
