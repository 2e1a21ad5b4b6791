"""Simulated OKX: what ccxt and freqtrade get from it, and how it checks a request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import ccxt
import pytest
import requests

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.interface import Cause
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from freqtrade_bitmex_guard.simulator.okx import SimulatedOKX, error
from tests.exchanges.simulated.unguarded import ccxt_client, run_until_it_reads_candles

PATH = "/account/config"


@pytest.fixture
def exchange() -> Iterator[SimulatedOKX]:
    with SimulatedOKX([SimulatedOKX.random_key()]) as running:
        yield running


def account(exchange: SimulatedOKX) -> Any:
    (content,) = ccxt_client(exchange).privateGetAccountConfig()["data"]
    return content


def headers_of(exchange: SimulatedOKX, signed: str, timestamp: str) -> dict[str, str]:
    """Sign by the documentation's sentence: timestamp, verb, path and body, HMAC with SHA-256, Base64."""
    key: KeyState = exchange.keys[0]
    digest = hmac.new(key.secret.encode(), (timestamp + signed).encode(), hashlib.sha256).digest()
    return {
        "OK-ACCESS-KEY": key.id,
        "OK-ACCESS-SIGN": base64.b64encode(digest).decode(),
        "OK-ACCESS-TIMESTAMP": timestamp,
        "OK-ACCESS-PASSPHRASE": key.password,
    }


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_ccxt_reads_a_good_key(exchange: SimulatedOKX) -> None:
    content = account(exchange)

    assert content["perm"] == "read_only,trade"
    assert content["ip"] == "127.0.0.1"
    assert content["label"] == "freqtrade-btc"
    assert content["uid"] == content["mainUid"]
    assert content["posMode"] == "net_mode"


def test_permissions_and_addresses_are_reported_as_lists(exchange: SimulatedOKX) -> None:
    key = exchange.keys[0]
    key.permissions = [Kind.READ, Kind.WITHDRAW, "something_new"]
    key.networks = ["127.0.0.1", "203.0.113.0/24", "2001:db8::7"]
    content = account(exchange)
    key.networks = None
    key.overrides = {"uid": "1"}

    assert content["perm"] == "read_only,withdraw,something_new"
    assert content["ip"] == "127.0.0.1,203.0.113.0/24,2001:db8::7"
    assert account(exchange)["ip"] == ""
    assert account(exchange)["uid"] == "1"


@pytest.mark.parametrize(
    ("change", "error_class", "status", "body"),
    [
        ({"id": "another"}, ccxt.AuthenticationError, 401, {"msg": "Invalid OK-ACCESS-KEY.", "code": "50111"}),
        ({"secret": "another"}, ccxt.AuthenticationError, 401, {"msg": "Invalid signature.", "code": "50113"}),
        (
            {"password": "another"},
            ccxt.AuthenticationError,
            401,
            {"msg": 'Request header "OK-ACCESS-PASSPHRASE" incorrect.', "code": "50105"},
        ),
        ({"days_left": 0}, ccxt.ExchangeError, 401, {"msg": "API key doesn't exist", "code": "50119"}),
        (
            {"enabled": False},
            ccxt.ExchangeError,
            400,
            {"msg": "API frozen, please contact customer service.", "code": "50100"},
        ),
        (
            {"permissions": ["trade"]},
            ccxt.ExchangeError,
            200,
            {"msg": "This API key doesn't have permission to use this function", "code": "50120", "data": []},
        ),
    ],
    ids=["id", "secret", "passphrase", "ended", "frozen", "no right"],
)
def test_a_key_that_must_not_work_gets_the_recorded_error(
    exchange: SimulatedOKX, change: dict[str, Any], error_class: type[Exception], status: int, body: dict[str, Any]
) -> None:
    asking = ccxt_client(exchange)
    for name, value in change.items():
        setattr(exchange.keys[0], name, value)

    with pytest.raises(error_class) as caught:
        asking.privateGetAccountConfig()

    assert json.loads(str(caught.value).removeprefix("okx ")) == body
    assert exchange.requests[-1].status == status


def test_a_wrong_address_is_answered_with_address_and_key_id(exchange: SimulatedOKX) -> None:
    exchange.keys[0].networks = ["203.0.113.7"]

    with pytest.raises(ccxt.PermissionDenied) as caught:
        account(exchange)

    assert f"Your IP 127.0.0.1 is not included in your API key's {exchange.keys[0].id} IP" in str(caught.value)


@pytest.mark.parametrize("offset", [31, -31])
def test_a_wrong_clock_is_named(exchange: SimulatedOKX, offset: float) -> None:
    exchange.clock_offset = offset

    with pytest.raises(ccxt.InvalidNonce, match="50102"):
        account(exchange)


