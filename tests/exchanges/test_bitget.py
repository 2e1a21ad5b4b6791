"""Bitget's answers, read as hostile input."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.bitget.profile import READ_ONLY
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.model.key import KeyFacts, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from tests.exchanges.samples import granted, read_facts, read_finding, samples
from tests.support.scripted_session import response

CLASSIC = samples("bitget", "v2/spot/account/info")
UNIFIED = samples("bitget", "v3/account/info")
GOOD_CLASSIC = CLASSIC["good key for both, one address"]
GOOD_UNIFIED = UNIFIED[
    "least unified key for futures: holdMode, leverage need uta_mgt, which also transfers between own accounts"
]
IS_CLASSIC = response({"code": "40084", "msg": "You are in Classic Account mode", "data": None}, 400)
BOTH_KINDS = pytest.mark.parametrize("unified", [False, True], ids=["classic", "unified"])


def answers(body: Any, unified: bool, status: int = 200) -> tuple[Response, ...]:
    """Return the answers that lead to one about the key of a kind of account."""
    return (response(body, status),) if unified else (IS_CLASSIC, response(body, status))


def changed(unified: bool, **changes: Any) -> dict[str, Any]:
    """Return the answer about a good key with something changed; `...` leaves a field out."""
    good = GOOD_UNIFIED if unified else GOOD_CLASSIC
    return {**good, "data": {name: value for name, value in {**good["data"], **changes}.items() if value is not ...}}


def facts(unified: bool, **changes: Any) -> KeyFacts:
    return read_facts("bitget", *answers(changed(unified, **changes), unified))


def finding(unified: bool, **changes: Any) -> Finding:
    return read_finding("bitget", *answers(changed(unified, **changes), unified))


def words_field(unified: bool) -> str:
    return "permissions" if unified else "authorities"


@pytest.mark.parametrize("note", CLASSIC)
def test_every_sample_of_a_classic_account_is_read(note: str) -> None:
    key = CLASSIC[note]["data"]

    known = read_facts("bitget", IS_CLASSIC, response(CLASSIC[note]))

    assert granted(known) == set(key["authorities"])
    check_rest(known, key["ips"], key["userId"])


@pytest.mark.parametrize("note", UNIFIED)
def test_every_sample_of_a_unified_account_is_read(note: str) -> None:
    key = UNIFIED[note]["data"]

    known = read_facts("bitget", response(UNIFIED[note]))

    suffix = READ_ONLY if key["permType"].startswith("read-only") or key["permType"] == "read_only" else ""
    assert granted(known) == {f"{word}{suffix}" for word in key["permissions"]}
    check_rest(known, key["ips"], key.get("userId") or key["uid"])


def check_rest(known: KeyFacts, addresses: str, number: str) -> None:
    if addresses:
        assert known.ip_restriction == RestrictedTo(tuple(map(parse_network, addresses.split(","))))
    else:
        assert isinstance(known.ip_restriction, Unrestricted)
    assert known.user_id == (number if number.isdigit() else None)
    assert (known.name, known.enabled, known.created, known.expires, known.account_id) == (None,) * 5


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        *((word, PermissionKind.READ) for word in ("coor", "cpor", "stor", "smor", "ttor", "wtor", "taxr", "chor")),
        *((word, PermissionKind.READ) for word in ("p2pr", "pllr", "readonly")),
        *((word, PermissionKind.TRADE) for word in ("coow", "cpow", "stow", "smow")),
        *((word, PermissionKind.UNKNOWN) for word in ("ttow", "pllw", "taxw", "trade", "zzzw", "Stow", " stow")),
        ("wtow", PermissionKind.TRANSFER),
        *((word, PermissionKind.WITHDRAW) for word in ("wwow", "WWOW", "p2p", "p2pw", "withdraw", "withdrawal")),
        ("chow", PermissionKind.MANAGE_KEYS),
    ],
)
def test_each_classic_word_has_its_kind(word: str, kind: PermissionKind) -> None:
    (permission,) = tuple(facts(False, authorities=[word]).permissions or ())

    assert (permission.name, permission.kind) == (word, kind)


@pytest.mark.parametrize("permissions", [["uta_mgt"], ["uta_trade"], ["withdraw"], ["copy_futures_order"]])
@pytest.mark.parametrize("kind", ["read_only", "read-only"])
def test_nothing_writes_with_a_key_that_only_reads(permissions: list[str], kind: str) -> None:
    (permission,) = tuple(facts(True, permissions=permissions, permType=kind).permissions or ())

    assert (permission.name, permission.kind) == (f"{permissions[0]}:read", PermissionKind.READ)


@pytest.mark.parametrize("word", ["loan", "Withdraw2", "wwow"])
def test_an_unknown_word_stays_refused_in_a_key_that_only_reads(word: str) -> None:
    (permission,) = tuple(facts(True, permissions=[word], permType="read_only").permissions or ())

    assert permission.kind in (PermissionKind.UNKNOWN, PermissionKind.WITHDRAW)


@pytest.mark.parametrize("value", [..., None, "", "read", "READ_ONLY", "read_only ", "write", 1, True, []], ids=repr)
def test_a_unified_key_must_say_whether_it_writes(value: Any) -> None:
    assert finding(True, permType=value).name == "response-invalid"


@BOTH_KINDS
@pytest.mark.parametrize("blocks", ["", " ", ",", "198.51.100.7,", ",198.51.100.7", "198.51.100.7, ,203.0.113.7"])
def test_a_blank_address_means_everyone(unified: bool, blocks: str) -> None:
    assert isinstance(facts(unified, ips=blocks).ip_restriction, Unrestricted)


@BOTH_KINDS
@pytest.mark.parametrize("value", [..., None, 0, True, [], ["203.0.113.7"], {}, "1" * 10_001, "1," * 250 + "1"])
def test_the_addresses_are_one_text(unified: bool, value: Any) -> None:
    assert finding(unified, ips=value).name == "response-invalid"


@BOTH_KINDS
@pytest.mark.parametrize(
    "value",
    [
        ...,
        None,
        "",
        "stow",
        {},
        {"stow": True},
        [1],
        [None],
        [["stow"]],
        [""],
        ["x" * 65],
        ["stow"] * 51,
        ["stow:read"],
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_the_permissions_are_a_list_of_words(unified: bool, value: Any) -> None:
    assert finding(unified, **{words_field(unified): value}).name == "response-invalid"


@BOTH_KINDS
@pytest.mark.parametrize(
    "changes",
    [
        {"Permissions": ["withdraw"]},
        {"Authorities": ["wwow"]},
        {"perm_type": "read_only"},
        {"auth": []},
        {"ip": ""},
        {"ipList": []},
        {"IPS": ""},
        {"whitelist": False},
        {"canWithdraw": True},
        {"readOnly": 0},
        {"іps": ""},
    ],
    ids=lambda changes: ascii(next(iter(changes.items()))),
)
def test_a_field_that_could_say_more_makes_the_answer_unreliable(unified: bool, changes: dict[str, Any]) -> None:
    assert finding(unified, **changes).name == "response-invalid"


def test_an_answer_of_the_other_kind_is_not_taken() -> None:
    assert read_finding("bitget", response(GOOD_CLASSIC)).name == "response-invalid"
    assert read_finding("bitget", IS_CLASSIC, response(GOOD_UNIFIED)).name == "response-invalid"


@BOTH_KINDS
@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"code": 0}, "response-invalid"),
        ({"code": None}, "response-invalid"),
        ({"code": "0"}, "exchange-error"),
        ({"msg": "failed"}, "exchange-error"),
        ({"msg": None}, "response-invalid"),
        ({"data": None}, "response-invalid"),
        ({"data": [GOOD_UNIFIED["data"]]}, "response-invalid"),
        ({"data": "stow"}, "response-invalid"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_an_answer_of_another_shape_is_not_taken(unified: bool, changes: dict[str, Any], name: str) -> None:
    body = {**changed(unified), **changes}

    assert read_finding("bitget", *answers(body, unified)).name == name


@BOTH_KINDS
@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize(("code", "name"), [("40014", "access-denied"), ("40031", "account-restricted")])
def test_an_error_is_judged_by_its_code_whatever_its_status(unified: bool, status: int, code: str, name: str) -> None:
    body = {"code": code, "msg": "success", "data": (GOOD_UNIFIED if unified else GOOD_CLASSIC)["data"]}

    assert read_finding("bitget", *answers(body, unified, status)).name == name


@BOTH_KINDS
@pytest.mark.parametrize("status", [201, 301, 404, 500])
def test_a_good_body_with_another_status_is_not_taken(unified: bool, status: int) -> None:
    assert read_finding("bitget", *answers(changed(unified), unified, status)).outcome is Outcome.UNVERIFIED


@BOTH_KINDS
@pytest.mark.parametrize("value", [..., None, 7, "", "**********", "a b", "1" * 41, ["1"]], ids=repr)
def test_an_odd_account_number_counts_as_not_reported(unified: bool, value: Any) -> None:
    assert facts(unified, userId=value).user_id is None


def test_each_mode_needs_the_words_of_both_kinds_of_account() -> None:
    profile = exchanges.get_adapter("bitget").profile

    assert profile.required_permissions("spot") == ("stow", "uta_trade", "uta_mgt")
    assert profile.required_permissions("futures") == ("coow", "cpow", "uta_trade", "uta_mgt")
    assert {"stow", "coow", "stor"} <= set(profile.replacements("uta_mgt"))
    assert "uta_mgt" in profile.replacements("stow")
    assert "uta_mgt" not in profile.replacements("uta_trade")
