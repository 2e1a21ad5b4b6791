"""The rules about permissions, one table each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.account import AccountFacts, Evidence
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.key import (
    KeyFacts,
    Permission,
    PermissionKind,
)
from freqtrade_bitmex_guard.model.profile import Default, PermissionSpec
from freqtrade_bitmex_guard.rules.permissions import permission_missing
from tests.support.factories import facts
from tests.unit.rules.judging import NOW, found


def names(rule: str, known: KeyFacts, **written: Any) -> list[str]:
    findings = found(rule, known, **written)
    assert all(finding.severity is Severity.ERROR for finding in findings)
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
def test_a_permission_to_withdraw_is_found_in_any_spelling(words: tuple[str, ...], is_found: bool) -> None:
    assert names("withdraw-permission", facts(*words)) == ["withdraw-permission"] * is_found


@pytest.mark.parametrize("right", [PermissionKind.WITHDRAW, PermissionKind.TRANSFER, PermissionKind.MANAGE_KEYS])
def test_a_permission_that_moves_money_is_found_whatever_its_name(right: PermissionKind) -> None:
    known = KeyFacts(
        frozenset({Permission("order", PermissionKind.TRADE), Permission("sweep", right)}), facts().ip_restriction
    )
    assert names("withdraw-permission", known, allowed_permissions=["order", "sweep"]) == ["withdraw-permission"]
    assert found("permission-not-allowed", known) == []  # reported once


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
def test_a_permission_that_the_policy_does_not_name_is_found(
    words: tuple[str, ...], allowed: list[str] | None, surplus: int
) -> None:
    written = {"allowed_permissions": allowed, "required_permissions": allowed} if allowed else {}
    assert names("permission-not-allowed", facts(*words), **written) == ["permission-not-allowed"] * surplus


def test_permissions_that_are_not_reported_are_not_allowed() -> None:
    assert names("permission-not-allowed", KeyFacts(None, facts().ip_restriction)) == ["permission-not-allowed"]


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
def test_a_missing_permission_is_found(words: tuple[str, ...], required: list[str], is_found: bool) -> None:
    allowed = [*required, "order"]
    assert (
        names("permission-missing", facts(*words), required_permissions=required, allowed_permissions=allowed)
        == ["permission-missing"] * is_found
    )


@pytest.mark.parametrize(("word", "missing"), [("spot", 0), ("unified", 0), ("futures", 1)])
def test_a_permission_that_does_for_another_is_enough(word: str, missing: int) -> None:
    specs = (
        PermissionSpec("spot", PermissionKind.TRADE, "Spot", Default.REQUIRED),
        PermissionSpec("futures", PermissionKind.TRADE, "Futures", Default.ALLOWED),
        PermissionSpec("unified", PermissionKind.TRADE, "Unified", Default.ALLOWED, replaces=("spot",)),
    )
    profile = replace(PROFILE, permissions=specs)
    known = KeyFacts(frozenset({profile.permission(word)}), facts().ip_restriction)
    evidence = Evidence(known, AccountFacts(), NOW)
    assert len(list(permission_missing(evidence, parse_section({}, profile).policy, profile))) == missing


def test_required_permissions_are_missing_if_none_are_reported() -> None:
    assert names("permission-missing", KeyFacts(None, facts().ip_restriction)) == ["permission-missing"]
