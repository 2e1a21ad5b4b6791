"""Binance, spot and USDT-margined futures: 30 of its private calls, with the reads by which ccxt loads its markets.

A signature of Binance covers neither host nor path nor verb: a signed read of an order cancels it if it is sent with
another verb. So nothing signed is handed out, and `sign` is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from freqtrade_bitmex_guard.agent.parameters import (
    Count,
    DecimalText,
    Flag,
    Identifier,
    Millis,
    Number,
    Parameter,
    Symbol,
    one_of,
)
from freqtrade_bitmex_guard.agent.refusal import Kind, RefusedError
from freqtrade_bitmex_guard.agent.table import ALL_MODES, Encoding, Leverage, Market, Order, Route, RouteTable

_TYPES = {"LIMIT": "limit", "LIMIT_MAKER": "limit", "MARKET": "market", "STOP_LOSS": "stop-market"}
_TYPES |= {"STOP_LOSS_LIMIT": "stop-limit"}
_PRICES = {"LIMIT": {"price"}, "LIMIT_MAKER": {"price"}, "MARKET": set(), "STOP_LOSS": {"stopPrice"}}
_PRICES |= {"STOP_LOSS_LIMIT": {"price", "stopPrice"}}
_FUTURES_TYPES = {"LIMIT": "limit", "MARKET": "market"}
_STOPS = {"STOP_MARKET": "stop-market", "STOP": "stop-limit"}
_MARGIN_MODES = {"ISOLATED": "isolated", "CROSSED": "cross"}
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


def _read_futures_order(params: Mapping[str, Any], markets: Mapping[str, Market]) -> Order:
    is_limit = params["type"] in ("LIMIT", "STOP")
    if is_limit is not ("price" in params):
        raise RefusedError("parameters", "the prices are not those of the order's type", Kind.ORDER)
    return Order(
        market=markets[params["symbol"]],
        type=(_FUTURES_TYPES | _STOPS)[params["type"]],
        quantity=Decimal(params["quantity"]),
        prices=tuple(Decimal(params[name]) for name in ("price", "triggerPrice") if name in params),
        is_buy=params["side"] == "BUY",
        reduces=params.get("reduceOnly") is True,
    )


def _read_leverage(params: Mapping[str, Any], markets: Mapping[str, Market]) -> Leverage:
    return Leverage(markets[params["symbol"]], leverage=Decimal(params["leverage"]))


def _read_margin_mode(params: Mapping[str, Any], markets: Mapping[str, Market]) -> Leverage:
    return Leverage(markets[params["symbol"]], margin_mode=_MARGIN_MODES[params["marginType"]])


def _read_market(market: Mapping[str, Any]) -> Market | None:
    mode = {"spot": "spot", "swap": "futures"}.get(market["type"])
    if mode is None or (mode == "futures" and not market.get("linear")):
        return None  # contracts in coins are on a server of their own, and in no route here
    unit = Decimal(1) if mode == "spot" else Decimal(str(market["contractSize"]))
    return Market(market["id"], market["symbol"], market["base"], market["quote"], mode, unit)


def _read(path: str, params: Mapping[str, Parameter], api: str = "private") -> Route:
    # With a key set, ccxt reads those of `sapi` while it loads the markets, whatever the bot trades.
    modes = {"private": ("spot",), "sapi": ALL_MODES}.get(api, ("futures",))
    return Route((api,), "GET", path, Kind.READ, params, Encoding.QUERY, modes=modes)


def _change(
    path: str,
    kind: Kind,
    params: Mapping[str, Parameter],
    read: Callable[[Mapping[str, Any], Mapping[str, Market]], Order | Leverage],
) -> Route:
    return Route(("fapiPrivate",), "POST", path, kind, params, Encoding.FORM, modes=("futures",), read=read)


def _cancel(path: str, number: str, api: str, mode: str) -> Route:
    params: dict[str, Parameter] = {"symbol": Symbol(required=True), number: Identifier(required=True)}
    return Route((api,), "DELETE", path, Kind.CANCEL, params, Encoding.QUERY, modes=(mode,))


_FUTURES_ORDER: dict[str, Parameter] = {
    "symbol": Symbol(required=True),
    "side": one_of("BUY", "SELL", required=True),
    "quantity": DecimalText(required=True),
    "price": DecimalText(),
    "timeInForce": one_of("GTC", "IOC", "FOK", "GTX"),
    "newOrderRespType": one_of("ACK", "RESULT"),
    "reduceOnly": Flag(),
}
_FUTURES = (
    _read("account", {}, "fapiPrivateV3"),
    _read("positionRisk", {}, "fapiPrivateV3"),
    _read("order", {"symbol": Symbol(required=True), "orderId": Identifier(required=True)}, "fapiPrivate"),
    _read("algoOrder", {"symbol": Symbol(), "algoId": Identifier(required=True)}, "fapiPrivate"),
    _read("openOrders", {"symbol": Symbol(required=True)}, "fapiPrivate"),
    _read("openAlgoOrders", {"symbol": Symbol(required=True)}, "fapiPrivate"),
    _read("allOrders", {"symbol": Symbol(required=True), **_SPAN}, "fapiPrivate"),
    _read("allAlgoOrders", {"symbol": Symbol(required=True), **_SPAN}, "fapiPrivate"),
    _read("userTrades", {"symbol": Symbol(required=True), **_SPAN}, "fapiPrivate"),
    _read("income", {"incomeType": one_of("FUNDING_FEE", required=True), "symbol": Symbol(), **_SPAN}, "fapiPrivate"),
    _read("leverageBracket", {}, "fapiPrivate"),
    # freqtrade reads these two itself when it starts.
    _read("positionSide/dual", {}, "fapiPrivate"),
    _read("multiAssetsMargin", {}, "fapiPrivate"),
    _change(
        "order",
        Kind.ORDER,
        {
            **_FUTURES_ORDER,
            "type": one_of(*_FUTURES_TYPES, required=True),
            "newClientOrderId": Identifier(required=True),
        },
        _read_futures_order,
    ),
    # ccxt sends every order with a trigger here.
    _change(
        "algoOrder",
        Kind.ORDER,
        {
            **_FUTURES_ORDER,
            "type": one_of(*_STOPS, required=True),
            "triggerPrice": DecimalText(required=True),
            "algoType": one_of("CONDITIONAL", required=True),
            "clientAlgoId": Identifier(required=True),
            "workingType": one_of("CONTRACT_PRICE", "MARK_PRICE"),
        },
        _read_futures_order,
    ),
    _cancel("order", "orderId", "fapiPrivate", "futures"),
    _cancel("algoOrder", "algoId", "fapiPrivate", "futures"),
    _change(
        "leverage",
        Kind.LEVERAGE,
        {"symbol": Symbol(required=True), "leverage": Number(required=True, whole=True)},
        _read_leverage,
    ),
    _change(
        "marginType",
        Kind.LEVERAGE,
        {"symbol": Symbol(required=True), "marginType": one_of(*_MARGIN_MODES, required=True)},
        _read_margin_mode,
    ),
)


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
        # The last one is freqtrade's own.
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
        _cancel("order", "orderId", "private", "spot"),
        *_FUTURES,
    ),
)
