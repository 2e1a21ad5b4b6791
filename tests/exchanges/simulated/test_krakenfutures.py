"""The simulated Kraken Futures: real ccxt and real freqtrade use it, and it answers errors in the exchange's words."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import ccxt
import pytest
import requests

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.interface import Cause
from freqtrade_bitmex_guard.simulator.keys import Kind
from freqtrade_bitmex_guard.simulator.krakenfutures import CHECK, SimulatedKrakenFutures, check_error, error, signature
from freqtrade_bitmex_guard.simulator.responses import Response, json_response
from tests.exchanges.simulated.unguarded import ccxt_client, request, run_until_it_reads_candles

PATH = CHECK.removeprefix("/api/auth/v1/")


@pytest.fixture
def exchange() -> Iterator[SimulatedKrakenFutures]:
    with SimulatedKrakenFutures([SimulatedKrakenFutures.random_key()]) as running:
        yield running


def check(exchange: SimulatedKrakenFutures, **changed: Any) -> dict[str, Any]:
    """Ask about the key, which is outside ccxt's own map of the API."""
    client = ccxt_client(exchange, **changed)
    client.urls["api"]["auth"] = f"{exchange.url}/api/auth/"
    client.options["versions"]["auth"] = {"GET": {PATH: "v1"}}
    client.options["access"]["auth"] = {"GET": {PATH: "private"}}
    answer: dict[str, Any] = request(client, PATH, "auth", "GET")
    return answer


def failure(exchange: SimulatedKrakenFutures, **changed: Any) -> ccxt.BaseError:
    with pytest.raises(ccxt.BaseError) as caught:
        check(exchange, **changed)
    return caught.value


def test_it_signs_as_documented() -> None:
    # No example is published with a secret and its signature: these are the documented steps, one by one.
    secret = base64.b64encode(b"made up for this test").decode()
    data, nonce, path = "symbol=fi_xbtusd_180928", "1415957147987", "/api/v3/orderbook"

    step_two = hashlib.sha256(f"{data}{nonce}{path}".encode()).digest()
    step_four = hmac.new(b"made up for this test", step_two, hashlib.sha512).digest()

    assert signature(secret, path, data, nonce) == base64.b64encode(step_four).decode()


def test_it_is_found_by_its_name() -> None:
    assert simulated("krakenfutures") is SimulatedKrakenFutures


def test_a_nonce_is_signed_where_there_is_one(exchange: SimulatedKrakenFutures) -> None:
    key = exchange.keys[0]
    headers = {"APIKey": key.id, "Authent": signature(key.secret, CHECK, "", "17"), "Nonce": "17"}

    assert requests.get(f"{exchange.url}{CHECK}", headers=headers, timeout=5).status_code == 200

    assert requests.get(f"{exchange.url}{CHECK}", headers={**headers, "Nonce": "18"}, timeout=5).status_code == 401


def test_real_ccxt_reads_the_key_in_the_documented_shape(exchange: SimulatedKrakenFutures) -> None:
    exchange.keys[0].networks = ["127.0.0.1", "203.0.113.0/24", "2001:db8::7"]

    answer = check(exchange)

    assert set(answer) == {
        *("apiKey", "accountUid", "iiban", "createdAt", "permissions"),
        *("allowedCidrBlock", "allowedCidrBlocks"),
    }
    assert answer["apiKey"] == exchange.keys[0].id
    assert answer["permissions"] == {"general": "FULL_ACCESS", "transfer": "NO_ACCESS"}
    assert answer["allowedCidrBlock"] == "127.0.0.1/32"
    assert answer["allowedCidrBlocks"] == ["127.0.0.1/32", "203.0.113.0/24", "2001:db8::7/128"]
    created = datetime.fromisoformat(answer["createdAt"])
    assert abs(created.timestamp() - (time.time() - 20 * 86_400)) < 60


def test_no_address_limit_is_null_and_empty(exchange: SimulatedKrakenFutures) -> None:
    exchange.keys[0].networks = None

    answer = check(exchange)

    assert (answer["allowedCidrBlock"], answer["allowedCidrBlocks"]) == (None, [])


@pytest.mark.parametrize(
    ("words", "general", "transfer"),
    [
        ([Kind.READ], "READ_ONLY", "NO_ACCESS"),
        ([Kind.CANCEL, Kind.READ], "FULL_ACCESS", "NO_ACCESS"),
        ([Kind.TRADE, Kind.WITHDRAW], "FULL_ACCESS", "FULL_ACCESS"),
        (["transfer:READ_ONLY"], "NO_ACCESS", "READ_ONLY"),
        ([Kind.TRADE, "general:TRADE_ONLY"], "TRADE_ONLY", "NO_ACCESS"),
    ],
)
def test_permissions_are_reported_by_their_level(
    exchange: SimulatedKrakenFutures, words: list[Any], general: str, transfer: str
) -> None:
    exchange.keys[0].permissions = words

    assert check(exchange)["permissions"] == {"general": general, "transfer": transfer}


