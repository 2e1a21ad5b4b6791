"""The fields of a key, read as hostile input."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.exchanges.bitmex_responses import GOOD, entry, facts, finding
from tests.support.scripted_session import response as answer


@pytest.mark.parametrize(
    "odd",
    [
        {"permissions": ...},
        {"permissions": None},
        {"permissions": "order"},
        {"permissions": {"order": True}},
        {"permissions": [{"name": "order"}]},
        {"permissions": ["order", None]},
        {"permissions": [["order"]]},
        {"cidr": 0},
        {"cidr": ["203.0.113.7"]},
        {"cidr": {}},
        {"cidrs": "203.0.113.7"},
        {"cidrs": [None]},
        {"cidrs": [{"cidr": "203.0.113.7"}]},
        {"cidrs": {}},
        {"enabled": None},
        {"enabled": "true"},
        {"enabled": 1},
        {"enabled": 0},
        {"name": 7},
        {"name": []},
        {"created": 7},
    ],
)
def test_an_own_key_with_odd_types_cannot_be_relied_on(odd: dict[str, Any]) -> None:
    assert finding(answer([entry(**odd)])).name == "response-invalid"
    # Nor does a good entry beside it help.
    assert finding(answer([GOOD, entry(**odd)])).name == "response-invalid"


@pytest.mark.parametrize(
    "name",
    [
        "Permissions",
        "permissions ",
        "PERMISSIONS",
        "permission",
        "permissions_v2",
        "PermissionsV2",
        "ID",
        " id",
        "CIDR",
        "cidr6",
        "cidrs[]",
        "Enabled",
        "enabled\x00",
        "Name",
        "user_id",
        "target-account-id",
        "created_",
        "cidrv6s",
        "cidr-v4-s",
        "permissionss",
        "permissionList",
        "isEnabled",
        "canWithdraw",
    ],
)
def test_a_field_like_a_decisive_one_makes_the_response_invalid(name: str) -> None:
    found = finding(answer([entry(**{name: ["order"]})]))
    assert found.name == "response-invalid"
    assert "in fields that this version does not know" in found.message
    assert found.message.isprintable()


@pytest.mark.parametrize("told", ["withdraw", " Withdrawals", ["order", "WITHDRAW"]])
def test_a_new_field_about_withdrawing_makes_the_response_invalid(told: Any) -> None:
    found = finding(answer([entry(scopes=told)]))
    assert found.name == "response-invalid"
    assert "in fields that this version does not know: scopes" in found.message


@pytest.mark.parametrize("told", [None, 7, "order", ["order", 1, None, {"withdraw": 1}], {"a": "withdraw"}])
def test_any_other_new_field_may_come(told: Any) -> None:
    assert facts(answer([entry(scopes=told)]))


@pytest.mark.parametrize("many", [4, 9])
def test_the_last_of_many_entries_counts(many: int) -> None:
    told = facts(answer([GOOD] * many + [entry(permissions=["order", "withdraw"])]))
    assert len(told) == many + 1
    assert {permission.name for permission in told[-1].permissions or ()} == {"order", "withdraw"}


@pytest.mark.parametrize("many", [5, 49])
def test_the_last_of_many_permissions_counts(many: int) -> None:
    (told,) = facts(answer([entry(permissions=["order"] * many + ["withdraw"])]))
    assert {permission.name for permission in told.permissions or ()} == {"order", "withdraw"}


@pytest.mark.parametrize(
    "name",
    [
        "\uff50ermissions",
        "permissions\u200b",
        "p\u0435rmissions",
        "\u540d",
        "\ud800",
        "x" * 65,
    ],
)
def test_a_field_with_a_foreign_name_makes_the_response_invalid(name: str) -> None:
    found = finding(answer([entry(**{name: ["order"]})]))
    assert found.name == "response-invalid"
    assert found.message == (
        "BitMEX's response describes the key in a field whose name is longer than any, or not ASCII, so it cannot be "
        "relied on."
    )


@pytest.mark.parametrize(
    "name", ["", "nonce", "secret", "lastUsed", "description", "x" * 64, "_id", "ids", "names", "_name"]
)
def test_a_field_like_no_other_may_be_new(name: str) -> None:
    assert facts(answer([entry(**{name: ["order"]})]))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"true",
        b"7",
        b'"text"',
        b"{}",
        b"[null]",
        b"[[]]",
        b'[{"id": null}]',
        b'[{"id": 7}]',
        b"[{}]",
        b"[" * 200_000,
        b'[{"id": "a", "id": "b"}]',
        b"<html>..",
        b"\xff\xfe[]",
        b"\xef\xbb\xbf[]",
        *(json.dumps([{**GOOD, "nonce": float(no_number)}]).encode() for no_number in ("nan", "inf", "-inf")),
        json.dumps([GOOD]).encode()[:-3],
        json.dumps([GOOD]).encode() * 2,
        json.dumps([GOOD]).replace('"permissions"', '"permissions": ["withdraw"], "permissions"').encode(),
    ],
)
def test_a_list_that_is_not_as_documented_cannot_be_relied_on(body: bytes) -> None:
    assert finding(answer(body)).name == "response-invalid"


@pytest.mark.parametrize(
    ("most", "listed"),
    [
        (10, lambda many: [GOOD] * many),
        (50, lambda many: [entry(permissions=["order"] * many)]),
        (250, lambda many: [entry(cidrs=["203.0.113.7"] * many)]),
    ],
)
def test_more_than_any_real_key_has_is_invalid(most: int, listed: Any) -> None:
    assert facts(answer(listed(most)))
    assert finding(answer(listed(most + 1))).name == "response-invalid"


def test_other_keys_may_be_odd_as_long_as_they_have_an_id() -> None:
    assert len(facts(answer([{"id": "other", "permissions": 7, "cidr": []}, GOOD]))) == 1
