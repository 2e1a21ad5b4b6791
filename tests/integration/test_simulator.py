"""The simulated BitMEX: it checks signatures and fails as BitMEX did, and records its requests."""

from __future__ import annotations

import itertools
import time
from typing import Any

import ccxt
import pytest
import requests

from freqtrade_bitmex_guard.redaction import output, registry
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bitmex.signing import signature
from tests.support.factories import KEY_ID, OTHER_ID, SECRET, key, other_key


@pytest.mark.parametrize(
    ("verb", "path", "expires", "body", "expected"),
    [
        (
            "GET",
            "/api/v1/instrument",
            1518064236,
            "",
            "c7682d435d0cfe87c16098df34ef2eb5a549d4c5a3c2b1f0f77b8af73423bf00",
        ),
        (
            "GET",
            "/api/v1/instrument?filter=%7B%22symbol%22%3A+%22XBTM15%22%7D",
            1518064237,
            "",
            "e2f422547eecb5b3cb29ade2127e21b858b235b386bfa45e1c1756eb3383919f",
        ),
        (
            "POST",
            "/api/v1/order",
            1518064238,
            '{"symbol":"XBTM15","price":219.0,"clOrdID":"mm_bitmex_1a/oemUeQ4CAJZgP3fjHsA","orderQty":98}',
            "1749cd2ccae4aa49048ae09f0b95110cee706e0944e6a14ad0b3a8cb45bd336b",
        ),
    ],
)
def test_it_signs_as_bitmex_published(verb: str, path: str, expires: int, body: str, expected: str) -> None:
    assert signature(SECRET, verb, path, str(expires), body) == expected


def ask(exchange: SimulatedBitMEX, path: str = "/apiKey", verb: str = "GET", **changed: Any) -> tuple[int, Any]:
    signed = {"id": KEY_ID, "secret": SECRET, "expires": int(time.time()) + 5, "body": "", **changed}
    headers = {
        "api-key": signed["id"],
        "api-expires": str(signed["expires"]),
        "api-signature": signature(signed["secret"], verb, f"/api/v1{path}", str(signed["expires"]), signed["body"]),
    }
    answer = requests.request(verb, f"{exchange.url}/api/v1{path}", headers=headers, data=signed["body"], timeout=5)
    content = answer.json()
    return answer.status_code, content["error"]["message"] if isinstance(
        content, dict
    ) and "error" in content else content


def test_a_good_request_is_answered_with_all_keys_and_no_secret(exchange: SimulatedBitMEX) -> None:
    exchange.keys.append(other_key())
    status, content = ask(exchange)
    assert status == 200
    assert [each["id"] for each in content] == [KEY_ID, OTHER_ID]
    assert SECRET not in str(content)


@pytest.mark.parametrize(
    ("what", "status", "said"),
    [
        ({"id": "unknown"}, 401, "Invalid API Key."),
        ({"secret": "wrong"}, 401, "Signature not valid."),
        ({"expires": 1}, 400, "This request has expired - `expires` is in the past."),
    ],
)
def test_a_bad_request_is_answered_in_bitmexs_words(
    exchange: SimulatedBitMEX, what: dict[str, Any], status: int, said: str
) -> None:
    answered, message = ask(exchange, **what)
    assert answered == status
    assert message.startswith(said)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"enabled": False}, "This key is disabled."),
        ({"cidr": "203.0.113.7/32"}, "This IP address is not allowed to use this key."),
        ({"can_list_keys": False}, "Access Denied"),
    ],
)
def test_a_key_without_the_right_is_answered_in_bitmexs_words(changed: dict[str, Any], said: str) -> None:
    with SimulatedBitMEX([key(**changed)]) as exchange:
        assert ask(exchange) == (403, said)


def test_nothing_private_is_reported_without_a_signature(exchange: SimulatedBitMEX) -> None:
    for path in ("/apiKey", "/user/margin", "/order"):
        assert requests.get(f"{exchange.url}/api/v1{path}", timeout=5).status_code == 401
    assert requests.get(f"{exchange.url}/api/v1/instrument", timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("permissions", "verb", "path", "status"),
    [
        ([], "POST", "/order", 403),
        (["order"], "POST", "/order", 404),
        (["orderCancel"], "POST", "/order", 403),
        (["orderCancel"], "DELETE", "/order", 404),
        (["order"], "POST", "/user/requestWithdrawal", 403),
        (["withdraw"], "POST", "/user/requestWithdrawal", 404),
    ],
)
def test_each_right_opens_its_own_routes(permissions: list[str], verb: str, path: str, status: int) -> None:
    with SimulatedBitMEX([key(permissions=permissions)]) as exchange:
        assert ask(exchange, path, verb)[0] == status


def test_real_ccxt_reads_markets_candles_and_balance_from_it(exchange: SimulatedBitMEX) -> None:
    registry.register_secret(KEY_ID, "LAqU…")  # ccxt logs every request
    output.install()
    client = ccxt.bitmex({"apiKey": KEY_ID, "secret": SECRET, **exchange.ccxt_config()})
    assert client.load_markets()["BTC/USDT"]["spot"]
    candles = client.fetch_ohlcv("BTC/USDT", "5m", limit=10)
    assert [later[0] - earlier[0] for earlier, later in itertools.pairwise(candles)] == [300_000] * 9
    assert client.fetch_balance()["USDT"]["free"] == 100_000
    assert client.fetch_order_book("BTC/USDT")["bids"][0][0] < client.fetch_order_book("BTC/USDT")["asks"][0][0]
    assert all(request.key == KEY_ID for request in exchange.requests)