@pytest.mark.parametrize(
    "changed",
    [{"apiKey": "unknown"}, {"secret": base64.b64encode(b"wrong").decode()}],
    ids=["unknown key", "wrong secret"],
)
def test_wrong_credentials_are_answered_in_the_documented_words(
    exchange: SimulatedKrakenFutures, changed: dict[str, Any]
) -> None:
    problem = failure(exchange, **changed)

    assert type(problem) is ccxt.AuthenticationError
    assert "API key is not found or request signature is invalid." in str(problem)
    assert exchange.requests[0].status == 401


@pytest.mark.parametrize("change", [{"enabled": False}, {"days_left": 0}, {"networks": ["203.0.113.7"]}])
def test_a_key_that_must_not_work_is_an_unknown_one(exchange: SimulatedKrakenFutures, change: dict[str, Any]) -> None:
    for name, value in change.items():
        setattr(exchange.keys[0], name, value)

    assert "API key is not found" in str(failure(exchange))


def test_other_calls_have_another_shape_of_error(exchange: SimulatedKrakenFutures) -> None:
    client = ccxt_client(exchange, apiKey="unknown")

    with pytest.raises(ccxt.AuthenticationError, match='"result": "error", "error": "authenticationError"'):
        client.privateGetAccounts()


def test_nothing_private_is_told_without_a_signature(exchange: SimulatedKrakenFutures) -> None:
    for path in (CHECK, "/derivatives/api/v3/accounts"):
        assert "authenticationError" in requests.get(f"{exchange.url}{path}", timeout=5).text


@pytest.mark.parametrize(
    ("permission", "method"),
    [
        (Kind.READ, "privateGetAccounts"),
        (Kind.TRADE, "privatePostSendorder"),
        (Kind.CANCEL, "privatePostCancelorder"),
        (Kind.WITHDRAW, "privatePostWithdrawal"),
        ("transfer:READ_ONLY", "privateGetTransfers"),
    ],
)
def test_each_permission_opens_its_own_methods(exchange: SimulatedKrakenFutures, permission: Any, method: str) -> None:
    exchange.keys[0].permissions = []
    with pytest.raises(ccxt.AuthenticationError):
        getattr(ccxt_client(exchange), method)({"symbol": "PF_XBTUSD", "note": "a b&c"})

    exchange.keys[0].permissions = [permission]

    try:
        getattr(ccxt_client(exchange), method)({"symbol": "PF_XBTUSD", "note": "a b&c"})
    except ccxt.BadRequest as problem:
        assert "notFound" in str(problem)
    assert len(exchange.requests) == 2


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (check_error(), ccxt.AuthenticationError),
        (error("authenticationError"), ccxt.AuthenticationError),
        (error("apiLimitExceeded"), ccxt.RateLimitExceeded),
        (json_response({}, 429), ccxt.DDoSProtection),
        (error("nonceBelowThreshold"), ccxt.InvalidNonce),
        (error("nonceDuplicate"), ccxt.InvalidNonce),
        (error("accountInactive"), ccxt.ExchangeError),
        (error("Unavailable"), ccxt.ExchangeNotAvailable),
        (error("Server Error"), ccxt.ExchangeError),
        (error("notFound", 404), ccxt.BadRequest),
    ],
    ids=lambda value: value.body.decode()[:60] if isinstance(value, Response) else "",
)
def test_it_can_be_told_to_fail_with_each_known_error(
    exchange: SimulatedKrakenFutures, response: Response, kind: type[Exception]
) -> None:
    exchange.respond_next(CHECK, response)

    assert type(failure(exchange)) is kind


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.PASSWORD])
def test_every_cause_has_an_error(exchange: SimulatedKrakenFutures, cause: Cause) -> None:
    exchange.respond_next(CHECK, exchange.error(cause))

    failure(exchange)


def test_real_ccxt_reads_the_market(exchange: SimulatedKrakenFutures) -> None:
    client = ccxt_client(exchange)
    assert client.load_markets()["BTC/USD:USD"]["active"]

    candles = client.fetch_ohlcv("BTC/USD:USD", "5m", since=int(time.time() - 3600) * 1000)
    book = client.fetch_order_book("BTC/USD:USD")

    assert len(candles) in (12, 13)
    assert candles[1][0] - candles[0][0] == 300_000
    assert book["bids"][0][0] < book["asks"][0][0]
    assert client.fetch_balance()["USD"]["total"] == 1000
    assert client.fetch_positions() == []
    assert exchange.paths()[1] == "GET /api/charts/v1/trade/PF_XBTUSD"


@pytest.mark.slow
def test_unguarded_freqtrade_runs_on_it(tmp_path: Path, exchange: SimulatedKrakenFutures) -> None:
    run_until_it_reads_candles(exchange, tmp_path, "/api/charts/v1/trade/PF_XBTUSD/5m")

    signed = {request.path for request in exchange.requests if request.key == exchange.keys[0].id}
    assert signed == {"/derivatives/api/v3/accounts", "/derivatives/api/v3/openpositions"}
