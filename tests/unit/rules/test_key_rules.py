"""The rules, one table each: facts and a policy, and what is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from freqtrade_bitmex_guard import rules
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.key import (
    IpRestriction,
    KeyFacts,
    NotReported,
    Permission,
    PermissionKind,
    RestrictedTo,
    Unrestricted,
    merge_entries,
)
from freqtrade_bitmex_guard.rules.ip_restriction import ip_outside, ip_too_many, ip_unreadable, ip_unrestricted
from freqtrade_bitmex_guard.rules.key import key_disabled
from freqtrade_bitmex_guard.rules.permissions import permission_missing, permission_not_allowed, withdraw_permission
from tests.support.factories import facts, policy

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


ABOUT: dict[str, Any] = {"name": "x", "created": NOON - timedelta(days=1), "user_id": "7", "account_id": "8"}


OTHERWISE = {"name": "y", "created": NOON, "user_id": "8", "account_id": "9"}


def found(rule: rules.KeyRule, known: KeyFacts, **written: Any) -> list[str]:
    findings = list(rule(known, policy(**written), PROFILE))
    assert all(finding.severity is Severity.ERROR and finding.outcome is Outcome.REFUSED for finding in findings)
    assert all(finding.message and finding.fix for finding in findings)
    return [finding.name for finding in findings]


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ((), False),
        (("order",), False),
        (("order", "position"), False),
        (("withdraw",), True),
        (("order", "withdraw"), True),
        (("Withdraw",), True),
        ((" withdraw\t",), True),
        (("WITHDRAW",), True),
        (("ｗｉｔｈｄｒａｗ",), True),
        (("withdrawal",), True),
    ],
)
def test_a_right_to_withdraw_is_found_in_any_spelling(words: tuple[str, ...], is_found: bool) -> None:
    assert found(withdraw_permission, facts(*words)) == ["withdraw-permission"] * is_found


@pytest.mark.parametrize("right", [PermissionKind.WITHDRAW, PermissionKind.TRANSFER, PermissionKind.MANAGE_KEYS])
def test_a_right_that_moves_money_is_found_whatever_it_is_called_and_allowed(right: PermissionKind) -> None:
    known = KeyFacts(
        frozenset({Permission("order", PermissionKind.TRADE), Permission("sweep", right)}), facts().ip_restriction
    )
    assert found(withdraw_permission, known, allowed_permissions=["order", "sweep"]) == ["withdraw-permission"]
    assert [each.name for each in rules.evaluate_key(known, policy(), PROFILE)] == ["withdraw-permission"], (
        "and told once"
    )


@pytest.mark.parametrize(
    ("words", "allowed", "surplus"),
    [
        (("order",), None, 0),
        (("order", "position"), None, 0),
        ((), None, 0),
        (("orderCancel",), None, 1),
        (("order", "orderCancel"), None, 1),
        (("Order",), None, 1),
        (("order ",), None, 1),
        (("",), None, 1),
        (("order", "transfer", "sudo"), None, 2),
        (("orderCancel",), ["orderCancel"], 0),
        (("order",), ["orderCancel"], 1),
        (("withdraw",), None, 0),  # told by its own rule
    ],
)
def test_every_right_that_the_policy_does_not_name_is_found(
    words: tuple[str, ...], allowed: list[str] | None, surplus: int
) -> None:
    written = {"allowed_permissions": allowed, "required_permissions": allowed} if allowed else {}
    assert found(permission_not_allowed, facts(*words), **written) == ["permission-not-allowed"] * surplus


def test_rights_that_are_not_told_are_not_allowed() -> None:
    assert found(permission_not_allowed, KeyFacts(None, facts().ip_restriction)) == ["permission-not-allowed"]


@pytest.mark.parametrize(
    ("words", "required", "is_found"),
    [
        (("order",), ["order"], False),
        ((), ["order"], True),
        (("position",), ["order"], True),
        (("orderCancel",), ["orderCancel"], False),
        (("order",), ["order", "position"], True),
        ((), [], False),
    ],
)
def test_a_missing_right_is_found(words: tuple[str, ...], required: list[str], is_found: bool) -> None:
    allowed = [*required, "order"]
    assert (
        found(permission_missing, facts(*words), required_permissions=required, allowed_permissions=allowed)
        == ["permission-missing"] * is_found
    )


def test_required_rights_are_missing_where_none_are_told() -> None:
    assert found(permission_missing, KeyFacts(None, facts().ip_restriction)) == ["permission-missing"]


@pytest.mark.parametrize(
    ("addresses", "is_found"),
    [
        ("203.0.113.7", False),
        ("10.0.0.0/8", False),
        ("0.0.0.0/0", True),
        ("0.0.0.0", True),
        ("0.0.0.0/1,128.0.0.0/1", True),
        ("::ffff:0:0/96", True),
        (Unrestricted("CIDR is blank"), True),
        (NotReported("the list is not told"), True),
        (RestrictedTo(()), True),
        (RestrictedTo((), ("bogus",)), False),  # told by its own rule
    ],
)
def test_an_open_key_is_found_whatever_the_policy_says(addresses: IpRestriction | str, is_found: bool) -> None:
    known = facts("order", addresses=addresses)
    for written in ({}, {"max_ip_addresses": 2**129}):
        assert found(ip_unrestricted, known, **written) == ["ip-unrestricted"] * is_found


def test_a_block_that_cannot_be_read_is_found() -> None:
    assert found(ip_unreadable, facts(addresses=RestrictedTo((), ("bogus", "x/y")))) == ["ip-unreadable"]
    assert found(ip_unreadable, facts()) == []
    assert found(ip_unreadable, facts(addresses=Unrestricted("blank"))) == []


@pytest.mark.parametrize(
    ("addresses", "written", "is_found"),
    [
        ("203.0.113.7", {}, False),
        ("203.0.113.7,203.0.113.7/32", {}, False),
        ("203.0.113.7,203.0.113.8", {}, True),
        ("203.0.113.0/31", {}, True),
        ("203.0.113.0/31", {"max_ip_addresses": 2}, False),
        ("203.0.113.0/28", {"max_ip_addresses": 15}, True),
        ("203.0.113.0/28", {"ip_within": ["203.0.113.0/28"]}, False),
        ("203.0.113.0/28", {"ip_within": ["203.0.113.0/28", "203.0.113.8/29"]}, False),
        ("203.0.113.0/28", {"ip_within": ["203.0.113.0/28"], "max_ip_addresses": 1}, True),
        ("203.0.113.0/27", {"ip_within": ["203.0.113.0/28"]}, True),
        ("2001:db8::/64", {}, True),
    ],
)
def test_more_addresses_than_the_policy_allows_are_found(
    addresses: str, written: dict[str, Any], is_found: bool
) -> None:
    assert found(ip_too_many, facts(addresses=addresses), **written) == ["ip-too-many"] * is_found


@pytest.mark.parametrize(
    ("addresses", "within", "outside"),
    [
        ("203.0.113.7", None, 0),
        ("203.0.113.7", ["203.0.113.0/24"], 0),
        ("198.51.100.7", ["203.0.113.0/24"], 1),
        ("198.51.100.7,203.0.113.7,198.51.100.9", ["203.0.113.0/24"], 1),
        ("203.0.113.0/24", ["203.0.113.0/25", "203.0.113.128/25"], 0),
        ("2001:db8::7", ["203.0.113.0/24"], 1),
    ],
)
def test_blocks_outside_the_networks_of_the_policy_are_found(
    addresses: str, within: list[str] | None, outside: int
) -> None:
    written = {"ip_within": within} if within else {}
    assert found(ip_outside, facts(addresses=addresses), **written) == ["ip-outside"] * outside


@pytest.mark.parametrize("limit", [Unrestricted("x"), NotReported("x")])
@pytest.mark.parametrize("rule", [ip_too_many, ip_outside, ip_unreadable])
def test_a_limit_without_blocks_is_left_to_the_rule_about_open_keys(rule: rules.KeyRule, limit: IpRestriction) -> None:
    assert found(rule, facts(addresses=limit), ip_within=["203.0.113.7"]) == []


@pytest.mark.parametrize(("enabled", "is_found"), [(True, False), (None, False), (False, True)])
def test_a_key_that_is_switched_off_is_found(enabled: bool | None, is_found: bool) -> None:
    assert found(key_disabled, facts("order", enabled=enabled)) == ["key-disabled"] * is_found


def test_every_rule_is_applied() -> None:
    worst = facts("withdraw", "sudo", addresses=RestrictedTo((), ("bogus",)), enabled=False)
    wide = facts("order", addresses="0.0.0.0/0,198.51.100.0/24")
    names = {
        f.name for known in (worst, wide) for f in rules.evaluate_key(known, policy(ip_within=["203.0.113.7"]), PROFILE)
    }
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
    assert rules.evaluate_key(facts("order"), policy(), PROFILE) == []


@pytest.mark.parametrize(
    ("one", "other", "merged"),
    [
        (facts("order"), facts("withdraw"), facts("order", "withdraw")),
        (
            facts(addresses="203.0.113.7"),
            facts(addresses="203.0.113.8"),
            facts(addresses="203.0.113.7,203.0.113.8"),
        ),
        (facts(), facts(addresses=Unrestricted("x")), facts(addresses=Unrestricted("x"))),
        (facts(addresses=Unrestricted("x")), facts(), facts(addresses=Unrestricted("x"))),
        (facts(addresses=Unrestricted("x")), facts(addresses=NotReported("y")), facts(addresses=Unrestricted("x"))),
        (facts(addresses=NotReported("y")), facts(addresses=Unrestricted("x")), facts(addresses=Unrestricted("x"))),
        (facts(), facts(addresses=NotReported("x")), facts(addresses=NotReported("x"))),
        (facts(addresses=NotReported("x")), facts(), facts(addresses=NotReported("x"))),
        (
            facts(addresses=RestrictedTo((), ("a",))),
            facts(addresses=RestrictedTo((), ("b", "a"))),
            facts(addresses=RestrictedTo((), ("a", "b"))),
        ),
        (facts(enabled=True), facts(enabled=False), facts(enabled=False)),
        (facts(enabled=False), facts(enabled=True), facts(enabled=False)),
        (facts("order"), KeyFacts(None, facts().ip_restriction), KeyFacts(None, facts().ip_restriction)),
    ],
)
def test_a_key_listed_twice_can_do_what_either_entry_says(one: KeyFacts, other: KeyFacts, merged: KeyFacts) -> None:
    assert merge_entries([one, other]) == merged


@pytest.mark.parametrize("name", ABOUT)
def test_what_the_entries_of_a_key_do_not_agree_on_is_not_told(name: str) -> None:
    one, other = replace(facts(), **ABOUT), replace(facts(), **{**ABOUT, name: OTHERWISE[name]})
    silent = replace(facts(), **{**ABOUT, name: None})
    assert merge_entries([one, one]) == one
    for entries in ([one, other], [other, one], [one, silent], [silent, one], [one, other, one]):
        assert merge_entries(entries) == silent


def test_a_right_is_called_what_the_page_shows_and_an_unknown_one_itself() -> None:
    assert [PROFILE.label(word) for word in ("orderCancel", "transfer")] == ["Order Cancel", "transfer"]


def test_the_name_of_a_key_is_not_in_its_repr_for_it_may_hold_anything() -> None:
    assert "what was pasted" not in repr(replace(facts("order"), name="what was pasted"))


def test_a_key_that_can_be_changed_is_changed_and_another_is_replaced() -> None:
    editable = replace(PROFILE, page=replace(PROFILE.page, edit="Edit it."))
    assert editable.how_to_change("Untick it.") == "Edit it. Untick it. Then start again."
    assert PROFILE.how_to_change("Untick it.").startswith("A key cannot be changed on BitMEX. ")
