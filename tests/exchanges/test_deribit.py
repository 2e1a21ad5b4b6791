"""Deribit's answers, read as hostile input."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.interface import KeyListing
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.model.key import KeyFacts, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from tests.exchanges.samples import error_samples, granted, read_facts, read_finding, samples
from tests.support.scripted_session import ScriptedSession, response

ADAPTER = exchanges.get_adapter("deribit")
LISTS = samples("deribit", "list_api_keys")
GRANTS = {**samples("deribit", "scope=..."), **samples("deribit", "client_signature)")}
KEY_ID = "KEY-1234567890"
GOOD = LISTS["good key, one address"]["result"][0]
CHALLENGE = "2FA account: NON-error answer without data"
TWICE, NOWHERE = "own key listed twice", "own key not listed"
ERRORS = {
    "unknown key id, wrong signature or clock off by more than a minute": "key-unknown",
    "wrong or expired token": "key-unknown",
    "no authorization": "exchange-error",
    "missing scope": "access-denied",
    "unknown key id as another page has it": "key-unknown",
    "second factor asked for": "access-denied",
    "account blocked": "account-restricted",
    "not for sub-accounts": "subaccount-key",
    "api switched off for the account": "account-restricted",
    "rate limit": "rate-limited",
    "locked by the exchange": "account-restricted",
    "maintenance": "maintenance",
    "busy": "overloaded",
    "country banned": "address-banned",
    "sample 0": "access-denied",
    "sample 1": "key-unknown",
}


def listed(*entries: Any, **more: Any) -> Response:
    return response({"jsonrpc": "2.0", "id": 1, "result": list(entries), **more})


def entry(**changed: Any) -> dict[str, Any]:
    """Return a good entry with something changed or, if it is `...`, left out."""
    return {name: value for name, value in {**GOOD, **changed}.items() if value is not ...}


def read(answer: Response, key_id: str = KEY_ID) -> KeyListing:
    return ADAPTER.read_key(ScriptedSession([answer]), key_id)


def facts(**changed: Any) -> KeyFacts:
    return read_facts("deribit", listed(entry(**changed)), key_id=KEY_ID)


def finding(answer: Response) -> Finding:
    return read_finding("deribit", answer, key_id=KEY_ID)


def odd(**changed: Any) -> str:
    return finding(listed(entry(**changed))).name


def test_the_call_is_one_signed_question() -> None:
    session = ScriptedSession([response(LISTS["good key, one address"])])

    ADAPTER.read_key(session, KEY_ID)

    (call,) = session.calls
    assert (call.path, call.verb, call.api, call.is_signed) == ("list_api_keys", "GET", "private", True)
    assert call.params == {}


@pytest.mark.parametrize("note", [note for note in LISTS if note not in (CHALLENGE, NOWHERE, TWICE)])
def test_every_sample_of_a_list_is_read(note: str) -> None:
    for sample in LISTS[note]["result"]:
        known = read_facts("deribit", response(LISTS[note]), key_id=sample["client_id"])

        assert granted(known) == {word for word in sample["max_scope"].split() if not word.endswith(":none")}
        assert (known.enabled, known.name) == (sample["enabled"], sample["name"])
        assert (known.created, known.expires, known.user_id, known.account_id) == (None, None, None, None)
        assert isinstance(known.ip_restriction, RestrictedTo if sample.get("ip_whitelist") else Unrestricted)


def test_a_key_that_is_listed_twice_is_judged_twice() -> None:
    assert len(read(response(LISTS[TWICE])).entries) == 2


def test_a_key_that_is_not_listed_is_not_taken() -> None:
    assert finding(response(LISTS[NOWHERE])).name == "key-not-listed"
    assert finding(listed()).name == "key-not-listed"


@pytest.mark.parametrize("client_id", ["KEY-123456789", "key-1234567890", f"{KEY_ID} ", "", None, 7, [KEY_ID], ...])
def test_an_almost_equal_id_is_another_key(client_id: Any) -> None:
    assert odd(client_id=client_id) == "key-not-listed"


def test_a_challenge_in_place_of_the_list_is_access_denied() -> None:
    found = finding(response(LISTS[CHALLENGE]))

    assert (found.name, found.outcome) == ("access-denied", Outcome.UNVERIFIED)
    assert "second factor" in found.message


@pytest.mark.parametrize("note", GRANTS)
def test_what_a_login_grants_proves_nothing(note: str) -> None:
    assert finding(response(GRANTS[note])).name == "response-invalid"


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("", set()),
        ("trade:none", set()),
        ("trade:read_write", {("trade:read_write", PermissionKind.TRADE)}),
        ("wallet:read_write", {("wallet:read_write", PermissionKind.WITHDRAW)}),
        ("custody:read_write", {("custody:read_write", PermissionKind.WITHDRAW)}),
        ("account:read_write", {("account:read_write", PermissionKind.MANAGE_KEYS)}),
        (
            "block_rfq:read_write block_trade:read_write",
            {("block_rfq:read_write", PermissionKind.TRADE), ("block_trade:read_write", PermissionKind.TRADE)},
        ),
        (
            "wallet:none wallet:read wallet:read_write",
            {("wallet:read", PermissionKind.READ), ("wallet:read_write", PermissionKind.WITHDRAW)},
        ),
        ("wallet:write", {("wallet:write", PermissionKind.UNKNOWN)}),
        ("Wallet:read_write", {("Wallet:read_write", PermissionKind.WITHDRAW)}),
        ("wallet", {("wallet", PermissionKind.UNKNOWN)}),
        ("none", {("none", PermissionKind.UNKNOWN)}),
        ("mainaccount gold:read", {("mainaccount", PermissionKind.UNKNOWN), ("gold:read", PermissionKind.UNKNOWN)}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_scope_has_its_kind(scope: str, expected: set[tuple[str, PermissionKind]]) -> None:
    assert {(permission.name, permission.kind) for permission in facts(max_scope=scope).permissions or ()} == expected


def test_a_bot_needs_to_read_the_account_and_to_trade() -> None:
    profile = ADAPTER.profile

    assert profile.required_permissions("spot") == ("account:read", "trade:read_write")
    assert profile.replacements("account:read") == ("account:read_write",)
    assert "block_trade:read_write" not in profile.allowed_permissions


@pytest.mark.parametrize("scope", [" ", "trade:read ", "trade:read  wallet:read", "a" * 31, "a:" + "b" * 21, "a:b:c"])
def test_a_scope_of_another_form_is_odd(scope: str) -> None:
    assert odd(max_scope=scope) == "response-invalid"


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (..., None),
        ([], None),
        ([""], None),
        (["203.0.113.7", " "], None),
        (["203.0.113.7", "2001:db8::/64"], ["203.0.113.7", "2001:db8::/64"]),
    ],
)
def test_an_absent_or_blank_whitelist_is_everyone(addresses: Any, expected: list[str] | None) -> None:
    limit = facts(ip_whitelist=addresses).ip_restriction

    if expected is None:
        assert isinstance(limit, Unrestricted)
    else:
        assert limit == RestrictedTo(tuple(map(parse_network, expected)))


@pytest.mark.parametrize("value", [..., None, 7, 1.5, {}, [7], [None], "true", 0, 1], ids=repr)
@pytest.mark.parametrize("name", ["max_scope", "enabled", "name", "ip_whitelist"])
def test_a_decisive_field_of_an_odd_type_makes_the_answer_unreliable(name: str, value: Any) -> None:
    is_fine = (name, value) in [("ip_whitelist", ...), ("name", "true"), ("max_scope", "true")]

    if is_fine:
        assert facts(**{name: value})
    else:
        assert odd(**{name: value}) == "response-invalid"


@pytest.mark.parametrize("name", ["scopes", "ipWhitelist", "allowed_ips", "Enabled_permissions", "enabl\u0435d"])
def test_a_field_that_looks_like_one_that_counts_is_rejected(name: str) -> None:
    assert odd(**{name: ["x"]}) == "response-invalid"


def test_another_new_field_may_come() -> None:
    assert facts(color="red", last_used=7)


def test_more_than_any_real_key_has_is_turned_away() -> None:
    assert odd(max_scope=" ".join(["trade:read"] * 200)) == "response-invalid"
    assert odd(ip_whitelist=["203.0.113.7"] * 251) == "response-invalid"


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b"7", b"<html>", b"\xff", b'{"result": null}', b'{"result": {}}', b'{"result": [7]}'],
)
def test_an_answer_of_another_shape_is_unreliable(body: bytes) -> None:
    assert finding(response(body)).name == "response-invalid"


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize("name", ERRORS)
def test_every_known_error_leads_to_its_finding(name: str, status: int) -> None:
    error = error_samples("deribit")[name]
    transient = ERRORS[name] in ("maintenance", "overloaded", "rate-limited")
    if transient and status == 401:  # a denial is never transient
        return

    found = finding(replace(error, status=status))

    assert found.name == ERRORS[name]
    assert len(found.fix) > 20


def test_every_known_error_has_an_expectation() -> None:
    assert set(ERRORS) == set(error_samples("deribit"))


def test_rejected_credentials_are_explained_in_order() -> None:
    message = finding(error_samples("deribit")["sample 1"]).message

    places = [message.index(part) for part in ("mistyped", "clock", "test network", "banned", "IP whitelist")]
    assert places == sorted(places)


@pytest.mark.parametrize("error", [None, 7, [], {}, {"code": 1, "message": "new_word"}, {"code": "13004x"}], ids=str)
def test_a_good_answer_with_an_error_in_it_is_not_taken(error: Any) -> None:
    found = finding(listed(GOOD, error=error))

    assert (found.name, found.outcome) == ("exchange-error", Outcome.UNVERIFIED)


@pytest.mark.parametrize("status", [201, 204, 206, 404])
def test_good_content_with_another_status_is_not_taken(status: int) -> None:
    assert finding(replace(listed(GOOD), status=status)).outcome is Outcome.UNVERIFIED


def test_the_other_keys_of_the_account_are_its_siblings() -> None:
    odd_one = entry(client_id="TiA4AyLPq3", enabled="yes")
    siblings = read(listed(entry(client_id="aD-KFx-H", name="old"), GOOD, odd_one, entry(client_id=None))).siblings()

    assert isinstance(siblings, tuple)
    assert [sibling.masked_id for sibling in siblings] == ["aD-K…", "TiA4…", "…"]
    assert [sibling.facts and sibling.facts.name for sibling in siblings] == ["old", None, "bot"]


def test_more_siblings_than_any_account_has_are_not_reported() -> None:
    assert not isinstance(read(listed(GOOD, *[entry(client_id="x")] * 2001)).siblings(), tuple)
