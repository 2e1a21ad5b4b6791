"""Binance's answers, read as hostile input, and whole checks on the simulated Binance."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.key import PermissionKind, RestrictedUndisclosed, Unrestricted
from freqtrade_bitmex_guard.simulator.binance import SimulatedBinance
from freqtrade_bitmex_guard.simulator.binanceusdm import SimulatedBinanceUSDM
from tests.exchanges.contract import BasicContract, ExchangeContract
from tests.exchanges.contract_cases import check, errors
from tests.exchanges.samples import error_samples, granted, read_facts, read_finding, samples
from tests.support.scripted_session import ScriptedSession, response

GOOD = samples("binance")["good key for spot and futures"]
DANGEROUS = ("enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer", "enableMargin")
ERRORS = {
    "wrong key, wrong IP or missing right (sapi)": "access-denied",
    "wrong key, wrong IP or missing right (api/v3)": "access-denied",
    "wrong key, wrong IP or missing right (fapi)": "access-denied",
    "malformed key": "key-unknown",
    "unknown key id": "key-unknown",
    "wrong signature": "signature-invalid",
    "clock behind": "clock-skew",
    "clock ahead": "clock-skew",
    "not authorised": "access-denied",
    "rate limit": "rate-limited",
    "IP ban": "address-banned",
    "firewall": "address-banned",
    "restricted location": "location-blocked",
    "busy": "overloaded",
    "maintenance": "maintenance",
    "sample 0": "access-denied",
}


class TestBinance(ExchangeContract):
    """A bot on spot."""

    simulator = SimulatedBinance
    reports_networks = False
    reports_key_id = False
    disabled = expired = outside = "access-denied"


class TestBinanceFutures(BasicContract):
    """A bot on futures."""

    simulator = SimulatedBinance
    trading_mode: ClassVar[str] = "futures"


class TestBinanceUSDM(TestBinanceFutures):
    """A bot on futures under their own id."""

    simulator = SimulatedBinanceUSDM


@pytest.mark.parametrize("note", samples("binance"))
def test_every_sample_is_read_flag_by_flag(note: str) -> None:
    body = samples("binance")[note]

    facts = read_facts("binance", response(body))

    assert granted(facts) == {name for name, value in body.items() if value is True and name != "ipRestrict"}
    assert isinstance(facts.ip_restriction, RestrictedUndisclosed if body["ipRestrict"] else Unrestricted)
    assert facts.created == datetime.fromtimestamp(body["createTime"] / 1000, UTC)
    assert (facts.enabled, facts.name, facts.user_id) == (None, None, None)


@pytest.mark.parametrize("name", error_samples("binance"))
def test_every_known_error_has_its_finding(name: str) -> None:
    finding = read_finding("binance", error_samples("binance")[name])

    assert finding.name == ERRORS[name]
    assert "198.51.100.7" not in finding.message


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, PermissionKind.TRANSFER) for name in DANGEROUS[1:]),
        ("enableWithdrawals", PermissionKind.WITHDRAW),
        ("EnableWithdrawalsV2", PermissionKind.WITHDRAW),
        ("enableSomethingNew", PermissionKind.UNKNOWN),
        ("somethingNew", PermissionKind.UNKNOWN),
    ],
)
def test_every_field_that_is_true_is_a_permission(name: str, kind: PermissionKind) -> None:
    facts = read_facts("binance", response(GOOD | {name: True}))

    assert {permission.kind for permission in facts.permissions or () if permission.name == name} == {kind}


@pytest.mark.parametrize("name", [*DANGEROUS, "ipRestrict"])
def test_what_could_move_money_must_be_reported(name: str) -> None:
    body = {field: value for field, value in GOOD.items() if field != name}

    assert read_finding("binance", response(body)).name == "response-invalid"


@pytest.mark.parametrize("value", [None, 0, 1, "false", "true", "", [], {}, [True], {"enabled": False}], ids=repr)
@pytest.mark.parametrize(
    "name", [*DANGEROUS, "enableReading", "enableFutures", "ipRestrict", "enableNew", "canWithdraw", "transferAllowed"]
)
def test_a_flag_that_is_no_boolean_makes_the_answer_unreliable(name: str, value: Any) -> None:
    assert read_finding("binance", response(GOOD | {name: value})).name == "response-invalid"


@pytest.mark.parametrize(
    "change",
    [
        {"createTime": "1698645219000"},
        {"createTime": -1},
        {"createTime": 1.5},
        {"createTime": True},
        {"createTime": 10**20},
        {"tradingAuthorityExpirationTime": "never"},
        {"IpRestrict": False},
        {"ip_restrict": True},
        {"enable_withdrawals": False},
        {"ENABLEWITHDRAWALS": True},
        {"enableWıthdrawals": False},
        {"x" * 65: 1},
        {f"field{number}": 1 for number in range(100)},
    ],
    ids=lambda change: next(iter(change))[:20],
)
def test_an_odd_field_makes_the_answer_unreliable(change: dict[str, Any]) -> None:
    assert read_finding("binance", response(GOOD | change)).name == "response-invalid"


def test_a_new_field_that_decides_nothing_may_come() -> None:
    assert read_facts("binance", response(GOOD | {"label": "bot", "level": 3, "tags": []})) == read_facts(
        "binance", response(GOOD)
    )


def test_a_key_expires_when_its_trade_permission_does() -> None:
    facts = read_facts("binance", response(GOOD | {"tradingAuthorityExpirationTime": 1701237219000}))

    assert facts.expires == datetime.fromtimestamp(1701237219, UTC)


@pytest.mark.parametrize("status", [201, 204, 301, 404])
def test_a_good_body_with_another_status_is_not_taken(status: int) -> None:
    assert read_finding("binance", response(GOOD, status)).name == "exchange-error"


def test_an_error_code_beside_good_fields_is_an_error() -> None:
    assert read_finding("binance", response(GOOD | {"code": -2015, "msg": ""})).name == "access-denied"


@pytest.mark.parametrize("code", [True, "-2015", None, -9999], ids=repr)
def test_an_unknown_error_is_shown_as_it_came(code: Any) -> None:
    finding = read_finding("binance", response({"code": code, "msg": "Something \x1b[31mnew"}, 400))

    assert finding.name == "exchange-error"
    assert "Something ?" in finding.message


def test_the_error_with_several_causes_names_them_in_order() -> None:
    message = read_finding("binance", response({"code": -2015, "msg": ""}, 400)).message

    places = [message.index(part) for part in ("trusted IPs", "Enable Reading", "mistyped", "testnet", "banned")]
    assert places == sorted(places)


def test_a_test_network_is_not_asked() -> None:
    session = ScriptedSession([])
    session.in_sandbox = True

    with pytest.raises(GuardError) as raised:
        exchanges.get_adapter("binance").read_key(session, "")

    assert [finding.name for finding in raised.value.findings] == ["exchange-cannot-tell"]
    assert session.calls == []


def test_futures_need_the_futures_permission_and_spot_its_own() -> None:
    profile = exchanges.get_adapter("binance").profile

    assert profile.required_permissions("spot") == ("enableReading", "enableSpotAndMarginTrading")
    assert profile.required_permissions("futures") == ("enableReading", "enableFutures")
    assert set(profile.allowed_permissions) == {
        "enableReading",
        "enableSpotAndMarginTrading",
        "enableFutures",
        "enableFixReadOnly",
    }


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_key_pair_of_ones_own_signs(kind: str, tmp_path: Path) -> None:
    private = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ed25519.Ed25519PrivateKey.generate()
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    with SimulatedBinance([SimulatedBinance.random_key(secret=secret)]) as exchange:
        assert errors(check(exchange, tmp_path)) == []


def test_addresses_that_are_not_reported_warn_or_refuse_as_the_policy_says(tmp_path: Path) -> None:
    with SimulatedBinance([SimulatedBinance.random_key()]) as exchange:
        warned = check(exchange, tmp_path / "default")
        demanded = check(exchange, tmp_path / "limit", policy={"max_ip_addresses": 1})

    assert warned.admitted
    assert "ip-undisclosed" in [finding.name for finding in warned.findings]
    assert errors(demanded) == ["ip-undisclosed"]
