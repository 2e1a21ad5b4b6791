"""Attacks by message: each is refused, recorded without a secret, and leaves the next honest request working."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.agent.serving import BALANCE, BUY, Serving, refusal
from tests.support.factories import KEY_ID, SECRET

NEVER: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "user/requestWithdrawal", {"currency": "USDt", "amount": 1, "address": "x"}),
    ("POST", "user/confirmWithdrawal", {"token": "x"}),
    ("POST", "user/walletTransfer", {"currency": "USDt", "amount": 1, "targetAccountId": 1}),
    ("POST", "address", {"currency": "USDt", "address": "x", "name": "x"}),
    ("PUT", "address", {"address": "x"}),
    ("GET", "apiKey", {}),
    ("POST", "apiKey", {"permissions": ["withdraw"]}),
    ("DELETE", "apiKey", {"apiKeyID": "x"}),
    ("POST", "user/addSubaccount", {"name": "x"}),
    ("GET", "user", {}),
    ("POST", "user/communicationToken", {}),
    ("POST", "user/logout", {}),
    ("POST", "user/preferences", {"prefs": "{}"}),
    ("PUT", "order", {"orderID": "x", "orderQty": 1}),
    ("DELETE", "order/all", {}),
    ("POST", "order/closePosition", {"symbol": "XBT_USDT"}),
    ("POST", "order/cancelAllAfter", {"timeout": 1}),
    ("POST", "position/transferMargin", {"symbol": "XBTUSDT", "amount": 1}),
    ("POST", "position/riskLimit", {"symbol": "XBTUSDT", "riskLimit": 1}),
    ("POST", "position/leverage", {"symbol": "XBTUSDT", "leverage": 1}),  # not on spot
    ("GET", "position", {}),
]

PATHS = [
    "order/../user/requestWithdrawal",
    "order/%2e%2e/user/requestWithdrawal",
    "order//all",
    "order/",
    "/order",
    "order?symbol=XBT_USDT",
    "order#x",
    "order\0",
    "Order",
    "ORDER",
    "оrder",  # a Cyrillic o
    "order ",
    " order",
    "",
    "user/margin/../requestWithdrawal",
]

ORDERS: list[tuple[dict[str, Any], str]] = [
    ({"orderQty": -1}, "parameters"),
    ({"orderQty": 0}, "parameters"),
    ({"orderQty": True}, "parameters"),
    ({"orderQty": 1.5}, "parameters"),
    ({"orderQty": "100000"}, "parameters"),
    ({"orderQty": "1e5"}, "parameters"),
    ({"orderQty": "١٠٠"}, "parameters"),  # Arabic digits
    ({"orderQty": [100_000]}, "parameters"),
    ({"price": 0}, "parameters"),
    ({"price": -1.0}, "parameters"),
    ({"price": "77000"}, "parameters"),
    ({"price": False}, "parameters"),
    ({"symbol": "XBT_USD"}, "parameters"),
    ({"symbol": ["XBT_USDT"]}, "parameters"),
    ({"symbol": "XBT_USDT&side=Buy"}, "parameters"),
    ({"symbol": "XBT_USDT\n"}, "parameters"),
    ({"symbol": "XBTUSD"}, "pairs"),
    ({"side": "buy"}, "parameters"),
    ({"ordType": "Pegged"}, "parameters"),
    ({"ordType": "Market"}, "parameters"),  # with a price
    ({"ordType": "Stop"}, "parameters"),  # without its trigger
    ({"stopPx": 1.0}, "parameters"),
    ({"execInst": "Close"}, "parameters"),
    ({"text": "x"}, "parameters"),
    ({"account": 1}, "parameters"),
    ({"targetAccountId": 1}, "parameters"),
    ({"api-expires": 9_999_999_999}, "parameters"),
    ({"expires": 9_999_999_999}, "parameters"),
    ({"timestamp": 1}, "parameters"),
    ({"nonce": 1}, "parameters"),
    ({"recvWindow": 60_000}, "parameters"),
    ({"version": "v2"}, "parameters"),
    ({"_format": "csv"}, "parameters"),
    ({"otpToken": "123456"}, "parameters"),
    ({"clOrdID": "../x"}, "parameters"),
    ({"clOrdID": "x" * 65}, "parameters"),
    ({"displayQty": 0}, "parameters"),
    ({"pegOffsetValue": 1}, "parameters"),
]

READS: list[tuple[str, Any]] = [
    ("order", {"filter": '{"orderID": "a"}'}),
    ("order", {"filter": '{"orderID":"a","orderID":"b"}'}),
    ("order", {"filter": '{"orderID":"a","open":true}'}),
    ("order", {"filter": '{"open":1}'}),
    ("order", {"filter": '{"account":1}'}),
    ("order", {"filter": {"open": True}}),
    ("order", {"startTime": "2026-11-26"}),
    ("order", {"startTime": "٢٠٢٦-11-26T00:00:00.000Z"}),
    ("order", {"count": 1001}),
    ("user/margin", {}),
    ("user/margin", {"currency": "XBt"}),
    ("execution/tradeHistory", {}),
]


@pytest.fixture
def running(serving: Serving) -> Serving:
    return serving.start()


def assert_goes_on(serving: Serving, sent: list[str]) -> None:
    """Assert that nothing was sent, that the record holds the refusal and no secret, and that honest requests work."""
    assert serving.sent() == sent
    with serving.peer() as peer:
        assert peer.call(*BALANCE)["answer"]["status"] == 200
    text = json.dumps(serving.record())
    assert '"refused: ' in text
    assert SECRET not in text
    assert KEY_ID not in text


@pytest.mark.parametrize(("verb", "path", "params"), NEVER, ids=[f"{verb} {path}" for verb, path, _ in NEVER])
def test_a_never_route_is_refused(shared: Serving, verb: str, path: str, params: dict[str, Any]) -> None:
    before, recorded = shared.sent(), len(shared.record())
    with shared.peer() as peer:
        assert refusal(peer.call(verb, path, params)) in ("route", "trading_mode")
    assert '"refused: ' in json.dumps(shared.record()[recorded:])
    assert_goes_on(shared, before)


def test_a_path_that_is_not_literally_in_the_table_is_refused(running: Serving) -> None:
    with running.peer() as peer:
        for path in PATHS:
            assert refusal(peer.call("GET", path, {})) == "route", path
            assert refusal(peer.call("POST", path, BUY)) == "route", path
    assert_goes_on(running, [])


def test_a_verb_or_api_outside_the_table_is_refused(running: Serving) -> None:
    with running.peer() as peer:
        for verb in ("post", "PUT", "PATCH", "", "POST ", "GET\r\nX: y"):
            assert refusal(peer.call(verb, "order", BUY)) == "route", verb
        for api in (["public"], ["Private"], ["private", "private"], ["public", "private"]):
            assert refusal(peer.call("POST", "order", BUY, api=api)) == "route", api
    assert_goes_on(running, [])


def test_an_order_with_an_odd_parameter_is_refused(running: Serving) -> None:
    with running.peer() as peer:
        for changed, limit in ORDERS:
            assert refusal(peer.order(**changed)) == limit, changed
        for missing in BUY.keys() - {"text"}:
            params = {name: value for name, value in BUY.items() if name != missing}
            assert refusal(peer.call("POST", "order", params)) == "parameters", missing
    assert_goes_on(running, [])


def test_a_read_with_an_odd_parameter_is_refused(running: Serving) -> None:
    with running.peer() as peer:
        for path, params in READS:
            assert refusal(peer.call("GET", path, params)) == "parameters", params
    assert_goes_on(running, [])


def test_a_cancel_without_id_or_in_bulk_is_refused(running: Serving) -> None:
    with running.peer() as peer:
        for params in ({}, {"orderID": ["a", "b"]}, {"orderID": "a,b"}, {"orderID": ""}, {"clOrdID": "a"}):
            assert refusal(peer.call("DELETE", "order", params)) == "parameters", params
    assert_goes_on(running, [])


def test_an_agent_that_carries_signs_nothing_for_the_bot(running: Serving) -> None:
    with running.peer() as peer:
        assert refusal(peer.call(*BALANCE, operation="sign")) == "mode"
    assert_goes_on(running, [])


def test_every_honest_call_reaches_the_exchange(running: Serving) -> None:
    with running.peer() as peer:
        placed = json.loads(peer.order()["answer"]["body"])
        calls: list[tuple[str, str, dict[str, Any]]] = [
            BALANCE,
            ("GET", "order", {"symbol": "XBT_USDT", "filter": '{"open":true}'}),
            ("GET", "order", {"symbol": "XBT_USDT", "filter": f'{{"orderID":"{placed["orderID"]}"}}'}),
            ("GET", "order", {"symbol": "XBT_USDT", "startTime": "2026-11-26T00:00:00.000Z", "count": 100}),
            ("GET", "execution/tradeHistory", {"symbol": "XBT_USDT", "startTime": "2026-11-26T00:00:00.000Z"}),
            ("DELETE", "order", {"orderID": placed["orderID"]}),
        ]
        for verb, path, params in calls:
            assert peer.call(verb, path, params)["answer"]["status"] == 200, path
    assert running.sent() == ["POST /order", *(f"{verb} /{path}" for verb, path, _ in calls)]
