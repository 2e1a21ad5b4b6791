"""The posture rules: each is fine, not fine or not told; and the severity that the operator gives them."""

from __future__ import annotations

import importlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from freqtrade_bitmex_guard import rules
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.config.policy import CONFIGURABLE_FINDINGS
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.account import (
    BEGINNING,
    AccountEvent,
    AccountFacts,
    AccountQuery,
    EventLog,
    Evidence,
    SiblingKey,
    WithdrawalAddress,
)
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, Severity
from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from freqtrade_bitmex_guard.rules.key import legacy_key
from tests.support.factories import facts, policy

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


WHY = NotReported("Access Denied")


GOOD_KEY: dict[str, Any] = {
    "created": NOW - timedelta(days=20),
    "name": "freqtrade-btc",
    "user_id": "395724",
    "account_id": "395725",
}


def key(*words: str, **changed: Any) -> KeyFacts:
    plain = facts(*(words or ("order",)))
    return KeyFacts(plain.permissions, plain.ip_restriction, **{**GOOD_KEY, **changed})


def other(*words: str, addresses: Any = None, **changed: Any) -> SiblingKey:
    known = facts(*words)
    limit = known.ip_restriction if addresses is None else addresses
    return SiblingKey("AbCd…", "mark", KeyFacts(known.permissions, limit, **changed))


def event(word: str, days_ago: float, *, weighty: bool = True, **what: Any) -> AccountEvent:
    return AccountEvent(
        word, NOW - timedelta(days=days_ago), what.get("address"), what.get("status", "success"), weighty
    )


def found(
    name: str, known: KeyFacts | None = None, account: AccountFacts | None = None, **written: Any
) -> list[Finding]:
    rule = next(rule for rule in rules.ACCOUNT_RULES if rule.name == name)
    return list(rule.apply(Evidence(known or key(), account or AccountFacts(), NOW), policy(**written), PROFILE))


def severities(findings: list[Finding]) -> list[str]:
    return [finding.severity.value for finding in findings]


def test_the_policy_knows_exactly_the_rules_there_are() -> None:
    assert [rule.name for rule in rules.ACCOUNT_RULES] == list(CONFIGURABLE_FINDINGS)
    assert sorted(rule.priority for rule in rules.ACCOUNT_RULES) == list(range(1, len(CONFIGURABLE_FINDINGS) + 1))


@pytest.mark.parametrize(
    ("told", "expected"),
    [(True, []), (False, ["error"]), (WHY, ["warning"])],
)
def test_two_factor_is_on(told: Any, expected: list[str]) -> None:
    assert severities(found("two-factor", account=AccountFacts(two_factor=told))) == expected


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        (NOW, []),
        (NOW - timedelta(days=90), []),
        (NOW - timedelta(days=90, seconds=1), ["warning"]),
        (datetime(2015, 1, 1, tzinfo=UTC), ["warning"]),
        (NOW + timedelta(days=1), []),
        (NOW + timedelta(days=1, seconds=1), ["warning"]),
        (NOW + timedelta(days=2), ["warning"]),
        (None, ["warning"]),
    ],
)
def test_the_key_is_young(created: Any, expected: list[str]) -> None:
    assert severities(found("key-age", key(created=created))) == expected


def test_how_old_is_the_operators_to_say() -> None:
    assert found("key-age", key(), max_key_age_days=20) == []
    (finding,) = found("key-age", key(), max_key_age_days=19)
    assert "20 days old; the policy allows 19" in finding.message


@pytest.mark.parametrize(
    ("created", "words", "expected"),
    [
        (datetime(2019, 6, 10, 20, tzinfo=UTC), ("order", "withdraw"), []),
        (datetime(2019, 6, 10, 19, 59, 59, tzinfo=UTC), ("order",), ["warning"]),
        (datetime(2019, 6, 10, 19, 59, 59, tzinfo=UTC), ("order", "withdraw"), ["error"]),
        (datetime(2019, 6, 10, 19, 59, 59, tzinfo=UTC), ("Withdraw",), ["error"]),
        (None, ("order",), ["warning"]),
    ],
)
def test_the_key_is_not_from_the_time_of_weak_keys(created: Any, words: tuple[str, ...], expected: list[str]) -> None:
    assert severities(found("legacy-key", key(*words, created=created))) == expected


@pytest.mark.parametrize("created", [datetime(2000, 1, 1, tzinfo=UTC), None])
def test_an_exchange_whose_keys_were_never_weak_has_no_such_key(created: Any) -> None:
    never_weak = replace(PROFILE, weak_keys_before=None)
    assert list(legacy_key(Evidence(key(created=created), AccountFacts(), NOW), policy(), never_weak)) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("freqtrade-btc", []),
        ("BTC/USDT at home", []),
        ("", ["warning"]),
        ("  ", ["warning"]),
        ("Bot 7", ["warning"]),
        ("my-key", ["warning"]),
        ("API_KEY_2", ["warning"]),
        ("BitMEX", ["warning"]),
        ("12345", ["warning"]),
        (None, ["warning"]),
    ],
)
def test_the_key_has_a_name_that_says_something(name: Any, expected: list[str]) -> None:
    assert severities(found("key-name", key(name=name))) == expected


