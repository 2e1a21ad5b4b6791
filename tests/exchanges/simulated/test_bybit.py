"""Simulated Bybit: what ccxt and freqtrade get from it, and how it checks a request."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import ccxt
import pytest
import requests

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.asymmetric import random_rsa_secret
from freqtrade_bitmex_guard.simulator.bybit import SimulatedBybit, error
from freqtrade_bitmex_guard.simulator.interface import Cause
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind, random_text
from tests.exchanges.simulated.unguarded import ccxt_client, run_until_it_reads_candles

PATH = "/v5/user/query-api"


@pytest.fixture
def exchange() -> Iterator[SimulatedBybit]:
    with SimulatedBybit([SimulatedBybit.random_key()]) as running:
        yield running


def reported(exchange: SimulatedBybit) -> Any:
    return ccxt_client(exchange).privateGetV5UserQueryApi()["result"]


def words(content: dict[str, Any]) -> set[str]:
    return {f"{group}.{word}" for group, listed in content["permissions"].items() for word in listed}


def moment(written: str) -> float:
    return datetime.fromisoformat(written).timestamp()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("spot", {"Spot.SpotTrade"}),
        ("futures", {"ContractTrade.Order", "ContractTrade.Position", "Derivatives.DerivativesTrade"}),
    ],
    ids=["spot", "futures"],
)
def test_ccxt_reads_a_good_key(mode: str, expected: set[str]) -> None:
    with SimulatedBybit([SimulatedBybit.random_key()], trading_mode=mode) as exchange:
        content = reported(exchange)

    assert words(content) == expected
    assert content["apiKey"] == exchange.keys[0].id
    assert (content["ips"], content["readOnly"], content["note"]) == (["127.0.0.1"], 0, "freqtrade-btc")
    assert (content["deadlineDay"], content["expiredAt"]) == (-2, "1970-01-01T00:00:00Z")
    assert abs(moment(content["createdAt"]) - (time.time() - 20 * 86_400)) < 60
    assert content["rsaPublicKey"] == ""
    assert content["parentUid"] == "0"


def test_permissions_are_reported_by_group(exchange: SimulatedBybit) -> None:
    exchange.keys[0].permissions = [Kind.WITHDRAW, Kind.TRANSFER, "FiatP2P.Advertising", "NewGroup.NewWord"]
    content = reported(exchange)

    assert words(content) == {"Wallet.Withdraw", "Wallet.AccountTransfer", "FiatP2P.Advertising", "NewGroup.NewWord"}
    assert content["readOnly"] == 0


def test_a_reading_key_lists_trading_words_beside_read_only(exchange: SimulatedBybit) -> None:
    exchange.keys[0].permissions = [Kind.READ]
    content = reported(exchange)

    assert content["readOnly"] == 1
    assert words(content) == {"Spot.SpotTrade"}


@pytest.mark.parametrize(
    ("networks", "days_left", "deadline"),
    [(None, None, 90), (None, 66.5, 66), (["127.0.0.1"], 0.5, 0)],
    ids=["open", "open for 66 days", "ends today"],
)
def test_the_end_of_a_key_is_reported(
    exchange: SimulatedBybit, networks: list[str] | None, days_left: float | None, deadline: int
) -> None:
    exchange.keys[0].networks = networks
    exchange.keys[0].days_left = days_left
    content = reported(exchange)

    assert content["ips"] == (networks or ["*"])
    assert content["deadlineDay"] == deadline
    assert abs(moment(content["expiredAt"]) - (time.time() + (days_left or 90) * 86_400)) < 60


def test_an_rsa_key_signs_and_is_reported(exchange: SimulatedBybit) -> None:
    exchange.keys[0].secret = random_rsa_secret()

    assert reported(exchange)["rsaPublicKey"].startswith("-----BEGIN PUBLIC KEY-----")
    with pytest.raises(ccxt.AuthenticationError, match="10004"):
        ccxt_client(exchange, secret=random_rsa_secret()).privateGetV5UserQueryApi()


@pytest.mark.parametrize(
    ("change", "error_class", "status", "code", "message"),
    [
        ({"id": "another"}, ccxt.AuthenticationError, 401, 10003, "API key is invalid."),
        ({"enabled": False}, ccxt.AuthenticationError, 401, 10003, "API key is invalid."),
        (
            {"secret": "another"},
            ccxt.AuthenticationError,
            200,
            10004,
            "error sign! please check your signature generation algorithm.",
        ),
        (
            {"networks": ["203.0.113.0/24"]},
            ccxt.PermissionDenied,
            200,
            10010,
            "Unmatched IP, please check your API key's bound IP addresses.",
        ),
        ({"days_left": 0}, ccxt.AuthenticationError, 200, 33004, "Your api key has expired."),
    ],
    ids=["id", "deleted", "secret", "address", "ended"],
)
def test_a_key_that_must_not_work_gets_the_recorded_error(
    exchange: SimulatedBybit,
    change: dict[str, Any],
    error_class: type[Exception],
    status: int,
    code: int,
    message: str,
) -> None:
    asking = ccxt_client(exchange)
    for name, value in change.items():
        setattr(exchange.keys[0], name, value)

    with pytest.raises(error_class) as caught:
        asking.privateGetV5UserQueryApi()

    body = json.loads(str(caught.value).removeprefix("bybit "))
    assert abs(body.pop("time") / 1000 - time.time()) < 60
    assert body == {"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}}
    assert exchange.requests[-1].status == status


@pytest.mark.parametrize("offset", [6, -2], ids=["behind", "ahead"])
def test_a_wrong_clock_is_answered_with_both_times(exchange: SimulatedBybit, offset: float) -> None:
    exchange.clock_offset = offset

    with pytest.raises(ccxt.InvalidNonce) as caught:
        reported(exchange)

    sent = exchange.requests[-1].headers["x-bapi-timestamp"]
    assert f"recv_window param. req_timestamp[{sent}],server_timestamp[" in str(caught.value)
    assert "],recv_window[5000]" in str(caught.value)


@pytest.mark.parametrize(
    ("verb", "parameters"),
    [("GET", "category=option&symbol=BTC-29JUL22-25000-C"), ("POST", '{\n"category": "option"\n}')],
    ids=["GET", "POST"],
)
@pytest.mark.parametrize("window", ["5000", ""], ids=["window", "no window"])
def test_the_documentations_plain_text_is_what_is_signed(verb: str, parameters: str, window: str) -> None:
    # bybit-exchange/docs, docs/v5/guide.mdx: timestamp, key, receive window, then the query or the body.
    key = KeyState("XXXXXXXXXX", random_text(36))
    plain = f"1658384314791XXXXXXXXXX{window}{parameters}"
    headers = {
        "X-BAPI-API-KEY": key.id,
        "X-BAPI-TIMESTAMP": "1658384314791",
        "X-BAPI-SIGN": hmac.new(key.secret.encode(), plain.encode(), hashlib.sha256).hexdigest(),
        **({"X-BAPI-RECV-WINDOW": window} if window else {}),
    }
    with SimulatedBybit([key], trading_mode="futures") as exchange:
        exchange.clock_offset = 1658384314.8 - time.time()

        url = f"{exchange.url}/v5/order/" + (f"realtime?{parameters}" if verb == "GET" else "create")
        body = parameters if verb == "POST" else ""
        good = requests.request(verb, url, data=body, headers=headers, timeout=5)
        bad = requests.request(verb, url, data=body, headers={**headers, "X-BAPI-SIGN": "0" * 64}, timeout=5)

    assert good.json()["retCode"] == (0 if verb == "GET" else 110007)
    assert bad.json()["retCode"] == 10004


@pytest.mark.parametrize(
    ("call", "fields", "needed"),
    [
        ("privatePostV5OrderCreate", {"category": "spot"}, "Spot.SpotTrade"),
        ("privatePostV5OrderCancel", {"category": "linear"}, "ContractTrade.Order"),
        ("privatePostV5PositionSwitchMode", {}, "ContractTrade.Position"),
        ("privatePostV5AssetWithdrawCreate", {}, "Wallet.Withdraw"),
        ("privatePostV5AssetTransferInterTransfer", {}, "Wallet.AccountTransfer"),
        ("privatePostV5UserUpdateApi", {}, "Wallet.SubMemberTransfer"),
    ],
)
def test_a_call_needs_its_permission(exchange: SimulatedBybit, call: str, fields: dict[str, str], needed: str) -> None:
    refused = []
    for permissions in ([Kind.READ], ["Earn.Earn"], [needed]):
        exchange.keys[0].permissions = permissions
        try:
            getattr(ccxt_client(exchange), call)(fields)
        except ccxt.BaseError as problem:
            refused.append("10005" in str(problem))
        else:
            refused.append(False)

    assert refused == [True, True, False]
    assert len(exchange.requests) == 3


@pytest.mark.parametrize(
    ("cause", "error_class"),
    [
        (Cause.CLOCK, ccxt.InvalidNonce),
        (Cause.PERMISSION, ccxt.PermissionDenied),
        (Cause.RATE_LIMIT, ccxt.RateLimitExceeded),
        (Cause.MAINTENANCE, ccxt.ExchangeError),
    ],
)
def test_an_error_can_be_scripted(exchange: SimulatedBybit, cause: Cause, error_class: type[Exception]) -> None:
    exchange.respond_next(PATH, exchange.error(cause), error(10024, "Compliance rules triggered"))

    with pytest.raises(error_class):
        reported(exchange)
    with pytest.raises(ccxt.PermissionDenied, match="10024"):
        reported(exchange)
    assert reported(exchange)["apiKey"]


def test_candles_come_newest_first(exchange: SimulatedBybit) -> None:
    url = f"{exchange.url}/v5/market/kline?category=spot&symbol=BTCUSDT&interval=5&limit=3"

    rows = requests.get(url, timeout=5).json()["result"]["list"]

    assert [int(rows[0][0]) - int(row[0]) for row in rows] == [0, 300_000, 600_000]
    assert {len(row) for row in rows} == {7}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mode", "signed"),
    [
        ("bybit", "spot", "GET /v5/user/query-api"),
        ("bybit", "futures", "POST /v5/position/switch-mode"),
        ("bybiteu", "spot", "GET /v5/user/query-api"),
    ],
)
def test_freqtrade_runs_on_it(tmp_path: Path, name: str, mode: str, signed: str) -> None:
    kind = simulated(name)
    with kind([kind.random_key()], trading_mode=mode) as exchange:
        run_until_it_reads_candles(exchange, tmp_path, "/v5/market/kline")

    assert signed in exchange.paths()
