"""The permission table of an exchange, and what follows from it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from freqtrade_bitmex_guard import rules
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.account import AccountFacts, Evidence
from freqtrade_bitmex_guard.model.key import FORBIDDEN_KINDS, KeyFacts, Permission, PermissionKind
from freqtrade_bitmex_guard.model.profile import Default, ExchangeProfile, PermissionSpec
from tests.support.factories import facts
from tests.unit.rules.judging import NOW


def test_a_permission_is_called_what_the_page_calls_it() -> None:
    assert [PROFILE.label(word) for word in ("orderCancel", "transfer")] == ["Order Cancel", "transfer"]


def test_a_key_is_changed_where_possible_and_else_replaced() -> None:
    editable = replace(PROFILE, page=replace(PROFILE.page, edit="Edit it."))
    assert editable.how_to_change("Untick it.") == "Edit it. Untick it. Then start again."
    assert PROFILE.how_to_change("Untick it.") == PROFILE.how_to_replace("Untick it.")


def profile(*permissions: PermissionSpec) -> ExchangeProfile:
    return replace(PROFILE, permissions=permissions)


TABLE = profile(
    PermissionSpec("read", PermissionKind.READ, "Read", Default.REQUIRED),
    PermissionSpec("spot", PermissionKind.TRADE, "Spot", Default.REQUIRED, trading_modes=("spot",)),
    PermissionSpec("futures", PermissionKind.TRADE, "Futures", Default.REQUIRED, trading_modes=("futures",)),
    PermissionSpec("unified", PermissionKind.TRADE, "Unified", Default.ALLOWED, replaces=("spot", "futures")),
    PermissionSpec("wallet:read", PermissionKind.READ, "Wallet"),
    PermissionSpec("wallet", PermissionKind.TRANSFER, "Wallet", note="It moves money."),
)


def test_everything_follows_from_the_permission_table() -> None:
    assert TABLE.allowed_permissions == ("read", "spot", "futures", "unified")
    assert TABLE.forbidden_permissions == ("wallet",)
    assert TABLE.kind("spot") is PermissionKind.TRADE
    assert TABLE.permission("wallet") == Permission("wallet", PermissionKind.TRANSFER)
    assert (TABLE.note("wallet"), TABLE.note("spot"), TABLE.note("sudo")) == ("It moves money.", "", "")


@pytest.mark.parametrize(
    ("mode", "required"),
    [("spot", ("read", "spot")), ("futures", ("read", "futures")), ("margin", ("read",))],
)
def test_required_permissions_depend_on_the_trading_mode(mode: str, required: tuple[str, ...]) -> None:
    assert TABLE.required_permissions(mode) == required
    policy = parse_section({}, TABLE, mode).policy
    assert policy.required_permissions == list(required)


@pytest.mark.parametrize("written", [None, ""])
def test_without_a_trading_mode_it_is_spot(written: str | None) -> None:
    assert parse_section({}, TABLE, written).policy.required_permissions == ["read", "spot"]


def test_a_permission_can_do_for_another_that_is_required() -> None:
    rule = next(rule for rule in rules.RULES if rule.name == "permission-missing")
    names = {}
    for name in ("spot", "unified", "wallet:read"):
        known = KeyFacts(frozenset({TABLE.permission("read"), TABLE.permission(name)}), facts().ip_restriction)
        evidence = Evidence(known, AccountFacts(), NOW)
        names[name] = len(rules.evaluate([rule], evidence, parse_section({}, TABLE).policy, TABLE))
    assert names == {"spot": 0, "unified": 0, "wallet:read": 1}


@pytest.mark.parametrize("name", ["wallet", "WALLET", " wallet\t", "wallets", "ｗａｌｌｅｔ", "wallet:write"])
def test_a_name_like_a_forbidden_one_is_forbidden(name: str) -> None:
    assert TABLE.is_forbidden(name)
    assert TABLE.kind(name) is PermissionKind.TRANSFER


def test_a_name_in_the_table_is_what_the_table_says() -> None:
    assert not TABLE.is_forbidden("wallet:read")
    assert TABLE.kind("Spot") is PermissionKind.UNKNOWN


@pytest.mark.parametrize("kind", FORBIDDEN_KINDS)
def test_a_permission_is_forbidden_by_its_kind_too(kind: PermissionKind) -> None:
    assert TABLE.forbids(Permission("spot", kind))
    assert TABLE.forbids(Permission("wallet", PermissionKind.READ))
    assert not TABLE.forbids(Permission("spot", PermissionKind.TRADE))


@pytest.mark.parametrize("default", [Default.ALLOWED, Default.REQUIRED])
@pytest.mark.parametrize("kind", [*FORBIDDEN_KINDS, PermissionKind.UNKNOWN])
def test_what_moves_money_cannot_be_allowed_by_default(kind: PermissionKind, default: Default) -> None:
    assert PermissionSpec("x", kind, "X").default is Default.REFUSED
    with pytest.raises(ValueError, match="must be REFUSED"):
        PermissionSpec("x", kind, "X", default)


def test_a_permission_is_listed_once() -> None:
    with pytest.raises(ValueError, match="listed twice"):
        profile(*[PermissionSpec("x", PermissionKind.READ, "X")] * 2)


def test_an_exchange_without_forbidden_permissions_forbids_none() -> None:
    assert not profile(PermissionSpec("x", PermissionKind.READ, "X")).is_forbidden("withdraw")