def test_names_that_say_nothing_are_known() -> None:
    generic = (
        "a abc api apikey bot default freqtrade ft key main mine my mybot mykey name new newkey noname none test "
        "testkey trade trader trading tradingbot unnamed untitled x bitmex"
    )
    for name in generic.split():
        assert severities(found("key-name", key(name=f"{name.title()}-1"))) == ["warning"], name
        assert severities(found("key-name", key(name=f"{name}-btc-server"))) == [], name


def test_what_a_name_says_stands_in_its_first_two_hundred_characters() -> None:
    assert severities(found("key-name", key(name="7" * 197 + "btc"))) == []
    assert severities(found("key-name", key(name="7" * 200 + "btc"))) == ["warning"]


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        ("freqtrade-btc", "freqtrade-*", []),
        ("freqtrade-btc", "freqtrade-???", []),
        ("Freqtrade-btc", "freqtrade-*", ["warning"]),
        ("somebody-elses", "freqtrade-*", ["warning"]),
        ("bot", "bot", []),
        ("bot", "*", ["warning"]),
        ("bot[1]", "bot[1]", []),
        ("bot1", "bot[1]", ["warning"]),
        ("", "*", ["warning"]),
        (None, "*", ["error"]),
    ],
)
def test_the_operator_may_say_what_the_name_looks_like(name: Any, wanted: str, expected: list[str]) -> None:
    assert severities(found("key-name", key(name=name), key_name=wanted)) == expected


@pytest.mark.parametrize(
    ("changed", "written", "expected"),
    [
        ({"user_id": "1", "account_id": "2"}, {}, []),
        ({"user_id": None, "account_id": None}, {}, []),
        ({}, {"expected_user_id": 395724}, []),
        ({}, {"expected_user_id": "395724", "expected_target_account_id": 395725}, []),
        ({}, {"expected_user_id": 395725}, ["error"]),
        ({}, {"expected_target_account_id": 395724}, ["error"]),
        ({}, {"expected_user_id": 1, "expected_target_account_id": 1}, ["error", "error"]),
        ({"user_id": None}, {"expected_user_id": 395724}, ["error"]),
        ({"account_id": None}, {"expected_target_account_id": 395725}, ["error"]),
    ],
)
def test_the_key_is_the_right_accounts(changed: Any, written: Any, expected: list[str]) -> None:
    assert severities(found("account", key(**changed), **written)) == expected


OPEN = Unrestricted("CIDR is blank")


@pytest.mark.parametrize(
    ("others", "danger"),
    [
        ((), None),
        ((other("order"), other("order", "orderCancel")), None),
        ((other("order", "withdraw"),), "can withdraw"),
        ((other(" WITHDRAW "),), "can withdraw"),
        ((other("order", addresses=OPEN),), "works from everywhere"),
        ((other("order", addresses=NotReported("?")),), "works from everywhere"),
        ((other("order", addresses=RestrictedTo((), ("localhost",))),), "works from everywhere"),
        ((other("order", addresses=RestrictedTo(())),), "works from everywhere"),
        (
            (other("order", addresses=RestrictedTo(tuple(map(parse_network, ("0.0.0.0/1", "128.0.0.0/1"))))),),
            "from everywhere",
        ),
        ((other("withdraw", enabled=False),), "can withdraw, switched off at present"),
        ((SiblingKey("AbCd…", "mark", None),), "described oddly"),
        ((SiblingKey("AbCd…", "mark", KeyFacts(None, key().ip_restriction)),), "rights not told"),
        ((other("withdraw"), other("order"), other("order", addresses=OPEN)), "2 other keys of the account"),
        (WHY, "did not reveal which other keys the account has (Access Denied)"),
    ],
)
def test_no_other_key_of_the_account_can_do_what_this_one_must_not(others: Any, danger: str | None) -> None:
    findings = found("sibling-keys", account=AccountFacts(siblings=others))
    assert severities(findings) == ([] if danger is None else ["warning"])
    assert danger is None or danger in findings[0].message


def test_two_hundred_risky_keys_are_one_finding_of_a_readable_length() -> None:
    many = (other("withdraw", name="x" * 200),) * 200
    (finding,) = found("sibling-keys", account=AccountFacts(siblings=many))
    assert "200 other keys" in finding.message
    assert "195 more" in finding.message
    assert len(finding.message) < 600


def test_only_those_of_two_hundred_risky_keys_that_are_shown_are_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_no_saved_address_skips_the_safeguards(addresses: Any, expected: list[str]) -> None:
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
def test_nothing_grave_happened_lately(timeline: Any, expected: list[str]) -> None:
    assert severities(found("security-event", account=AccountFacts(event_log=timeline))) == expected


