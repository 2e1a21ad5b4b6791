"""HTX's answers, read as hostile input."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.interface import KeyListing
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.model.key import KeyFacts, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from tests.exchanges.samples import granted, samples
from tests.support.scripted_session import ScriptedSession, response

ADAPTER = exchanges.get_adapter("htx")
LISTS = samples("htx", "accessKey=")
(UID,) = samples("htx", "uid").values()
EMPTY = "asked with an accessKey that is not of this uid: empty list"
EXPIRED = "expired key"
GOOD = LISTS["good key: one address, permanent"]["data"][0]
OTHER = LISTS["the uid has several keys (asked without accessKey)"]["data"][1]
KEY_ID = GOOD["accessKey"]
DAY = 86_400
ODD_LISTS: tuple[Any, ...] = (..., None, {}, GOOD, [GOOD, None], [GOOD, "x"], [[GOOD]], "x")


def listed(*entries: Any, **envelope: Any) -> Response:
    """Return the answer with these keys in it, and something in the envelope changed."""
    body = {"code": 200, "message": "success", "data": list(entries), "ok": True, **envelope}
    return response({name: value for name, value in body.items() if value is not ...})


def read(*answers: Response, key_id: str = KEY_ID) -> KeyListing:
    session = ScriptedSession([response(UID), *answers])
    listing = ADAPTER.read_key(session, key_id)
    assert session.paths == ["v2/user/uid", "v2/user/api-key"]
    assert {(call.verb, call.api, call.is_signed) for call in session.calls} == {("GET", ("spot", "private"), True)}
    assert session.calls[1].params == {"uid": UID["data"]}
    return listing


def facts(key_id: str = KEY_ID, **changed: Any) -> KeyFacts:
    """Return the facts of a good key with something changed."""
    (known,) = read(listed(entry(**changed)), key_id=key_id).entries
    return known


def finding(*answers: Response) -> Finding:
    with pytest.raises(GuardError) as stopped:
        ADAPTER.read_key(ScriptedSession(answers), KEY_ID)
    (found,) = stopped.value.findings
    return found


def odd(*entries: Any, **envelope: Any) -> str:
    """Return the name of the finding that a list leads to."""
    return finding(response(UID), listed(*entries, **envelope)).name


def entry(**changed: Any) -> dict[str, Any]:
    """Return a good entry with something changed or, if it is `...`, left out."""
    return {name: value for name, value in {**GOOD, **changed}.items() if value is not ...}


@pytest.mark.parametrize("note", [note for note in LISTS if note not in (EMPTY, EXPIRED)])
def test_every_sample_with_a_key_in_it_is_read(note: str) -> None:
    sample = LISTS[note]["data"][0]

    (known,) = read(response(LISTS[note]), key_id=sample["accessKey"]).entries

    assert granted(known) == set(sample["permission"].replace(" ", "").split(","))
    assert (known.name, known.enabled, known.user_id) == (sample["note"], True, str(UID["data"]))
    assert known.created == datetime.fromtimestamp(sample["createTime"] / 1000, UTC)
    if sample["ipAddresses"]:
        blocks = sample["ipAddresses"].split(",")
        assert known.ip_restriction == RestrictedTo(tuple(map(parse_network, blocks)))
    else:
        assert isinstance(known.ip_restriction, Unrestricted)
    assert (known.expires is None) == (sample["validDays"] == -1)


def test_a_key_that_has_ended_is_refused_in_words_that_help() -> None:
    found = finding(response(UID), response(LISTS[EXPIRED]))

    assert (found.name, found.outcome) == ("key-disabled", Outcome.REFUSED)
    assert "90 days" in found.message
    assert "so that the key does not end" in found.fix


def test_a_key_that_is_not_listed_is_not_verified() -> None:
    assert finding(response(UID), response(LISTS[EMPTY])).name == "key-not-listed"
    assert odd(OTHER) == "key-not-listed"


@pytest.mark.parametrize("count", [0, 1, 7, 89])
def test_the_days_that_are_left_are_counted_from_the_answer(count: int) -> None:
    expires = facts(validDays=count).expires

    assert expires is not None
    assert abs(expires.timestamp() - time.time() - max(count, 1) * DAY) < 60


@pytest.mark.parametrize(
    "key",
    [
        *(KEY_ID[:-1], f"{KEY_ID} ", KEY_ID.upper(), "160bb889-b7XXXXbe-e0XXXXf5-ghxertfvbf", "160b*****", "*", ""),
        *(None, 7, [KEY_ID], {KEY_ID: 1}, ...),
    ],
    ids=lambda key: f"{type(key).__name__} of {len(key) if hasattr(key, '__len__') else 0}",
)
def test_only_the_exact_id_is_ours(key: Any) -> None:
    assert odd(entry(accessKey=key)) == "key-not-listed"


def test_a_key_that_is_listed_twice_is_taken_for_both() -> None:
    first, second = read(listed(GOOD, OTHER, entry(permission="withdraw"))).entries

    assert (granted(first), granted(second)) == ({"readOnly", "trade"}, {"withdraw"})


def test_a_key_of_which_one_entry_has_ended_is_refused() -> None:
    assert odd(GOOD, entry(status="expired")) == "key-disabled"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("readOnly", PermissionKind.READ),
        ("trade", PermissionKind.TRADE),
        ("withdraw", PermissionKind.WITHDRAW),
        ("Withdraw", PermissionKind.WITHDRAW),
        ("withdrawal", PermissionKind.WITHDRAW),
        ("Trade", PermissionKind.UNKNOWN),
        ("subUser", PermissionKind.UNKNOWN),
        ("read", PermissionKind.UNKNOWN),
        ("trade readOnly", PermissionKind.UNKNOWN),
    ],
)
def test_each_word_has_its_kind(word: str, kind: PermissionKind) -> None:
    known = facts(permission=f" {word} ,,readOnly,").permissions

    assert kind in {permission.kind for permission in known or () if permission.name == word}


def test_the_rest_of_trading_is_noted() -> None:
    assert "between your own wallets" in ADAPTER.profile.note("trade")
    assert ADAPTER.profile.required_permissions() == ("trade",)


@pytest.mark.parametrize("blocks", ["", " ", ",", "203.0.113.7,", ",203.0.113.7", "203.0.113.7, ,198.51.100.1"])
def test_a_blank_address_means_everyone(blocks: str) -> None:
    assert isinstance(facts(ipAddresses=blocks).ip_restriction, Unrestricted)


def test_blanks_around_an_address_are_nothing() -> None:
    limit = facts(ipAddresses="203.0.113.7 , 2001:db8::7").ip_restriction

    assert limit == RestrictedTo((parse_network("203.0.113.7"), parse_network("2001:db8::7")))


def test_a_block_that_cannot_be_read_is_kept() -> None:
    assert facts(ipAddresses="203.0.113.7,home").ip_restriction == RestrictedTo(
        (parse_network("203.0.113.7"),), ("home",)
    )


@pytest.mark.parametrize("value", [..., None, True, 7.5, {}, [], ["trade"]], ids=repr)
@pytest.mark.parametrize("name", ["status", "permission", "ipAddresses", "validDays", "createTime"])
def test_a_decisive_field_of_an_odd_kind_is_unreliable(name: str, value: Any) -> None:
    assert odd(entry(**{name: value})) == "response-invalid"


@pytest.mark.parametrize(
    "changed",
    [
        {"permission": ",".join(["trade"] * 51)},
        {"permission": "x" * 65},
        {"ipAddresses": ",".join(["203.0.113.7"] * 251)},
        {"ipAddresses": "1" * 20_001},
        *({name: 1} for name in ("note", "status", "permission", "ipAddresses")),
        *({"validDays": days} for days in (-2, 100_000, "1")),
        *({"createTime": moment} for moment in (-1, 10**14, "1")),
        *({"status": word} for word in ("Normal", "", "normal ", "disabled")),
        *({name: "x"} for name in ("permissions", "Permission", "ip", "ipList", "canWithdraw", "ip_addresses")),
        *({name: "x"} for name in ("expireTime", "readonly", "whitelist", "access_key", "p\u0435rmission")),
    ],
    ids=lambda changed: ascii(changed)[:40],
)
def test_an_odd_value_or_field_is_unreliable(changed: dict[str, Any]) -> None:
    assert odd(entry(**changed)) == "response-invalid"


def test_another_new_field_may_come() -> None:
    assert facts(keyType="HmacSHA256", updateTime=..., note=...).name is None


@pytest.mark.parametrize(
    "envelope",
    [
        *({"code": code} for code in (..., None, True, "200", 200.0, [200])),
        *({"ok": flag} for flag in (False, None, 1, "true")),
        *({"data": data} for data in ODD_LISTS),
        {"status": "ok"},
    ],
    ids=lambda envelope: ascii(envelope)[:40],
)
def test_an_answer_of_another_shape_is_not_taken(envelope: dict[str, Any]) -> None:
    assert odd(GOOD, **envelope) == "response-invalid"


@pytest.mark.parametrize(
    "envelope", [{"err-code": 200}, {"err_code": "x"}, {"status": "error"}, {"code": 201}], ids=str
)
def test_a_list_beside_an_error_is_not_taken(envelope: dict[str, Any]) -> None:
    assert odd(GOOD, **envelope) in ("exchange-error", "response-invalid")


@pytest.mark.parametrize("uid", [..., None, True, "63628520", 0, -1, 1.5, 10**18, [], {}], ids=repr)
def test_an_account_without_a_number_is_unreliable(uid: Any) -> None:
    body = {name: value for name, value in {**UID, "data": uid}.items() if value is not ...}

    assert finding(response(body), listed(GOOD)).name == "response-invalid"


def test_the_other_keys_of_the_account_are_its_siblings() -> None:
    listing = read(listed(OTHER, GOOD, entry(accessKey=None), entry(accessKey="x", permission=7)))

    siblings = listing.siblings()

    assert isinstance(siblings, tuple)
    assert [sibling.masked_id for sibling in siblings] == ["5000…", "…", "…"]
    assert [sibling.facts and sibling.facts.name for sibling in siblings] == ["other", None, None]
    assert not isinstance(read(listed(GOOD, *[OTHER] * 2001)).siblings(), tuple)