def test_a_demo_client_meets_a_live_key(exchange: SimulatedOKX) -> None:
    asking = ccxt_client(exchange)
    asking.set_sandbox_mode(True)
    asking.urls["api"] = exchange.api_urls()

    with pytest.raises(ccxt.AuthenticationError, match="50101"):
        asking.privateGetAccountConfig()


@pytest.mark.parametrize(
    ("header", "code"),
    [("KEY", "50103"), ("PASSPHRASE", "50104"), ("SIGN", "50106"), ("TIMESTAMP", "50107")],
)
def test_a_missing_header_is_named(exchange: SimulatedOKX, header: str, code: str) -> None:
    headers = headers_of(exchange, "GET/api/v5/account/config", now())
    del headers[f"OK-ACCESS-{header}"]

    response = requests.get(f"{exchange.url}/api/v5{PATH}", headers=headers, timeout=5)

    assert response.status_code == 401
    assert response.json() == {"msg": f'Request header "OK-ACCESS-{header}" cannot be empty.', "code": code}


@pytest.mark.parametrize(
    ("timestamp", "code"), [("now", "0"), ("yesterday", "50112"), ("2020-12-08T09:08:57.715Z", "50102")]
)
def test_a_signed_query_is_checked_as_documented(exchange: SimulatedOKX, timestamp: str, code: str) -> None:
    sent = now() if timestamp == "now" else timestamp
    headers = headers_of(exchange, "GET/api/v5/account/balance?ccy=BTC", sent)

    response = requests.get(f"{exchange.url}/api/v5/account/balance?ccy=BTC", headers=headers, timeout=5)

    assert response.json()["code"] == code


def test_the_body_is_signed_too(exchange: SimulatedOKX) -> None:
    body = '{"instId":"BTC-USDT","lever":"5"}'
    headers = headers_of(exchange, f"POST/api/v5/trade/order{body}", now())
    url = f"{exchange.url}/api/v5/trade/order"

    good = requests.post(url, data=body, headers=headers, timeout=5)
    bad = requests.post(url, data=body.replace("5", "6"), headers=headers, timeout=5)

    assert good.json()["data"][0]["sCode"] == "51008"
    assert bad.json() == {"msg": "Invalid signature.", "code": "50113"}


@pytest.mark.parametrize(
    ("path", "needed"), [("/asset/transfer", "trade"), ("/asset/withdrawal", "withdraw"), ("/trade/order", "trade")]
)
def test_a_call_needs_its_permission(exchange: SimulatedOKX, path: str, needed: str) -> None:
    codes = []
    for words in (["read_only"], ["read_only", needed]):
        exchange.keys[0].permissions = words
        headers = headers_of(exchange, f"POST/api/v5{path}", now())
        answer = requests.post(f"{exchange.url}/api/v5{path}", headers=headers, timeout=5)
        codes.append("50120" in answer.text)

    assert codes == [True, False]
    assert exchange.paths() == [f"POST {path}"] * 2


@pytest.mark.parametrize(
    ("cause", "error_class"),
    [
        (Cause.ADDRESS, ccxt.PermissionDenied),
        (Cause.RATE_LIMIT, ccxt.RateLimitExceeded),
        (Cause.MAINTENANCE, ccxt.OnMaintenance),
    ],
)
def test_an_error_can_be_scripted(exchange: SimulatedOKX, cause: Cause, error_class: type[Exception]) -> None:
    exchange.respond_next(PATH, exchange.error(cause), error(200, "50007", "User blocked."))

    with pytest.raises(error_class):
        account(exchange)
    with pytest.raises(ccxt.AccountSuspended):
        account(exchange)
    assert account(exchange)["perm"]


def test_candles_come_newest_first_and_the_last_is_open(exchange: SimulatedOKX) -> None:
    url = f"{exchange.url}/api/v5/market/candles?bar=5m&limit=3"
    since = int(time.time() // 300 * 300 - 600) * 1000

    newest = requests.get(url, timeout=5).json()["data"]
    after = requests.get(f"{url}&before={since}", timeout=5).json()["data"]

    assert [row[-1] for row in newest] == ["0", "1", "1"]
    assert int(newest[0][0]) - int(newest[2][0]) == 600_000
    assert min(int(row[0]) for row in after) > since


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mode", "signed"),
    [
        ("okx", "spot", "GET /account/balance"),
        ("okx", "futures", "GET /account/config"),
        ("myokx", "spot", "GET /account/balance"),
        ("okxus", "spot", "GET /account/balance"),
    ],
)
def test_freqtrade_runs_on_it(tmp_path: Path, name: str, mode: str, signed: str) -> None:
    kind = simulated(name)
    with kind([kind.random_key()], trading_mode=mode) as exchange:
        run_until_it_reads_candles(exchange, tmp_path, "/market/candles")

    assert signed in exchange.paths()
