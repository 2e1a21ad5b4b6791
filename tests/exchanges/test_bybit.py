"""Bybit's answers, read as hostile input."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.model.key import FORBIDDEN_KINDS, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from tests.exchanges.samples import error_samples, granted, read_facts, read_finding, samples
from tests.support.scripted_session import response

KEY_ID = "XXXXXXXX"
GOOD = samples("bybit")["good spot key with one address"]
ERRORS = {
    "unknown key or key of another environment": "key-unknown",
    "wrong signature": "signature-invalid",
    "clock skew": "clock-skew",
    "IP not allowed": "address-not-allowed",
    "expired key": "key-disabled",
    "expired key (spot code)": "key-disabled",
    "missing right": "access-denied",
    "authentication failed": "key-unknown",
    "rate limit": "rate-limited",
    "IP ban, or US / mainland China address": "address-banned",
    "system busy": "rate-limited",
    "server error": "server-error",
    "region refused": "location-blocked",
    "account banned": "account-restricted",
    "compliance": "account-restricted",
    "trading banned": "account-restricted",
}


def answer(**changes: Any) -> Response:
    """Return the answer about a good key with something changed; `...` leaves a field out."""
    result = {name: value for name, value in {**GOOD["result"], **changes}.items() if value is not ...}
    return response({**GOOD, "result": result})


def finding(reply: Response) -> Finding:
    return read_finding("bybit", reply, key_id=KEY_ID)


def kinds(**changes: Any) -> dict[str, PermissionKind]:
    facts = read_facts("bybit", answer(**changes), key_id=KEY_ID)
    return {permission.name: permission.kind for permission in facts.permissions or ()}


@pytest.mark.parametrize("note", samples("bybit"))
def test_every_sample_is_read(note: str) -> None:
    result = samples("bybit")[note]["result"]

    facts = read_facts("bybit", response(samples("bybit")[note]), key_id=result["apiKey"])

    listed = {f"{group}.{word}" for group, words in result["permissions"].items() for word in words}
    assert granted(facts) == ({"readOnly"} if result["readOnly"] else listed)
    if result["ips"] == ["*"]:
        assert isinstance(facts.ip_restriction, Unrestricted)
    else:
        assert facts.ip_restriction == RestrictedTo(tuple(map(parse_network, result["ips"])))
    assert (facts.expires is None) is result["expiredAt"].startswith("1970")
    assert (facts.name, facts.account_id) == (result["note"], str(result["userID"]))
    assert facts.user_id == (facts.account_id if result["isMaster"] else result["parentUid"])
    assert facts.created is not None


@pytest.mark.parametrize("name", error_samples("bybit"))
def test_every_known_error_has_its_finding(name: str) -> None:
    codes = {10003: "key-unknown", 10004: "signature-invalid", 10010: "address-not-allowed", 33004: "key-disabled"}
    reply = error_samples("bybit")[name]
    expected = ERRORS[name] if name in ERRORS else codes[reply.json()["retCode"]]

    assert finding(reply).name == expected


def test_every_listed_error_is_expected() -> None:
    assert {name for name in error_samples("bybit") if not name.startswith("sample")} == set(ERRORS)


def test_a_wrong_clock_is_measured() -> None:
    message = finding(error_samples("bybit")["clock skew"]).message

    assert "seconds ahead" in message


@pytest.mark.parametrize(
    ("group", "word", "kind"),
    [
        ("Spot", "SpotTrade", PermissionKind.TRADE),
        ("Derivatives", "DerivativesTrade", PermissionKind.TRADE),
        ("Wallet", "Withdraw", PermissionKind.WITHDRAW),
        ("Wallet", "AccountTransfer", PermissionKind.TRANSFER),
        ("Wallet", "SubMemberTransferList", PermissionKind.TRANSFER),
        ("Wallet", "SomethingNew", PermissionKind.MANAGE_KEYS),
        ("wallet", "Anything", PermissionKind.MANAGE_KEYS),
        ("Earn", "Earn", PermissionKind.TRANSFER),
        ("FiatP2P", "Advertising", PermissionKind.WITHDRAW),
        ("FiatBitPay", "FaitPayOrder", PermissionKind.WITHDRAW),
        ("FiatGlobalPay", "SomethingNew", PermissionKind.WITHDRAW),
        ("BitCard", "BitCard", PermissionKind.WITHDRAW),
        ("Exchange", "ExchangeHistory", PermissionKind.TRADE),
        ("BlockTrade", "BlockTrade", PermissionKind.UNKNOWN),
        ("ByXPost", "ByXPost", PermissionKind.UNKNOWN),
        ("Spot", "spottrade", PermissionKind.UNKNOWN),
        ("SomethingNew", "Trade", PermissionKind.UNKNOWN),
    ],
)
def test_each_word_has_its_kind(group: str, word: str, kind: PermissionKind) -> None:
    assert kinds(permissions={group: [word]}) == {f"{group}.{word}": kind}


def test_every_word_that_opens_key_management_is_forbidden() -> None:
    profile = exchanges.get_adapter("bybit").profile
    wallet = [spec for spec in profile.permissions if spec.name.startswith("Wallet.")]

    assert {spec.kind in FORBIDDEN_KINDS for spec in wallet} == {True}
    assert "IP restriction" in profile.note("Wallet.AccountTransfer")


def test_a_read_only_key_has_no_other_permission() -> None:
    assert kinds(readOnly=1, permissions={"Wallet": ["Withdraw"]}) == {"readOnly": PermissionKind.READ}


@pytest.mark.parametrize("ips", [["*"], [""], [" "], ["198.51.100.7", "*"], ["198.51.100.7", ""]], ids=ascii)
def test_a_star_or_a_blank_means_everyone(ips: list[str]) -> None:
    assert isinstance(
        read_facts("bybit", answer(ips=ips), key_id=KEY_ID).ip_restriction,
        Unrestricted,
    )


@pytest.mark.parametrize(("ips", "unreadable"), [([], ()), (["198.51.100.*"], ("198.51.100.?",))], ids=ascii)
def test_other_addresses_are_kept_as_they_are(ips: list[str], unreadable: tuple[str, ...]) -> None:
    assert read_facts("bybit", answer(ips=ips), key_id=KEY_ID).ip_restriction == RestrictedTo((), unreadable)


@pytest.mark.parametrize(
    ("days", "text", "expected"),
    [
        (-2, "1970-01-01T00:00:00Z", None),
        (66, "2026-04-14T07:20:25Z", datetime(2026, 4, 14, 7, 20, 25, tzinfo=UTC)),
        (0, "2026-04-14T07:20:25+02:00", datetime(2026, 4, 14, 5, 20, 25, tzinfo=UTC)),
        (-2, "2026-04-14T07:20:25Z", datetime(2026, 4, 14, 7, 20, 25, tzinfo=UTC)),
    ],
)
def test_the_end_of_a_key_is_read(days: int, text: str, expected: datetime | None) -> None:
    facts = read_facts("bybit", answer(deadlineDay=days, expiredAt=text), key_id=KEY_ID)

    assert facts.expires == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"deadlineDay": 0},
        {"deadlineDay": "-2"},
        {"deadlineDay": ...},
        {"expiredAt": "never"},
        {"expiredAt": "2026-04-14T07:20:25"},
        {"expiredAt": None},
        {"expiredAt": ...},
        {"createdAt": "x"},
        {"apiKey": ...},
        {"apiKey": None},
        {"readOnly": ...},
        {"readOnly": None},
        {"readOnly": True},
        {"readOnly": "0"},
        {"readOnly": 2},
        {"readOnly": -1},
        {"permissions": ...},
        {"permissions": None},
        {"permissions": []},
        {"permissions": ["SpotTrade"]},
        {"permissions": {"Spot": "SpotTrade"}},
        {"permissions": {"Spot": None}},
        {"permissions": {"Spot": [None]}},
        {"permissions": {"Spot": {"SpotTrade": True}}},
        {"permissions": {"Spot": [""]}},
        {"permissions": {"Spot": ["x" * 65]}},
        {"permissions": {"Spot": ["SpotTrade"] * 101}},
        {"ips": ...},
        {"ips": None},
        {"ips": "*"},
        {"ips": {}},
        {"ips": [None]},
        {"ips": ["198.51.100.7"] * 251},
        {"note": 7},
        {"Permissions": {}},
        {"read_only": 1},
        {"ip": "*"},
        {"ipRestrict": False},
        {"canWithdraw": False},
        {"pеrmissions": {}},
    ],
    ids=lambda changes: ascii(next(iter(changes.items())))[:40],
)
def test_an_odd_field_makes_the_answer_unreliable(changes: dict[str, Any]) -> None:
    assert finding(answer(**changes)).name == "response-invalid"


@pytest.mark.parametrize("key_id", ["", "xxxxxxxx", "XXXXXXX", "XXXXXXXX ", "another"])
def test_the_answer_about_another_key_is_not_taken(key_id: str) -> None:
    assert finding(answer(apiKey=key_id)).name == "key-not-listed"


@pytest.mark.parametrize(
    "body",
    [
        {**GOOD, "retCode": "0"},
        {**GOOD, "retCode": None},
        {**GOOD, "retCode": False},
        {"result": GOOD["result"]},
        {"retCode": 0},
        {"retCode": 0, "result": []},
        {"retCode": 0, "result": {}},
        GOOD["result"],
        [GOOD],
    ],
    ids=lambda body: ascii(body)[:50],
)
def test_an_answer_of_another_shape_is_not_taken(body: Any) -> None:
    assert finding(response(body)).name == "response-invalid"


@pytest.mark.parametrize("status", [201, 301, 401, 403, 404, 500])
def test_a_good_body_with_another_status_is_not_taken(status: int) -> None:
    assert finding(response(GOOD, status)).outcome is Outcome.UNVERIFIED


@pytest.mark.parametrize("value", [None, 0, -1, True, "", "a", [1], 1.5], ids=repr)
def test_an_odd_account_number_counts_as_not_reported(value: Any) -> None:
    facts = read_facts("bybit", answer(userID=value, parentUid=value), key_id=KEY_ID)

    assert (facts.user_id, facts.account_id) == (None, None)
