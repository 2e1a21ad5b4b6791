"""Simulated Binance: what ccxt and freqtrade get from it, and how it checks a request."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest
import requests

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.asymmetric import random_ed25519_secret, random_rsa_secret
from freqtrade_bitmex_guard.simulator.binance import SimulatedBinance, error
from freqtrade_bitmex_guard.simulator.interface import Cause
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from tests.exchanges.simulated.unguarded import ccxt_client, run_until_it_reads_candles
from tests.support.factories import BINANCE_ID, BINANCE_SECRET

PATH = "/sapi/v1/account/apiRestrictions"
REJECTED = "Invalid API-key, IP, or permissions for action"
# The request that Binance's documentation signs (binance-spot-api-docs, rest-api.md, examples 2 and 3).
ORDER = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC"
REST = "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
IN_QUERY = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
MIXED = "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77"


@pytest.fixture
def exchange() -> Iterator[SimulatedBinance]:
    with SimulatedBinance([SimulatedBinance.random_key()]) as running:
        yield running


def permissions(exchange: SimulatedBinance) -> Any:
    return ccxt_client(exchange).sapiGetAccountApiRestrictions()


def flags(content: dict[str, Any]) -> set[str]:
    return {name for name, value in content.items() if value is True}


@pytest.mark.parametrize(
    ("mode", "trade"), [("spot", "enableSpotAndMarginTrading"), ("futures", "enableFutures")], ids=["spot", "futures"]
)
def test_ccxt_reads_a_good_key(mode: str, trade: str) -> None:
    with SimulatedBinance([SimulatedBinance.random_key()], trading_mode=mode) as exchange:
        content = permissions(exchange)

    assert flags(content) == {"ipRestrict", "enableReading", trade}
    assert abs(content["createTime"] / 1000 - (time.time() - 20 * 86_400)) < 60
    assert len(content) == 13


def test_permissions_and_addresses_are_reported_as_flags(exchange: SimulatedBinance) -> None:
    exchange.keys[0].permissions = [Kind.READ, Kind.WITHDRAW, Kind.TRANSFER, "enableSomethingNew"]
    exchange.keys[0].networks = None

    assert flags(permissions(exchange)) == {
        "enableReading",
        "enableWithdrawals",
        "enableInternalTransfer",
        "permitsUniversalTransfer",
        "enableSomethingNew",
    }


@pytest.mark.parametrize("make", [random_rsa_secret, random_ed25519_secret], ids=["RSA", "Ed25519"])
def test_a_pem_signs_and_another_pem_does_not(exchange: SimulatedBinance, make: Any) -> None:
    exchange.keys[0].secret = make()
    assert permissions(exchange)["enableReading"] is True

    with pytest.raises(ccxt.AuthenticationError, match="-1022"):
        ccxt_client(exchange, secret=make()).sapiGetAccountApiRestrictions()


@pytest.mark.parametrize(
    ("change", "error_class", "words"),
    [
        ({"id": "another"}, ccxt.AuthenticationError, f'"code": -2015, "msg": "{REJECTED}."'),
        ({"secret": "another"}, ccxt.AuthenticationError, '"code": -1022, "msg": "Signature for this request is not'),
        ({"networks": ["203.0.113.0/24"]}, ccxt.AuthenticationError, REJECTED),
        ({"enabled": False}, ccxt.AuthenticationError, REJECTED),
        ({"days_left": 0}, ccxt.AuthenticationError, REJECTED),
        ({"permissions": []}, ccxt.AuthenticationError, REJECTED),
    ],
    ids=["id", "secret", "address", "disabled", "ended", "no right"],
)
def test_a_key_that_must_not_work_gets_the_recorded_error(
    exchange: SimulatedBinance, change: dict[str, Any], error_class: type[Exception], words: str
) -> None:
    asking = ccxt_client(exchange)
    for name, value in change.items():
        setattr(exchange.keys[0], name, value)

    with pytest.raises(error_class) as caught:
        asking.sapiGetAccountApiRestrictions()

    assert words in str(caught.value)
    assert exchange.requests[-1].status == 400


@pytest.mark.parametrize(
    ("offset", "words"),
    [(11, "outside of the recvWindow."), (-3, "1000ms ahead of the server's time.")],
    ids=["behind", "ahead"],
)
def test_a_wrong_clock_is_named(exchange: SimulatedBinance, offset: float, words: str) -> None:
    exchange.clock_offset = offset

    with pytest.raises(ccxt.InvalidNonce, match=words):
        permissions(exchange)


def test_each_host_words_a_rejected_key_in_its_own_way(exchange: SimulatedBinance) -> None:
    exchange.keys[0].enabled = False
    asking = ccxt_client(exchange)

    with pytest.raises(ccxt.AuthenticationError, match=rf"{REJECTED}, request ip: 127.0.0.1"):
        asking.fapiPrivateGetPositionSideDual()
    with pytest.raises(ccxt.AuthenticationError, match=rf'{REJECTED}\."'):
        asking.privateGetAccount()

    assert [one.status for one in exchange.requests] == [401, 401]


@pytest.mark.parametrize(
    ("cause", "status", "code"),
    [
        (Cause.CREDENTIALS_MISSING, 400, -2014),
        (Cause.RATE_LIMIT, 429, -1003),
        (Cause.MAINTENANCE, 503, None),
    ],
)
def test_an_error_can_be_scripted(exchange: SimulatedBinance, cause: Cause, status: int, code: int | None) -> None:
    exchange.respond_next(PATH, exchange.error(cause), error(418, -1003, "banned", {"Retry-After": "300"}))

    answers = [requests.get(exchange.url + PATH, timeout=5) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [status, 418, 400]
    assert code is None or answers[0].json()["code"] == code
    assert answers[2].json() == {"code": -2014, "msg": "API-key format invalid."}


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (f"{ORDER}&{REST}&signature={IN_QUERY}", ""),
        (f"{ORDER}&{REST}&signature={IN_QUERY.upper()}", ""),
        ("", f"{ORDER}&{REST}&signature={IN_QUERY}"),
        (ORDER, f"{REST}&signature={MIXED}"),
    ],
    ids=["query", "upper case", "body", "mixed"],
)
def test_the_documentations_signatures_are_valid(query: str, body: str) -> None:
    documented = KeyState(BINANCE_ID, BINANCE_SECRET)
    with SimulatedBinance([documented]) as exchange:
        exchange.clock_offset = 1499827319.6 - time.time()

        url = f"{exchange.url}/api/v3/order?{query}"
        headers = {"X-MBX-APIKEY": BINANCE_ID}
        good = requests.post(url, data=body, headers=headers, timeout=5)
        bad = requests.post(url.replace("LTC", "BTC"), data=body.replace("LTC", "BTC"), headers=headers, timeout=5)

    assert good.json()["code"] == -2010  # the order itself is refused: the account has no money
    assert bad.json()["code"] == -1022


@pytest.mark.parametrize(
    ("needed", "call"),
    [
        ("enableSpotAndMarginTrading", "privatePostOrder"),
        ("enableFutures", "fapiPrivateDeleteOrder"),
        ("enableWithdrawals", "sapiPostCapitalWithdrawApply"),
    ],
)
def test_a_call_needs_its_permission(exchange: SimulatedBinance, needed: str, call: str) -> None:
    exchange.keys[0].permissions = ["enableReading"]
    with pytest.raises(ccxt.AuthenticationError, match="-2015"):
        getattr(ccxt_client(exchange), call)({"symbol": "BTCUSDT"})

    exchange.keys[0].permissions = ["enableReading", needed]
    with pytest.raises(ccxt.BaseError) as caught:
        getattr(ccxt_client(exchange), call)({"symbol": "BTCUSDT"})

    assert "-2015" not in str(caught.value)
    assert len(exchange.requests) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mode", "balance", "candles"),
    [
        ("binance", "spot", "GET /api/v3/account", "/api/v3/klines"),
        ("binance", "futures", "GET /fapi/v3/account", "/fapi/v1/klines"),
        ("binanceusdm", "futures", "GET /fapi/v3/account", "/fapi/v1/klines"),
    ],
)
def test_freqtrade_runs_on_it(tmp_path: Path, name: str, mode: str, balance: str, candles: str) -> None:
    kind = simulated(name)
    with kind([kind.random_key()], trading_mode=mode) as exchange:
        run_until_it_reads_candles(exchange, tmp_path, candles)

    assert balance in exchange.paths()
