"""BingX's answers, read as hostile input."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.model.key import PermissionKind, RestrictedTo, RestrictedUndisclosed, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from tests.exchanges.samples import error_samples, granted, read_facts, read_finding, samples
from tests.support.scripted_session import ScriptedSession, response

ADAPTER = exchanges.get_adapter("bingx")
SAMPLES = samples("bingx", "apiPermissions")
TEXTS = "numbers as strings: not seen, must not pass as known"
LIST = SAMPLES["good spot key"]
FLAGS = SAMPLES["flag form: good key, list of addresses not told"]
KEY_ID = LIST["apiKey"]
MASKED_ID = "zFabcdefghizQ"
NUMBERS = {"enableReading": "2", "enableSpotAndMarginTrading": "1", "enableFutures": "3"}
NUMBERS |= {"permitsUniversalTransfer": "4", "enableWithdrawals": "5", "enableInternalTransfer": "7"}
ODD: tuple[Any, ...] = (..., None, 7.5, {})
ODD_CODES: tuple[Any, ...] = ("0", None, False, 0.0, [])
ODD_DATA: tuple[Any, ...] = (None, [], {}, "x", [LIST])
ERRORS = {
    "unknown key id": "key-unknown",
    "wrong signature": "signature-invalid",
    "no signature": "exchange-error",
    "clock skew": "clock-skew",
    "clock skew, second code": "clock-skew",
    "clock skew, third code": "clock-skew",
    "ip not allowed": "address-not-allowed",
    "ip not allowed, newer text": "address-not-allowed",
    "missing permission": "access-denied",
    "not the main account": "access-denied",
    "rate limit": "rate-limited",
    "rate limit, over many errors": "rate-limited",
    "rate limit by gateway": "rate-limited",
    "ip ban": "address-banned",
    "busy": "overloaded",
    "risk control": "account-restricted",
    "account abnormal": "account-restricted",
    "sample 0": "address-not-allowed",
    "sample 1": "key-unknown",
}


def changed(good: dict[str, Any], changes: dict[str, Any]) -> Any:
    """Return a list, or flags in their envelope, with something changed or, if it is `...`, left out."""
    content = {name: value for name, value in {**good.get("data", good), **changes}.items() if value is not ...}
    return response({**good, "data": content} if "data" in good else content)


def odd(good: dict[str, Any], **changes: Any) -> str:
    """Return the name of the finding that a changed answer leads to."""
    return read_finding("bingx", changed(good, changes), key_id=KEY_ID).name


def read(good: dict[str, Any], **changes: Any) -> Any:
    return read_facts("bingx", changed(good, changes), key_id=KEY_ID)


@pytest.mark.parametrize("note", [note for note in SAMPLES if note != TEXTS])
def test_every_sample_is_read(note: str) -> None:
    sample = SAMPLES[note].get("data", SAMPLES[note])

    known = read_facts("bingx", response(SAMPLES[note]), key_id=MASKED_ID if "*" in str(sample) else KEY_ID)

    if "permissions" in sample:
        assert granted(known) == set(map(str, sample["permissions"]))
        assert known.name == sample["note"]
        blocks = tuple(parse_network(block) for block in sample["ipAddresses"] if block)
        assert (
            known.ip_restriction == RestrictedTo(blocks) if blocks else isinstance(known.ip_restriction, Unrestricted)
        )
    else:
        assert granted(known) == {NUMBERS[name] for name in NUMBERS if sample[name]}
        assert known.created == datetime.fromtimestamp(sample["createTime"] / 1000, UTC)
        assert isinstance(known.ip_restriction, RestrictedUndisclosed if sample["ipRestrict"] else Unrestricted)
    assert (known.enabled, known.expires, known.user_id) == (None, None, None)


def test_numbers_in_texts_are_unreliable() -> None:
    assert read_finding("bingx", response(SAMPLES[TEXTS]), key_id=KEY_ID).name == "response-invalid"


@pytest.mark.parametrize("endpoint", ["apiRestrictions", "query?uid="])
def test_the_answers_of_other_requests_are_not_taken(endpoint: str) -> None:
    (body,) = samples("bingx", endpoint).values()

    assert read_finding("bingx", response(body), key_id=KEY_ID).name == "response-invalid"


def test_one_signed_request_is_sent() -> None:
    session = ScriptedSession([response(LIST)])

    ADAPTER.read_key(session, KEY_ID)

    (call,) = session.calls
    assert (call.path, call.verb, call.is_signed) == ("account/apiPermissions", "GET", True)
    assert (call.api, dict(call.params)) == (("account", "v1", "private"), {})


@pytest.mark.parametrize(
    ("word", "name", "kind"),
    [
        (1, "1", PermissionKind.TRADE),
        (2, "2", PermissionKind.READ),
        (3, "3", PermissionKind.TRADE),
        (4, "4", PermissionKind.TRANSFER),
        (5, "5", PermissionKind.WITHDRAW),
        (7, "7", PermissionKind.TRANSFER),
        (6, "6", PermissionKind.UNKNOWN),
        (0, "0", PermissionKind.UNKNOWN),
        (8, "8", PermissionKind.UNKNOWN),
        (55, "55", PermissionKind.WITHDRAW),
        ("enableReading", "enableReading", PermissionKind.UNKNOWN),
    ],
)
def test_each_number_has_its_kind(word: Any, name: str, kind: PermissionKind) -> None:
    (permission,) = read(LIST, permissions=[word]).permissions

    assert (permission.name, permission.kind) == (name, kind)


def test_a_flag_that_nobody_knows_is_an_unknown_permission() -> None:
    for good in (LIST, FLAGS):
        permissions = read(good, enableGold=True, enableSilver=False).permissions

        assert [each.kind for each in permissions if each.name == "enableGold"] == [PermissionKind.UNKNOWN]
        assert "enableSilver" not in {each.name for each in permissions}


def test_spot_needs_reading_and_spot_trading() -> None:
    assert set(ADAPTER.profile.required_permissions()) == {"1", "2"}
    assert set(ADAPTER.profile.allowed_permissions) == {"1", "2", "3"}


@pytest.mark.parametrize("blocks", [[], [""], [" "], ["203.0.113.7", ""]])
def test_a_blank_address_means_everyone(blocks: list[str]) -> None:
    assert isinstance(read(LIST, ipAddresses=blocks).ip_restriction, Unrestricted)


@pytest.mark.parametrize("shown", [KEY_ID, "KE**90", "KEY-1234*567890", "KE*90"])
def test_the_own_id_may_be_masked(shown: str) -> None:
    assert read(LIST, apiKey=shown)
    assert read(FLAGS, apiKey=shown)


@pytest.mark.parametrize(
    "shown",
    [
        "KEY-123456789",
        "key-1234567890",
        "KF*90",
        "KE*91",
        "KEY-****",
        "*",
        "****",
        "K*0",
        "*90",
        "KE*",
        "",
        "KEY-12345678*4567890",
        "KE90",
    ],
)
def test_the_answer_about_another_key_is_not_ours(shown: str) -> None:
    assert odd(LIST, apiKey=shown) == "key-not-listed"
    assert odd(FLAGS, apiKey=shown) == "key-not-listed"


@pytest.mark.parametrize("value", [*ODD, True, 1], ids=repr)
@pytest.mark.parametrize("name", ["apiKey", "permissions", "ipAddresses"])
def test_a_list_with_an_odd_field_is_unreliable(name: str, value: Any) -> None:
    assert odd(LIST, **{name: value}) == "response-invalid"


@pytest.mark.parametrize("value", [*ODD, "true", "false", "x", 0, 1], ids=repr)
@pytest.mark.parametrize(
    "name", ["ipRestrict", "enableWithdrawals", "permitsUniversalTransfer", "enableInternalTransfer"]
)
def test_a_flag_that_decides_must_be_one(name: str, value: Any) -> None:
    assert odd(FLAGS, **{name: value}) == "response-invalid"


@pytest.mark.parametrize(
    "changes",
    [
        *({"permissions": [word]} for word in ("1", "", " 1", True, 1.0, None, [1], -1, 10_000, "x" * 65, "ä")),
        *({"ipAddresses": blocks} for blocks in ([None], [7], "203.0.113.7", ["203.0.113.7"] * 251)),
        *(
            {name: ["x"]}
            for name in ("ip", "ip_list", "canWithdraw", "Permissions", "permission", "expireTime", "status")
        ),
        *({"createTime": moment} for moment in ("1", -1, 10**14, True)),
        {"note": 7},
        {"p\u0435rmissions": [5]},
        {"x" * 65: 1},
        {f"field{number}": 1 for number in range(101)},
    ],
    ids=lambda changes: ascii(changes)[:40],
)
def test_an_odd_value_or_field_is_unreliable(changes: dict[str, Any]) -> None:
    both = FLAGS["data"] if "createTime" in changes else {}

    assert odd(LIST, **{**both, **changes}) == "response-invalid"


@pytest.mark.parametrize("name", ["ip_restrict", "IPRestrict", "enable_withdrawals"])
def test_a_flag_in_another_spelling_is_not_passed_over(name: str) -> None:
    assert odd(FLAGS, **{name: False}) == "response-invalid"


def test_an_answer_in_both_shapes_must_agree() -> None:
    both = {**LIST, **FLAGS["data"], "enableFutures": False}

    facts = read(both)
    assert granted(facts) == {"1", "2"}
    assert facts.ip_restriction == RestrictedTo((parse_network("203.0.113.7"),))
    assert facts.created is not None
    for name, value in {"enableWithdrawals": True, "ipRestrict": False, "permissions": [1], "ipAddresses": []}.items():
        assert odd(both, **{name: value}) == "response-invalid"


@pytest.mark.parametrize(
    "envelope",
    [
        *({"code": code} for code in ODD_CODES),
        *({"data": data} for data in ODD_DATA),
        {"success": False},
        {"code": ...},
    ],
    ids=lambda envelope: ascii(envelope)[:40],
)
def test_an_answer_in_another_envelope_is_not_taken(envelope: dict[str, Any]) -> None:
    body = {name: value for name, value in {**FLAGS, **envelope}.items() if value is not ...}

    assert read_finding("bingx", response(body), key_id=KEY_ID).name == "response-invalid"


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("name", ERRORS)
def test_every_known_error_leads_to_its_finding(name: str, status: int) -> None:
    known = error_samples("bingx")[name]
    if known.status == 400:  # where the status is not known
        known = replace(known, status=status)

    assert read_finding("bingx", known, key_id=KEY_ID).name == ERRORS[name]


@pytest.mark.parametrize("code", [100413, "100413"])
def test_an_unknown_key_may_come_with_a_status_of_its_own(code: int | str) -> None:
    assert read_finding("bingx", response({"code": code, "msg": ""}, 401), key_id=KEY_ID).name == "key-unknown"


def test_every_known_error_has_an_expectation() -> None:
    assert set(ERRORS) == set(error_samples("bingx"))


@pytest.mark.parametrize("status", [201, 301, 404, 500])
def test_a_good_body_with_another_status_is_not_taken(status: int) -> None:
    for body in (LIST, FLAGS):
        found = read_finding("bingx", response(body, status), key_id=KEY_ID)

        assert found.name in ("exchange-error", "server-error")
