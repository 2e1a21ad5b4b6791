"""Bitget's error answers, and the two calls of which each kind of account answers one."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.exchanges.samples import error_samples, read_finding, samples
from tests.support.scripted_session import ScriptedSession, response

GOOD_CLASSIC = samples("bitget", "v2/spot/account/info")["good key for both, one address"]
ERRORS = {
    "unknown key id": "key-unknown",
    "deleted key": "key-unknown",
    "deleted key, second code": "key-unknown",
    "wrong signature": "signature-invalid",
    "wrong passphrase": "signature-invalid",
    "wrong passphrase, second code": "signature-invalid",
    "wrong passphrase or key of the other account mode": "signature-invalid",
    "clock skew": "clock-skew",
    "clock wrong format": "clock-skew",
    "ip not allowed": "address-not-allowed",
    "ip not allowed, second code": "address-not-allowed",
    "key permissions set wrongly": "access-denied",
    "missing permission: futures write": "access-denied",
    "missing permission: spot": "access-denied",
    "missing permission: transfer": "access-denied",
    "missing permission: withdraw": "access-denied",
    "missing permission: unified": "access-denied",
    "missing permission, other language": "access-denied",
    "sub-account may not": "access-denied",
    "unified account asked with the classic call": "exchange-error",
    "classic account asked with the unified call": "exchange-error",
    "classic account asked with the unified call, second code": "exchange-error",
    "demo key at live or live key at demo": "key-unknown",
    "account status abnormal": "account-restricted",
    "second factor or phone missing": "account-restricted",
    "account restricted": "account-restricted",
    "api restricted for the account": "account-restricted",
    "account frozen, first code": "account-restricted",
    "user disabled": "account-restricted",
    "account frozen": "account-restricted",
    "account cancelled": "account-restricted",
    "region not served": "address-banned",
    "rate limit": "rate-limited",
    "maintenance": "maintenance",
    "system error": "server-error",
    "sample 0": "exchange-error",
    "sample 1": "exchange-error",
    "sample 2": "address-not-allowed",
    "sample 3": "signature-invalid",
}


@pytest.mark.parametrize("name", error_samples("bitget"))
def test_every_known_error_has_its_finding(name: str) -> None:
    # A second answer is read only if the first asks for the other call.
    assert read_finding("bitget", *[error_samples("bitget")[name]] * 2).name == ERRORS[name]


def test_a_missing_permission_of_a_unified_account_is_explained_by_its_upgrade() -> None:
    assert "upgraded" in read_finding("bitget", error_samples("bitget")["missing permission: unified"]).message
    assert "upgraded" not in read_finding("bitget", error_samples("bitget")["missing permission: spot"]).message


@pytest.mark.parametrize("code", ["40084", "25245", "40012"])
def test_the_other_call_is_signed_and_asked_once(code: str) -> None:
    session = ScriptedSession([response({"code": code, "msg": "no"}, 400), response(GOOD_CLASSIC)])

    exchanges.get_adapter("bitget").read_key(session, "")

    assert session.paths == ["v3/account/info", "v2/spot/account/info"]
    assert [(call.verb, call.api, call.is_signed) for call in session.calls] == [
        ("GET", ("private", "uta"), True),
        ("GET", ("private", "spot"), True),
    ]


@pytest.mark.parametrize("code", ["40006", "40009", "40014", "40018", "40085", "429", "00001", 40084, None], ids=repr)
def test_other_errors_do_not_lead_to_the_other_call(code: Any) -> None:
    session = ScriptedSession([response({"code": code, "msg": "no"}, 400), response(GOOD_CLASSIC)])

    with pytest.raises(GuardError):
        exchanges.get_adapter("bitget").read_key(session, "")

    assert session.paths == ["v3/account/info"]


@pytest.mark.parametrize(("code", "name"), [("40012", "signature-invalid"), ("40084", "exchange-error")])
def test_the_first_error_counts_if_the_account_is_of_no_other_kind(code: str, name: str) -> None:
    first, second = (response({"code": each, "msg": "no"}, 400) for each in (code, "40085"))

    assert read_finding("bitget", first, second).name == name
