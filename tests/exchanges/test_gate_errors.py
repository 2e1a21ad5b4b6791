"""Gate's errors, and answers of it that are not as documented."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from freqtrade_bitmex_guard.model.catalogue import Outcome
from tests.exchanges.samples import error_samples
from tests.exchanges.test_gate import DETAIL, GOOD, entry, facts, finding, odd
from tests.support.scripted_session import response

ODD_FLAGS: tuple[Any, ...] = (None, 0, 1, "true", "false", [])
ODD_NAMES: tuple[Any, ...] = (None, 7, "", "wallet:read", "x" * 65)
ODD_LABELS: tuple[Any, ...] = (None, 7, {}, [7])
ODD_PERMISSIONS: tuple[Any, ...] = ({"name": "spot"}, {"read_only": False}, "spot", [])
ERRORS = {
    "unknown or deleted key": "key-unknown",
    "wrong signature": "signature-invalid",
    "clock skew": "clock-skew",
    "IP not allowed": "address-not-allowed",
    "IP not allowed, other label": "address-not-allowed",
    "missing right for this very call": "access-denied",
    "read-only key writes": "exchange-error",
    "account locked": "account-restricted",
    "sub-account locked": "account-restricted",
    "rate limit": "rate-limited",
    "server error": "server-error",
    "too busy": "overloaded",
    "blocked": "exchange-error",
    "sample 0": "access-denied",
    "sample 1": "address-not-allowed",
    "sample 2": "key-unknown",
}


@pytest.mark.parametrize("value", [..., None, 7.5, True, {}, "x", [7], [None], [{}]], ids=repr)
@pytest.mark.parametrize("name", ["state", "perms", "ip_whitelist", "created_at"])
def test_a_decisive_field_of_an_odd_type_makes_the_answer_unreliable(name: str, value: Any) -> None:
    assert odd([entry(**{name: value})]) == "response-invalid"
    assert odd([entry(key="000000000000*****"), entry(**{name: value})]) == "response-invalid"


@pytest.mark.parametrize(
    "changed",
    [
        *({"state": state} for state in (0, 4, -1, "0", "4", "", "normal", "１")),
        *({"created_at": moment} for moment in (-1, 10**11, "", "soon", "1" * 12, "-1")),
        *({"name": name} for name in ODD_LABELS),
        *({"perms": [{"name": "spot", "read_only": flag}]} for flag in ODD_FLAGS),
        *({"perms": [{"name": name, "read_only": False}]} for name in ODD_NAMES),
        *({"perms": [odd_one]} for odd_one in ODD_PERMISSIONS),
        {"perms": [{"name": "spot", "read_only": True}] * 101},
        {"ip_whitelist": ["198.51.100.7"] * 251},
    ],
    ids=lambda changed: repr(changed)[:60],
)
def test_an_own_key_with_an_odd_value_is_unreliable(changed: dict[str, Any]) -> None:
    assert odd([entry(**changed)]) == "response-invalid"


@pytest.mark.parametrize("name", ["permissions", "ipWhitelist", "State", "canWithdraw", "p\u0435rms"])
def test_a_field_that_looks_like_one_that_counts_is_rejected(name: str) -> None:
    assert odd([entry(**{name: ["x"]})]) == "response-invalid"


@pytest.mark.parametrize("name", ["note", "country", "lastUsedFrom"])
def test_another_new_field_may_come(name: str) -> None:
    assert facts([entry(**{name: ["x"]})])


@pytest.mark.parametrize("name", ["user_id", "ip_whitelist"])
@pytest.mark.parametrize("value", [..., None, True, {}, "x", [7], 0.5, -1], ids=repr)
def test_an_odd_account_is_unreliable(name: str, value: Any) -> None:
    detail = {field: known for field, known in {**DETAIL, name: value}.items() if known is not ...}

    assert odd([GOOD], detail) == "response-invalid"


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"7", b'"x"', b"[7]", b"[null]", b"[[]]", b"<html>", b"\xff", b"[" * 200_000, b'[{"a":1,"a":2}]'],
    ids=lambda body: repr(body[:30]),
)
def test_an_answer_of_another_shape_is_unreliable(body: bytes) -> None:
    assert finding(response(body)).name == "response-invalid"
    assert finding(response([GOOD]), response(body)).name == "response-invalid"


def test_no_key_at_all_is_not_listed() -> None:
    assert odd([]) == "key-not-listed"
    assert odd({}) == "key-not-listed"


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("name", ERRORS)
def test_every_known_error_leads_to_its_finding(name: str, status: int) -> None:
    error = error_samples("gate")[name]
    if error.status == 400:  # where the status is not known
        error = replace(error, status=status)

    first, second = finding(error), finding(response([GOOD]), error)

    assert first == second
    assert first.name == ERRORS[name]
    assert len(first.fix) > 20
    seen = re.search("198.51.100.7|142.163.85.117", str(error.body))
    assert seen is None or f"Gate saw the address {seen[0]}." in first.message


def test_every_known_error_has_an_expectation() -> None:
    assert set(ERRORS) == set(error_samples("gate"))


def test_a_denial_without_a_reason_says_what_to_look_at_in_order() -> None:
    message = finding(response({"label": "FORBIDDEN", "message": "No"}, 403)).message

    assert message.index("permission Account") < message.index("this machine's address")


@pytest.mark.parametrize("body", [{"label": "NEW"}, {"label": 7, "message": []}, {"label": None}], ids=str)
def test_an_error_that_nobody_knows_is_not_admitted(body: Any) -> None:
    assert finding(response(body)).name == "exchange-error"
    assert finding(response([GOOD]), response({**DETAIL, **body})).outcome is Outcome.UNVERIFIED


@pytest.mark.parametrize("status", [201, 202, 204, 206])
def test_good_content_with_another_status_is_not_taken(status: int) -> None:
    assert finding(response([GOOD], status)).outcome is Outcome.UNVERIFIED
    assert finding(response([GOOD]), response(DETAIL, status)).outcome is Outcome.UNVERIFIED
