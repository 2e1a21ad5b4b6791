"""The simulated Deribit: real ccxt and real freqtrade use it, and it answers errors in Deribit's words."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest
import requests

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.deribit import SimulatedDeribit, error, missing_scope, signature
from freqtrade_bitmex_guard.simulator.interface import Cause
from freqtrade_bitmex_guard.simulator.keys import Kind
from freqtrade_bitmex_guard.simulator.responses import Response
from tests.exchanges.simulated.unguarded import ccxt_client, run_until_it_reads_candles
from tests.support.leak_search import watch

LIST = "/private/list_api_keys"


@pytest.fixture
def deribit() -> Iterator[SimulatedDeribit]:
    with SimulatedDeribit([SimulatedDeribit.random_key()]) as exchange:
        yield exchange


def ask(exchange: SimulatedDeribit, **changed: Any) -> Any:
    return ccxt_client(exchange, **changed).privateGetListApiKeys()["result"]


def test_it_signs_as_deribit_published() -> None:
    # Published by Deribit as an example ("Authentication by client signature"): no account is behind it.
    watch("Deribit's published secret", "AMANDASECRECT")

    signed = signature("AMANDASECRECT", "1576074319000", "1iqt2wls", "")

    assert signed == "56590594f97921b09b18f166befe0d1319b198bbcdad7ca73382de2f88fe9aa1"


def test_it_is_found_by_its_name() -> None:
    assert simulated("deribit") is SimulatedDeribit


def test_real_ccxt_reads_all_keys_with_their_secrets(deribit: SimulatedDeribit) -> None:
    key = deribit.keys[0]
    key.siblings = [
        SimulatedDeribit.random_key(networks=None, enabled=False, permissions=[Kind.WITHDRAW, "custody:none"])
    ]

    watch("another secret of Deribit", key.siblings[0].secret)
    own, other = ask(deribit)

    assert own["max_scope"] == "account:read trade:read_write wallet:read"
    assert (own["client_id"], own["name"], own["enabled"]) == (key.id, "freqtrade-btc", True)
    assert own["ip_whitelist"] == ["127.0.0.1"]
    assert abs(int(own["timestamp"]) / 1000 - time.time() + 20 * 86_400) < 60
    assert other["client_secret"] == key.siblings[0].secret
    assert (other["max_scope"], other["enabled"]) == ("custody:none wallet:read_write", False)
    assert "ip_whitelist" not in other


def test_a_second_factor_hides_the_list(deribit: SimulatedDeribit) -> None:
    deribit.keys[0].two_factor = True

    assert ask(deribit)["security_key_authorization_required"] is True
    summary = ccxt_client(deribit).privateGetGetAccountSummary({"currency": "BTC", "extended": True})["result"]
    assert summary["security_keys_enabled"] is True


@pytest.mark.parametrize(
    ("changed", "seconds"),
    [({"apiKey": "unknown"}, 0), ({"secret": "wrong"}, 0), ({}, 61), ({}, -61)],
    ids=["unknown key", "wrong secret", "ahead", "behind"],
)
def test_wrong_credentials_and_clocks_are_answered_alike(
    deribit: SimulatedDeribit, changed: dict[str, Any], seconds: int
) -> None:
    deribit.clock_offset = seconds

    with pytest.raises(ccxt.AuthenticationError, match=r'"invalid_credentials", "code": 13004'):
        ask(deribit, **changed)

    assert deribit.requests[-1].status == 400


@pytest.mark.parametrize("change", [{"enabled": False}, {"days_left": 0}, {"networks": ["203.0.113.7"]}])
def test_a_key_that_must_not_work_is_an_unknown_one(deribit: SimulatedDeribit, change: dict[str, Any]) -> None:
    for name, value in change.items():
        setattr(deribit.keys[0], name, value)

    with pytest.raises(ccxt.AuthenticationError, match="13004"):
        ask(deribit)


@pytest.mark.parametrize(
    ("permissions", "method", "needed"),
    [
        (["account:none", "trade:read_write"], "privateGetListApiKeys", "account:read"),
        (["trade:read", "account:read"], "privateGetBuy", "trade:read_write"),
        ([Kind.TRADE], "privateGetWithdraw", "wallet:read_write"),
        ([Kind.CANCEL, "wallet:read"], "privateGetGetAccountSummaries", "account:read"),
    ],
)
def test_a_missing_scope_is_named(
    deribit: SimulatedDeribit, permissions: list[Kind | str], method: str, needed: str
) -> None:
    deribit.keys[0].permissions = permissions

    with pytest.raises(ccxt.PermissionDenied, match=f"scope mismatch, required: {needed}"):
        getattr(ccxt_client(deribit), method)()


def test_orders_are_never_placed(deribit: SimulatedDeribit) -> None:
    api = ccxt_client(deribit)

    with pytest.raises(ccxt.InsufficientFunds):
        api.create_order("BTC/USDC", "limit", "buy", 0.001, 70_000)
    with pytest.raises(ccxt.OrderNotFound):
        api.cancel_order("1")

    assert deribit.paths()[-2:] == ["GET /private/buy", "GET /private/cancel"]


@pytest.mark.parametrize("grant", ["client_credentials", "client_signature"])
def test_a_login_is_granted_what_it_asks_for_and_the_key_has(
    deribit: SimulatedDeribit, grant: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "urllib3")  # it writes down targets, and this one holds the secret
    key, millis = deribit.keys[0], str(int(time.time() * 1000))
    key.permissions = [Kind.TRADE, Kind.MANAGE_KEYS, "wallet:read"]
    proof = {"client_secret": key.secret}
    if grant == "client_signature":
        proof = {"timestamp": millis, "nonce": "n", "data": "x", "signature": signature(key.secret, millis, "n", "x")}
    asked = {"grant_type": grant, "client_id": key.id, **proof}

    def granted(scope: str) -> str:
        answer = ccxt_client(deribit).publicGetAuth({**asked, **({"scope": scope} if scope else {})})
        return str(answer["result"]["scope"])

    assert granted("") == "connection mainaccount"
    assert granted("account:read wallet:read_write custody:read") == (
        "account:read connection custody:none mainaccount wallet:read"
    )
    with pytest.raises(ccxt.AuthenticationError, match="13004"):
        ccxt_client(deribit).publicGetAuth({**asked, "client_secret": "wrong", "signature": "wrong"})


def test_what_is_not_signed_is_refused(deribit: SimulatedDeribit) -> None:
    url = f"{deribit.url}/api/v2{LIST}"

    def code(authorization: str | None) -> tuple[int, int]:
        response = requests.get(url, headers={"Authorization": authorization} if authorization else {}, timeout=5)
        return response.status_code, response.json()["error"]["code"]

    assert code(None) == (400, 10000)
    assert code(f"Bearer {secrets.token_urlsafe(8)}") == (401, 13009)
    assert code("deri-hmac-sha256 id=unknown") == (400, 13004)
    assert code(f"deri-hmac-sha256 id={deribit.keys[0].id},ts=soon,sig=,nonce=") == (400, 13004)


@pytest.mark.parametrize(
    ("scripted", "kind"),
    [
        (Cause.PERMISSION, ccxt.PermissionDenied),
        (Cause.RATE_LIMIT, ccxt.DDoSProtection),
        (Cause.MAINTENANCE, ccxt.OnMaintenance),
        (Cause.NOT_FOUND, ccxt.BadRequest),
        (missing_scope("account:read"), ccxt.PermissionDenied),
        (error(10001, "invalid_credentials"), ccxt.ExchangeError),
        (error(13003, "tfa_required"), ccxt.AuthenticationError),
        (error(13002, "account_blocked"), ccxt.PermissionDenied),
        (error(13012, "unavailable_in_subaccount"), ccxt.PermissionDenied),
        (error(9999, "api_not_enabled"), ccxt.PermissionDenied),
        (error(10019, "locked_by_admin"), ccxt.PermissionDenied),
        (error(13028, "temporarily_unavailable"), ccxt.ExchangeError),
        (error(12005, "country_is_banned"), ccxt.AuthenticationError),
    ],
)
def test_errors_are_what_ccxt_makes_of_the_recorded_ones(
    deribit: SimulatedDeribit, scripted: Cause | Response, kind: type[Exception]
) -> None:
    deribit.respond_next(LIST, deribit.error(scripted) if isinstance(scripted, Cause) else scripted)

    with pytest.raises(kind) as caught:
        ask(deribit)

    assert type(caught.value) is kind


def test_the_market_is_read_by_ccxt(deribit: SimulatedDeribit) -> None:
    api = ccxt_client(deribit)

    assert api.fetch_balance()["USDC"]["free"] == 1000
    book = api.fetch_order_book("BTC/USDC", 5)
    assert (len(book["bids"]), len(book["asks"]), book["bids"][0][0] < book["asks"][0][0]) == (5, 5, True)
    assert time.time() - api.fetch_ohlcv("BTC/USDC", "5m", limit=10)[-1][0] / 1000 < 300
    assert api.fetch_open_orders("BTC/USDC") == []


@pytest.mark.slow
def test_real_freqtrade_reaches_running(deribit: SimulatedDeribit, tmp_path: Path) -> None:
    output = run_until_it_reads_candles(deribit, tmp_path, "/public/get_tradingview_chart_data")

    assert deribit.keys[0].secret not in output
    assert "Outdated history" not in output