def test_the_making_of_this_very_key_is_no_alarm_but_that_of_another_is() -> None:
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
def test_the_making_of_this_key_is_what_happened_within_a_minute_of_it(seconds: int, alarms: int) -> None:
    made = NOW - timedelta(hours=1)
    happened = AccountEvent(
        "apiKeyCreated", made + timedelta(seconds=seconds), None, "success", security_relevant=True, creates_key=True
    )
    timeline = EventLog((happened,), BEGINNING)
    assert len(found("security-event", key(created=made), AccountFacts(event_log=timeline))) == alarms


def test_a_name_that_is_wanted_is_shown_by_its_first_eighty_characters() -> None:
    wanted = "a" * 79 + "bcd"
    for name in ("x", ""):
        (finding,) = found("key-name", key(name=name), key_name=wanted)
        assert wanted[:80] in finding.message + finding.fix
        assert wanted[:81] not in finding.message + finding.fix


def test_an_event_is_told_with_time_and_address_and_how_it_ended() -> None:
    happened = event("twoFactorDisabled", 1, address="198.51.100.9\x1b[31m", status="failure")
    (finding,) = found("security-event", account=AccountFacts(event_log=EventLog((happened,), BEGINNING)))
    assert "twoFactorDisabled (failure) on 2026-11-22 12:00 UTC from 198.51.100.9??31m" in finding.message
    assert (
        found("security-event", account=AccountFacts(event_log=EventLog((event("x", 10),), BEGINNING)), event_days=10)
        != []
    )


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


@pytest.mark.parametrize(
    ("severity", "said"),
    [
        ({"withdraw-permission": "warning"}, "withdraw-permission is one of the guard's own rules"),
        ({"internal-error": "ignore"}, "internal-error is one of the guard's own rules"),
        ({"two_factor": "error"}, "names a rule that does not exist; there are two-factor,"),
        ({"key-age": "info"}, "section-invalid: api_key_guard.policy.severity.key-age"),
        ({"key-age": None}, "section-invalid: api_key_guard.policy.severity.key-age"),
        (["key-age"], "section-invalid: api_key_guard.policy.severity"),
        (7, "section-invalid: api_key_guard.policy.severity"),
    ],
)
def test_only_posture_rules_have_a_severity_to_choose(severity: Any, said: str) -> None:
    with pytest.raises(GuardError) as stopped:
        policy(severity=severity)
    assert said in str(stopped.value)
    assert '"severity": {"key-age"' in stopped.value.findings[0].fix


@pytest.mark.parametrize(
    "written",
    [
        {"expected_user_id": True},
        {"expected_user_id": ""},
        {"expected_user_id": 3.5},
        {"expected_target_account_id": "a b"},
        {"key_name": ""},
        {"max_key_age_days": 0},
        {"max_key_age_days": 36_501},
        {"event_days": 3_651},
        {"event_days": 0},
        {"event_days": 7.5},
        {"severity_not_reported": "info"},
    ],
)
def test_an_odd_expectation_is_misconfigured(written: Any) -> None:
    with pytest.raises(GuardError):
        parse_section({"policy": written}, PROFILE)


def test_the_widest_expectations_that_may_be_written_and_what_holds_if_none_is() -> None:
    widest = policy(max_key_age_days=36_500, event_days=3_650, expected_user_id="x" * 64, expected_target_account_id=0)
    assert (widest.max_key_age_days, widest.event_days, widest.expected_user_id) == (36_500, 3_650, "x" * 64)
    narrowest = policy(max_key_age_days=1, event_days=1, max_ip_addresses=1, key_name="x")
    assert (narrowest.max_key_age_days, narrowest.event_days, narrowest.max_addresses) == (1, 1, 1)
    usual = policy()
    assert (usual.max_key_age_days, usual.event_days, usual.max_addresses) == (90, 7, 1)
    assert (usual.key_name, usual.expected_user_id, usual.expected_target_account_id) == (None, None, None)
    assert (usual.severity, usual.severity_not_reported, usual.allowed_networks) == ({}, "warning", None)


def test_every_finding_says_what_to_do_and_names_no_rule_that_is_not_published() -> None:
    bad = key(created=datetime(2015, 1, 1, tzinfo=UTC), name="bot")
    account = AccountFacts(
        two_factor=False,
        siblings=(other("withdraw"),),
        withdrawal_addresses=(WithdrawalAddress("hot", ("skip2FA",)),),
        event_log=EventLog((event("withdrawalCompleted", 1),), BEGINNING),
    )
    findings = rules.evaluate_account(Evidence(bad, account, NOW), policy(expected_user_id=1), PROFILE)
    assert [finding.name for finding in findings] == [rule.name for rule in rules.ACCOUNT_RULES]
    assert all(finding.fix and finding.message for finding in findings)
    assert [finding.severity for finding in findings].count(Severity.ERROR) == 2
    upkeep = rules.evaluate_key_posture(Evidence(bad, AccountFacts(), NOW), policy(expected_user_id=1), PROFILE)
    assert [finding.name for finding in upkeep] == ["key-age", "legacy-key", "key-name", "account"]
