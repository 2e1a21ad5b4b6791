"""Binance, spot: 7 trading calls of 739 private ones, and the reads with which ccxt loads its markets.

A signature of Binance covers neither host nor path nor verb: a signed read of an order cancels it if it is sent with
another verb. So nothing signed is handed out, and `sign` is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from freqtrade_bitmex_guard.agent.parameters import Count, DecimalText, Identifier, Millis, Parameter, Symbol, one_of
from freqtrade_bitmex_guard.agent.refusal import Kind, RefusedError
from freqtrade_bitmex_guard.agent.table import Encoding, Market, Order, Route, RouteTable

_TYPES = {"LIMIT": "limit", "LIMIT_MAKER": "limit", "MARKET": "market", "STOP_LOSS": "stop-market"}
_TYPES |= {"STOP_LOSS_LIMIT": "stop-limit"}
_PRICES = {"LIMIT": {"price"}, "LIMIT_MAKER": {"price"}, "MARKET": set(), "STOP_LOSS": {"stopPrice"}}
_PRICES |= {"STOP_LOSS_LIMIT": {"price", "stopPrice"}}
_SPAN: dict[str, Parameter] = {"startTime": Millis(), "endTime": Millis(), "limit": Count()}


def _read_order(params: Mapping[str, Any], markets: Mapping[str, Market]) -> Order:
    prices: set[str] = _PRICES[params["type"]]
    if {"price", "stopPrice"} & params.keys() != prices:
        raise RefusedError("parameters", "the prices are not those of the order's type", Kind.ORDER)
    is_buy = params["side"] == "BUY"
    return Order(
        market=markets[params["symbol"]],
        type=_TYPES[params["type"]],
        quantity=Decimal(params["quantity"]),
        prices=tuple(Decimal(params[name]) for name in sorted(prices)),
        is_buy=is_buy,
        reduces=not is_buy,  # `private` is spot alone; margin orders go elsewhere
    )


def _read_market(market: Mapping[str, Any]) -> Market | None:
    if market["type"] != "spot":
        return None
    return Market(market["id"], market["symbol"], market["base"], market["quote"], "spot", Decimal(1))


def _read(path: str, params: Mapping[str, Parameter], api: str = "private") -> Route:
    return Route((api,), "GET", path, Kind.READ, params, Encoding.QUERY, modes=("spot",))


TABLE = RouteTable(
    exchange="binance",
    prefix="/",
    headers=frozenset(["content-type", "x-mbx-apikey"]),
    added=frozenset(["timestamp", "recvWindow", "signature"]),
    read_market=_read_market,
    routes=(
        _read("account", {}),
        _read("order", {"symbol": Symbol(required=True), "orderId": Identifier(required=True)}),
        _read("openOrders", {"symbol": Symbol(required=True)}),
        _read("allOrders", {"symbol": Symbol(required=True), **_SPAN}),
        _read("myTrades", {"symbol": Symbol(required=True), **_SPAN}),
        # With a key set, ccxt reads these while it loads the markets; the last one is freqtrade's own.
        _read("capital/config/getall", {}, api="sapi"),
        _read("margin/allPairs", {}, api="sapi"),
        _read("margin/isolated/allPairs", {}, api="sapi"),
        _read("spot/delist-schedule", {}, api="sapi"),
        Route(
            ("private",),
            "POST",
            "order",
            Kind.ORDER,
            {
                "symbol": Symbol(required=True),
                "side": one_of("BUY", "SELL", required=True),
                "type": one_of(*_TYPES, required=True),
                "quantity": DecimalText(required=True),
                "price": DecimalText(),
                "stopPrice": DecimalText(),
                "timeInForce": one_of("GTC", "IOC", "FOK"),
                # Where it is missing, ccxt's `sign` would draw one.
                "newClientOrderId": Identifier(required=True),
                "newOrderRespType": one_of("ACK", "RESULT", "FULL"),
            },
            Encoding.FORM,
            modes=("spot",),
            read=_read_order,
        ),
        Route(
            ("private",),
            "DELETE",
            "order",
            Kind.CANCEL,
            {"symbol": Symbol(required=True), "orderId": Identifier(required=True)},
            Encoding.QUERY,
            modes=("spot",),
        ),
    ),
)
