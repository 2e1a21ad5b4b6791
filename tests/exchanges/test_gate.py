"""Gate's answers, read as hostile input."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.interface import KeyListing
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.model.key import KeyFacts, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from tests.exchanges.samples import samples
from tests.support.scripted_session import ScriptedSession, response

ADAPTER = exchanges.get_adapter("gate")
LISTS = samples("gate", "main_keys")
DETAILS = samples("gate", "detail")
# The ids of the documentation's examples, and what nobody can know of them made up.
KEY_ID = "c5dcfbf1f3a7" + "0" * 20
(GOOD,) = LISTS["good spot key, one address"]
DETAIL = {**DETAILS["no permissions in it"], "ip_whitelist": ["198.51.100.7"]}
ONE_OBJECT = "one object in place of a list; times as strings, name a list"
NOT_LISTED = ("own key not in the list", ONE_OBJECT)


def read(listed: object, detail: object = DETAIL, key_id: str = KEY_ID) -> KeyListing:
    session = ScriptedSession([response(listed), response(detail)])
    listing = ADAPTER.read_key(session, key_id)
    assert session.paths == ["main_keys", "detail"]
    assert {(call.verb, call.api, call.is_signed) for call in session.calls} == {("GET", ("private", "account"), True)}
    return listing


def facts(listed: object, detail: object = DETAIL, key_id: str = KEY_ID) -> KeyFacts:
    (known,) = read(listed, detail, key_id).entries
    return known


def finding(*answers: Response, key_id: str = KEY_ID) -> Finding:
    with pytest.raises(GuardError) as stopped:
        ADAPTER.read_key(ScriptedSession(answers), key_id)
    (found,) = stopped.value.findings
    return found


def odd(listed: object, detail: object = DETAIL) -> str:
    """Return the name of the finding that these answers lead to."""
    return finding(response(listed), response(detail)).name


def entry(**changed: Any) -> dict[str, Any]:
    """Return a good entry with something changed or, if it is `...`, left out."""
    return {name: value for name, value in {**GOOD, **changed}.items() if value is not ...}


def permissions(*pairs: tuple[str, bool]) -> set[tuple[str, PermissionKind]]:
    """Return the names and kinds of permissions, given as name and `read_only`."""
    perms = [{"name": name, "read_only": read_only} for name, read_only in pairs]
    return {(permission.name, permission.kind) for permission in facts([entry(perms=perms)]).permissions or ()}


@pytest.mark.parametrize("note", [note for note in LISTS if note not in NOT_LISTED])
def test_every_sample_with_the_key_in_it_is_read(note: str) -> None:
    (own,) = (sample for sample in LISTS[note] if sample["key"] == "c5dcfbf1f3a7*****")

    known = facts(LISTS[note], {**DETAIL, "ip_whitelist": own["ip_whitelist"]})

    words = {f"{each['name']}{':read' if each['read_only'] else ''}" for each in own["perms"]}
    assert {permission.name for permission in known.permissions or ()} == words
    assert (known.name, known.enabled) == (own["name"], own["state"] == 1)
    assert known.created == datetime.fromtimestamp(own["created_at"], UTC)
    assert known.user_id == "1667201533"
    assert isinstance(known.ip_restriction, RestrictedTo if own["ip_whitelist"] else Unrestricted)


@pytest.mark.parametrize("note", NOT_LISTED)
def test_a_key_that_the_sample_does_not_show_is_not_listed(note: str) -> None:
    assert finding(response(LISTS[note])).name == "key-not-listed"


def test_one_object_with_texts_in_place_of_numbers_is_read() -> None:
    alone = {**LISTS[ONE_OBJECT], "key": "c5dcfbf1f3a7*****", "state": "1"}

    known = facts(alone)

    assert (known.name, known.enabled) == ("bot", True)
    assert known.created == datetime.fromtimestamp(1753030929, UTC)


@pytest.mark.parametrize("note", DETAILS)
def test_every_sample_of_the_account_is_read(note: str) -> None:
    known = facts([GOOD], DETAILS[note])

    assert isinstance(known.ip_restriction, RestrictedTo if DETAILS[note]["ip_whitelist"] else Unrestricted)


@pytest.mark.parametrize(
    "key",
    [
        "c5dcfbf1f3a7*****",
        "c5dcfbf1f3a7********************",
        "c5dcfbf1f3*****00",
        "*****000000000000",
        KEY_ID,
    ],
)
def test_a_key_is_found_by_all_that_is_shown_of_it(key: str) -> None:
    assert facts([entry(key="000000000000*****"), entry(key=key, name="mine")]).name == "mine"


@pytest.mark.parametrize(
    "key",
    [
        *("c5dcfbf1f3a8*****", "c5dcfbf1f3a7*****1", "C5DCFBF1F3A7*****", "c5dcfbf1f3a71****", "5dcfbf1f3a70*****"),
        *("c5dcfbf1f3a*****", "c5*****", "*", "*****", "", "c5dcfbf1f3a7", "c5dcfbf1f3a7...", "c5dc*fbf1*f3a7"),
        *(f"{KEY_ID}*1", f"{KEY_ID}0", f"{KEY_ID[:20]}*{KEY_ID[12:]}", " c5dcfbf1f3a7*****", "c5dcfbf1f3a7*****\n"),
        *(None, 7, ["c5dcfbf1f3a7*****"], {"mode": 1}, ...),
    ],
    ids=repr,
)
def test_a_key_with_another_or_too_short_mask_is_not_ours(key: Any) -> None:
    assert odd([entry(key=key)]) == "key-not-listed"


@pytest.mark.parametrize("other", ["c5dcfbf1f3a7*****", "c5dc*****", "*****", KEY_ID])
def test_two_keys_that_could_be_ours_admit_nothing(other: str) -> None:
    found = finding(response([GOOD, entry(key=other)]), response(DETAIL))

    assert found.name == "key-not-listed"
    assert "lists 2 keys" in found.message


@pytest.mark.parametrize(
    ("name", "write"),
    [
        *((name, PermissionKind.TRADE) for name in ("spot", "futures", "margin", "delivery", "options", "unified")),
        *((name, PermissionKind.WITHDRAW) for name in ("withdraw", "withdrawal")),
        *((name, PermissionKind.TRANSFER) for name in ("wallet", "loan", "earn", "otc", "custody", "crossx", "copy")),
        *((name, PermissionKind.TRANSFER) for name in ("pilot", "alpha", "tradfi_spot", "cfd", "cfd_copy", "quant")),
        ("stock_copy", PermissionKind.TRANSFER),
        ("sub_accounts", PermissionKind.MANAGE_KEYS),
        ("account", PermissionKind.UNKNOWN),
    ],
)
def test_a_permission_to_write_is_more_than_one_to_read(name: str, write: PermissionKind) -> None:
    assert permissions((name, False)) == {(name, write)}
    assert permissions((name, True)) == {(f"{name}:read", PermissionKind.READ)}
    assert permissions((name, True), (name, False)) == {(f"{name}:read", PermissionKind.READ), (name, write)}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("gold", PermissionKind.UNKNOWN),
        ("Spot", PermissionKind.UNKNOWN),
        ("withdraw_fast", PermissionKind.WITHDRAW),
        ("Wallet", PermissionKind.TRANSFER),
    ],
)
def test_an_unknown_permission_is_never_one_to_read(name: str, kind: PermissionKind) -> None:
    assert permissions((name, True)) == {(f"{name}:read", kind)}
    assert permissions((name, False)) == {(name, kind)}


def test_each_trading_mode_requires_its_own_permissions() -> None:
    profile = ADAPTER.profile
    assert set(profile.required_permissions("spot")) == {"spot", "account:read"}
    assert set(profile.required_permissions("futures")) == {"futures", "account:read", "wallet:read"}
    write = {name for name in profile.allowed_permissions if not name.endswith(":read")}
    assert write == {"spot", "futures", "unified"}


@pytest.mark.parametrize(
    ("in_list", "in_detail", "expected"),
    [
        (["198.51.100.7"], ["198.51.100.7"], ["198.51.100.7"]),
        (["198.51.100.7"], ["198.51.100.8"], ["198.51.100.7", "198.51.100.8"]),
        (["198.51.0.0/16"], ["2001:db8::7"], ["198.51.0.0/16", "2001:db8::7"]),
        ([], ["198.51.100.7"], None),
        (["198.51.100.7"], [], None),
        (["198.51.100.7"], ["198.51.100.7", ""], None),
        ([" "], ["198.51.100.7"], None),
        ([], [], None),
    ],
)
def test_both_answers_count_together_in_what_they_admit(
    in_list: list[str], in_detail: list[str], expected: list[str] | None
) -> None:
    limit = facts([entry(ip_whitelist=in_list)], {**DETAIL, "ip_whitelist": in_detail}).ip_restriction

    if expected is None:
        assert isinstance(limit, Unrestricted)
        assert "ends after 90 days" in limit.reason
    else:
        assert limit == RestrictedTo(tuple(map(parse_network, expected)))


def test_the_other_keys_of_the_account_are_its_siblings() -> None:
    listing = read([entry(key="52fd0035f665*****", name="other"), GOOD, entry(key=None), entry(key="x", perms=7)])

    siblings = listing.siblings()

    assert isinstance(siblings, tuple)
    assert [sibling.masked_id for sibling in siblings] == ["52fd…", "…", "…"]
    assert [sibling.facts and sibling.facts.name for sibling in siblings] == ["other", "bot", None]
    assert siblings[0].fingerprint != siblings[2].fingerprint


def test_more_siblings_than_any_account_has_are_not_reported() -> None:
    listing = read([GOOD, *[entry(key="000000000000*****")] * 2001])

    assert not isinstance(listing.siblings(), tuple)


def test_an_old_name_of_the_exchange_means_the_same() -> None:
    assert exchanges.get_adapter("gateio") is ADAPTER
    assert "gateio" not in exchanges.supported_ids()
