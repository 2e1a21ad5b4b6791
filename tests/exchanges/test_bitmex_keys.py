"""How the key is found, and what is read of it."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.key import Permission, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from tests.exchanges.bitmex_responses import GOOD, VENUE, entry, facts, finding, message
from tests.support.factories import KEY_ID
from tests.support.scripted_session import ScriptedSession
from tests.support.scripted_session import response as answer


def test_the_own_key_is_found_by_its_exact_id() -> None:
    others = [entry(id=other, permissions=["withdraw"]) for other in (KEY_ID.lower(), KEY_ID[:-1], KEY_ID + " ", "")]
    script = ScriptedSession([answer([*others, GOOD])])
    (known,) = VENUE.read_key(script, KEY_ID).entries
    assert script.paths == ["apiKey"]
    assert known.permissions == frozenset({Permission("order", PermissionKind.TRADE)})
    assert known.ip_restriction == RestrictedTo((parse_network("203.0.113.7/32"),))
    assert known.enabled is True
    assert known.name == "bot"


def test_a_key_that_is_listed_twice_is_judged_by_both() -> None:
    known = facts(answer([GOOD, entry(permissions=["withdraw"])]))
    assert [{permission.name for permission in each.permissions or ()} for each in known] == [{"order"}, {"withdraw"}]


@pytest.mark.parametrize(
    ("word", "right"),
    [
        ("order", PermissionKind.TRADE),
        ("orderCancel", PermissionKind.CANCEL),
        ("position", PermissionKind.READ),
        ("withdraw", PermissionKind.WITHDRAW),
        ("Withdraw ", PermissionKind.WITHDRAW),
        ("withdrawal", PermissionKind.WITHDRAW),
        ("Order", PermissionKind.UNKNOWN),
        ("transfer", PermissionKind.UNKNOWN),
        ("", PermissionKind.UNKNOWN),
    ],
)
def test_a_permission_keeps_its_spelling_beside_its_kind(word: str, right: PermissionKind) -> None:
    (known,) = facts(answer([entry(permissions=[word])]))
    assert known.permissions == frozenset({Permission(word, right)})


@pytest.mark.parametrize(
    ("cidr", "cidrs", "expected"),
    [
        ("203.0.113.7/32", ..., ["203.0.113.7/32"]),
        ("203.0.113.7", ..., ["203.0.113.7/32"]),
        ("203.0.113.7/32", [], ["203.0.113.7/32"]),
        ("203.0.113.7/32", None, ["203.0.113.7/32"]),
        (None, ["203.0.113.7"], ["203.0.113.7/32"]),
        (..., ["203.0.113.7", "198.51.100.0/24"], ["203.0.113.7/32", "198.51.100.0/24"]),
        (None, ["203.0.113.7"] * 249 + ["0.0.0.0/0"], ["203.0.113.7/32"] * 249 + ["0.0.0.0/0"]),
        ("203.0.113.7", ["203.0.113.8"], ["203.0.113.7/32", "203.0.113.8/32"]),
        ("203.0.113.7", ["0.0.0.0/0"], ["203.0.113.7/32", "0.0.0.0/0"]),
        ("", ..., None),
        (" ", ..., None),
        ("", ["203.0.113.7"], None),
        ("203.0.113.7", [""], None),
        (None, [" ", "203.0.113.7"], None),
        (None, ..., None),
        (..., ..., None),
        (..., None, None),
        (None, None, None),
        (..., [], None),
        (None, [], None),
    ],
)
def test_both_address_fields_count_and_a_blank_one_means_everyone(
    cidr: Any, cidrs: Any, expected: list[str] | None
) -> None:
    (known,) = facts(answer([entry(cidr=cidr, cidrs=cidrs)]))
    if expected is None:
        given = [block for block in (cidr, *(cidrs if isinstance(cidrs, list) else [])) if isinstance(block, str)]
        assert known.ip_restriction == Unrestricted("CIDR is blank" if given else "CIDR is not given")
    else:
        assert known.ip_restriction == RestrictedTo(tuple(parse_network(block) for block in expected))


def test_an_unreadable_block_is_kept_and_sanitized() -> None:
    (known,) = facts(answer([entry(cidr="x" * 99)]))
    assert known.ip_restriction == RestrictedTo((), ("x" * 39 + "…",))
    (known,) = facts(answer([entry(cidr="[red]\x1b", cidrs=["203.0.113.7"])]))
    assert known.ip_restriction == RestrictedTo((parse_network("203.0.113.7"),), ("?red??",))


@pytest.mark.parametrize(("enabled", "told"), [(True, True), (False, False), (..., None)])
def test_a_key_is_enabled_or_disabled_or_neither_is_reported(enabled: Any, told: bool | None) -> None:
    (known,) = facts(answer([entry(enabled=enabled)]))
    assert known.enabled is told


@pytest.mark.parametrize(
    "listed", [answer(message("Access Denied"), 403), answer([]), answer([entry(id="other")])], ids=str
)
def test_the_key_reports_on_itself_only_if_the_list_does_not(listed: Response) -> None:
    script = ScriptedSession([listed, answer(GOOD)])
    assert VENUE.read_key(script, KEY_ID).entries[0].name == "bot"
    assert script.paths == ["apiKey", "apiKey/self"]


@pytest.mark.parametrize(
    ("itself", "rule"),
    [
        (answer(entry(id="other")), "key-not-listed"),
        (answer(entry(id=KEY_ID.lower())), "key-not-listed"),
        (answer([GOOD]), "response-invalid"),
        (answer({}), "response-invalid"),
        (answer(entry(permissions=...)), "response-invalid"),
        (answer(message("Access Denied"), 403), "access-denied"),
        (answer(message("Not Found"), 404), "exchange-error"),
    ],
)
def test_what_the_key_reports_of_itself_is_read_as_strictly(itself: Response, rule: str) -> None:
    assert finding(answer([]), itself).name == rule


def test_an_unknown_exchange_is_unsupported() -> None:
    for name in ("examplex", "interface", "", "..", "bitmex.py", None, 7, "BITMEX "):
        with pytest.raises(GuardError) as stopped:
            exchanges.get_adapter(name)
        assert stopped.value.findings[0].name == "exchange-unsupported"
    assert exchanges.get_adapter("BitMEX") is VENUE
