"""Kraken's answers, read as hostile input."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.model.key import KeyFacts, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from tests.exchanges.samples import error_samples, granted, samples
from tests.support.scripted_session import ScriptedSession, response

ADAPTER = exchanges.get_adapter("kraken")
SAMPLES = samples("kraken")
NEEDED = {"query-funds", "query-open-trades", "query-closed-trades", "modify-trades", "close-trades"}
GOOD = SAMPLES["good trade key, camelCase, one address"]["result"]
GOOD_SNAKE = SAMPLES["good trade key, snake_case, a network and an IPv6 address"]["result"]
ERRORS = {
    "unknown, deleted or revoked key": "key-unknown",
    "wrong signature": "signature-invalid",
    "clock or nonce": "clock-skew",
    "missing right": "access-denied",
    "lockout after failed calls": "address-banned",
    "rate limit": "rate-limited",
    "throttled": "rate-limited",
    "maintenance": "maintenance",
    "busy": "overloaded",
    "deadline": "overloaded",
    "internal": "server-error",
    "unknown method (wrong case of the path)": "exchange-error",
    "feature disabled": "exchange-error",
    "account disabled": "account-restricted",
    "account locked": "account-restricted",
    "front server": "server-error",
    "sample 0": "key-unknown",
    "sample 1": "access-denied",
    "sample 2": "exchange-error",
}


def read(result: object, key_id: str = "AAAA", **envelope: Any) -> KeyFacts:
    """Return the facts of an answer with this result."""
    return read_answer(response({"error": [], "result": result, **envelope}), key_id)


def read_answer(answer: Response, key_id: str = "AAAA") -> KeyFacts:
    session = ScriptedSession([answer])
    (facts,) = ADAPTER.read_key(session, key_id).entries
    (call,) = session.calls
    assert (call.path, call.verb, call.api, call.is_signed) == ("GetApiKeyInfo", "POST", "private", True)
    return facts


def finding(answer: Response, key_id: str = "AAAA") -> Finding:
    with pytest.raises(GuardError) as stopped:
        read_answer(answer, key_id)
    (found,) = stopped.value.findings
    return found


def odd(result: object, **envelope: Any) -> str:
    """Return the name of the finding that an answer with this result leads to."""
    return finding(response({"error": [], "result": result, **envelope})).name


@pytest.mark.parametrize("note", SAMPLES)
def test_every_sample_is_read(note: str) -> None:
    result = SAMPLES[note]["result"]
    words = set(result["permissions"])

    facts = read(result, result.get("apiKey") or result["api_key"])

    assert granted(facts) == words
    assert not any(permission.kind is PermissionKind.UNKNOWN for permission in facts.permissions or ())
    assert facts.name == (result.get("apiKeyName") or result["api_key_name"])
    blocks = result["ipAllowlist"] if "ipAllowlist" in result else result["ip_allowlist"]
    if blocks in ([], [""]):
        assert isinstance(facts.ip_restriction, Unrestricted)
    else:
        assert facts.ip_restriction == RestrictedTo(tuple(map(parse_network, blocks)))


def test_both_spellings_of_a_field_give_the_same_facts() -> None:
    changed = {**GOOD_SNAKE, "ip_allowlist": GOOD["ipAllowlist"]}

    assert read(changed) == read(GOOD)
    assert read(GOOD).created == datetime(2026, 3, 3, 13, 1, 40, tzinfo=UTC)
    assert read(GOOD).expires is None
    assert read(GOOD).enabled is None


def test_the_end_of_a_key_is_read() -> None:
    assert read(SAMPLES["key with an end"]["result"]).expires == datetime(2026, 4, 3, 13, 1, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("withdraw-funds", PermissionKind.WITHDRAW),
        ("Withdraw-Funds ", PermissionKind.WITHDRAW),
        ("withdraw-funds-fast", PermissionKind.WITHDRAW),
        ("add-withdraw-address", PermissionKind.WITHDRAW),
        ("update-withdraw-address", PermissionKind.WITHDRAW),
        ("earn-funds", PermissionKind.TRANSFER),
        ("add-funds", PermissionKind.READ),
        ("modify-trades", PermissionKind.TRADE),
        ("Modify-Trades", PermissionKind.UNKNOWN),
        ("move-funds", PermissionKind.UNKNOWN),
        ("", PermissionKind.UNKNOWN),
    ],
)
def test_a_permission_is_of_its_kind(word: str, kind: PermissionKind) -> None:
    (permission,) = sorted(read({**GOOD, "permissions": [word]}).permissions or ())

    assert (permission.name, permission.kind) == (word, kind)


def test_a_bot_needs_five_permissions() -> None:
    assert set(ADAPTER.profile.required_permissions("spot")) == NEEDED
    assert set(ADAPTER.profile.allowed_permissions) == {*NEEDED, "query-ledger", "export-data", "create-ws-token"}


@pytest.mark.parametrize("blocks", [[], [""], [" "], ["", "198.51.100.7"], ["198.51.100.7", "\t"]], ids=str)
def test_a_blank_address_admits_everyone(blocks: list[str]) -> None:
    assert isinstance(read({**GOOD, "ipAllowlist": blocks}).ip_restriction, Unrestricted)


@pytest.mark.parametrize("key_id", ["aaaa", "AAA", "AAAA ", "", "AAAAA"])
def test_an_answer_about_another_key_is_not_taken(key_id: str) -> None:
    assert finding(response({"error": [], "result": {**GOOD, "apiKey": key_id}})).name == "key-not-listed"


@pytest.mark.parametrize("name", ["apiKeyName", "apiKey", "permissions", "validUntil", "createdTime", "ipAllowlist"])
@pytest.mark.parametrize("value", [..., None, 7, True, {}, [None], [["x"]], [7], 1.5], ids=str)
def test_a_decisive_field_of_an_odd_type_makes_the_answer_unreliable(name: str, value: Any) -> None:
    changed = {**GOOD, name: value}
    if value is ...:
        del changed[name]

    assert odd(changed) == "response-invalid"


@pytest.mark.parametrize("value", ["", "-1", "1.5", "soon", "1" * 12, "１", " 1", "1\n", "2026-04-03"])
@pytest.mark.parametrize("name", ["validUntil", "createdTime"])
def test_a_time_is_unix_seconds_as_text(name: str, value: str) -> None:
    assert odd({**GOOD, name: value}) == "response-invalid"


@pytest.mark.parametrize(
    "extra",
    [
        {"api_key": "AAAA"},
        {"ip_allowlist": ["203.0.113.9"]},
        {"Permissions": []},
        {"valid_until": "0"},
        {"API-KEY": "AAAA"},
    ],
    ids=str,
)
def test_a_field_in_two_spellings_makes_the_answer_unreliable(extra: dict[str, Any]) -> None:
    assert odd({**GOOD, **extra}) == "response-invalid"


@pytest.mark.parametrize("name", ["permissions_v2", "ipWhitelist", "canWithdraw", "expires", "perm\u0456ssions"])
def test_a_field_that_looks_like_one_that_counts_is_rejected(name: str) -> None:
    assert odd({**GOOD, name: ["x"]}) == "response-invalid"


@pytest.mark.parametrize("name", ["note", "country", "lastUsedFrom"])
def test_another_new_field_may_come(name: str) -> None:
    assert read({**GOOD, name: ["x"]})


def test_more_than_any_real_key_has_is_turned_away() -> None:
    assert odd({**GOOD, "permissions": ["query-funds"] * 51}) == "response-invalid"
    assert odd({**GOOD, "permissions": ["x" * 65]}) == "response-invalid"
    assert odd({**GOOD, "ipAllowlist": ["198.51.100.7"] * 251}) == "response-invalid"


def test_the_last_of_many_permissions_counts() -> None:
    facts = read({**GOOD, "permissions": ["query-funds"] * 49 + ["withdraw-funds"]})

    assert granted(facts) == {"query-funds", "withdraw-funds"}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b"7", b"{}", b"<html>", b'{"result": {}}', b'{"error": []}', b"\xff", b"[" * 200_000),
        b'{"error": [], "result": null}',
        b'{"error": [], "result": []}',
        b'{"error": null, "result": {}}',
        b'{"error": "EAPI:Invalid key"}',
        b'{"error": {}}',
        b'{"error": [], "result": {"a": 1, "a": 2}}',
    ],
    ids=lambda body: repr(body[:40]),
)
def test_an_answer_of_another_shape_is_unreliable(body: bytes) -> None:
    assert finding(response(body)).name == "response-invalid"


@pytest.mark.parametrize("name", ERRORS)
def test_every_known_error_leads_to_its_finding(name: str) -> None:
    found = finding(error_samples("kraken")[name])

    assert found.name == ERRORS[name]
    assert len(found.fix) > 20


def test_every_known_error_has_an_expectation() -> None:
    assert set(ERRORS) == set(error_samples("kraken"))


def test_a_good_result_beside_an_error_is_not_taken() -> None:
    answer = response({"error": ["EGeneral:Internal error"], "result": GOOD})

    assert finding(answer).name == "server-error"


@pytest.mark.parametrize("listed", [["WGeneral:Something"], [7], [None], ["EFuture:New words"]], ids=str)
def test_an_error_that_nobody_knows_is_not_admitted(listed: list[Any]) -> None:
    found = finding(response({"error": listed, "result": GOOD}))

    assert (found.name, found.outcome) == ("exchange-error", Outcome.UNVERIFIED)


@pytest.mark.parametrize("status", [201, 204, 206, 301])
def test_good_content_with_another_status_is_not_taken(status: int) -> None:
    assert finding(response({"error": [], "result": GOOD}, status)).outcome is Outcome.UNVERIFIED


def test_an_unknown_key_is_told_with_all_that_it_may_mean() -> None:
    found = finding(response({"error": ["EAPI:Invalid key"]}))

    assert "Kraken Futures" in found.message
    assert "from this address" in found.message
    assert not found.transient


def test_no_value_of_an_answer_is_in_a_finding() -> None:
    value = "do-not-show-this-4/SDrDBcOOPnm3nPlNf"

    found = finding(response({"error": [], "result": {**GOOD, "apiKey": value, "permissions": [[value]]}}))

    assert value not in found.message + found.fix
