"""BitMEX: 8 of its 94 private calls.

Left out though they only trade: PUT order (amends a size past its count), order/all, order/closePosition, and
order/cancelAllAfter (a timer that removes stop-losses later).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from freqtrade_bitmex_guard.agent.parameters import (
    Count,
    Flag,
    Identifier,
    IsoTime,
    JsonText,
    Number,
    Symbol,
    one_of,
)
from freqtrade_bitmex_guard.agent.refusal import Kind, RefusedError
from freqtrade_bitmex_guard.agent.table import Encoding, Leverage, Market, Order, Route, RouteTable

_API = ("private",)
_TYPES = {"Limit": "limit", "Market": "market", "Stop": "stop-market", "StopLimit": "stop-limit"}
_PRICES = {"Limit": {"price"}, "Market": set(), "Stop": {"stopPx"}, "StopLimit": {"price", "stopPx"}}


def _read_order(params: Mapping[str, Any], markets: Mapping[str, Market]) -> Order:
    market = markets[params["symbol"]]
    prices: set[str] = _PRICES[params["ordType"]]
    if {"price", "stopPx"} & params.keys() != prices:
        raise RefusedError("parameters", "the prices are not those of the order's type", Kind.ORDER)
    flags = params.get("execInst", "").split(",")
    is_buy = params["side"] == "Buy"
    return Order(
        market=market,
        type=_TYPES[params["ordType"]],
        quantity=Decimal(params["orderQty"]),
        prices=tuple(Decimal(repr(params[name])) for name in sorted(prices)),
        is_buy=is_buy,
        reduces=not is_buy if market.mode == "spot" else "ReduceOnly" in flags,
    )


def _read_leverage(params: Mapping[str, Any], markets: Mapping[str, Market]) -> Leverage:
    return Leverage(markets[params["symbol"]], leverage=Decimal(repr(params["leverage"])))


def _read_margin_mode(params: Mapping[str, Any], markets: Mapping[str, Market]) -> Leverage:
    return Leverage(markets[params["symbol"]], margin_mode="isolated" if params["enabled"] else "cross")


def _read_market(market: Mapping[str, Any]) -> Market | None:
    mode = {"spot": "spot", "swap": "futures"}.get(market["type"])
    if mode is None:
        return None
    info = market["info"]
    multiplier = info.get("underlyingToPositionMultiplier")
    unit: Decimal | None = None
    is_inverse = bool(market.get("inverse"))
    if is_inverse and info.get("positionCurrency") == info.get("quoteCurrency"):
        unit = Decimal(1)  # such contracts are worth one unit of the quote each
    elif not is_inverse and not market.get("quanto") and multiplier:
        unit = 1 / abs(Decimal(str(multiplier)))
    return Market(market["id"], market["symbol"], market["base"], market["quote"], mode, unit, is_inverse)


TABLE = RouteTable(
    exchange="bitmex",
    prefix="/api/v1/",
    headers=frozenset(["content-type", "api-key", "api-expires", "api-signature"]),
    read_market=_read_market,
    signature_covers_all=True,
    routes=(
        Route(_API, "GET", "user/margin", Kind.READ, {"currency": one_of("all", required=True)}, Encoding.QUERY),
        Route(
            _API,
            "GET",
            "order",
            Kind.READ,
            {
                "symbol": Symbol(),
                "filter": JsonText({"orderID": Identifier(), "open": True}),
                "startTime": IsoTime(),
                "count": Count(),
            },
            Encoding.QUERY,
        ),
        Route(
            _API,
            "GET",
            "execution/tradeHistory",
            Kind.READ,
            {"symbol": Symbol(required=True), "startTime": IsoTime(), "count": Count()},
            Encoding.QUERY,
        ),
        Route(_API, "GET", "position", Kind.READ, {}, Encoding.QUERY, modes=("futures",)),
        Route(
            _API,
            "POST",
            "order",
            Kind.ORDER,
            {
                "symbol": Symbol(required=True),
                "side": one_of("Buy", "Sell", required=True),
                "orderQty": Number(required=True, whole=True),
                "ordType": one_of(*_TYPES, required=True),
                "price": Number(),
                "stopPx": Number(),
                "text": one_of("CCXT"),
                "timeInForce": one_of("GoodTillCancel", "ImmediateOrCancel", "FillOrKill", "GTC", "IOC", "FOK", "PO"),
                "clOrdID": Identifier(),
                "execInst": one_of("ReduceOnly", "ParticipateDoNotInitiate", "ReduceOnly,ParticipateDoNotInitiate"),
            },
            Encoding.JSON,
            read=_read_order,
        ),
        Route(_API, "DELETE", "order", Kind.CANCEL, {"orderID": Identifier(required=True)}, Encoding.JSON),
        Route(
            _API,
            "POST",
            "position/leverage",
            Kind.LEVERAGE,
            {"symbol": Symbol(required=True), "leverage": Number(required=True)},
            Encoding.JSON,
            modes=("futures",),
            read=_read_leverage,
        ),
        Route(
            _API,
            "POST",
            "position/isolate",
            Kind.LEVERAGE,
            {"symbol": Symbol(required=True), "enabled": Flag(required=True)},
            Encoding.JSON,
            modes=("futures",),
            read=_read_margin_mode,
        ),
    ),
)
