"""Bybit, spot and USDT-margined futures: 14 of its 370 private calls, all of version 5.

A signature of Bybit covers neither host nor path: that of an order is also that of a withdrawal. So nothing signed is
handed out, and `sign` is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    WholeOneOf,
    one_of,
)
from freqtrade_bitmex_guard.agent.refusal import Kind, RefusedError
from freqtrade_bitmex_guard.agent.table import ALL_MODES, Encoding, Leverage, Market, Order, Route, RouteTable

_API = ("private",)
_CATEGORIES = {"spot": "spot", "futures": "linear"}
_MARGIN_MODES = {"ISOLATED_MARGIN": "isolated", "REGULAR_MARGIN": "cross"}
_CATEGORY = one_of(*_CATEGORIES.values(), required=True)
_LINEAR = one_of("linear", required=True)
_SPAN: dict[str, Parameter] = {"startTime": Millis(), "endTime": Millis(), "limit": Count()}
_STOP_FILTER = one_of("Order", "StopOrder", "tpslOrder")


def _read_order(params: Mapping[str, Any], markets: Mapping[str, Market]) -> Order:
    market = markets[params["symbol"]]
    is_limit, is_buy = params["orderType"] == "Limit", params["side"] == "Buy"
    is_stop = "triggerPrice" in params
    if is_limit is not ("price" in params):
        raise RefusedError("parameters", "the prices are not those of the order's type", Kind.ORDER)
    if params["category"] != _CATEGORIES[market.mode]:
        raise RefusedError("parameters", "the category is not the market's", Kind.ORDER)
    quantity = Decimal(params["qty"])
    # On spot, a market order to buy says how much of the quote it spends, unless it names the other unit.
    unit = params.get("marketUnit", "quoteCoin" if is_buy else "baseCoin")
    is_cost = market.mode == "spot" and not is_limit and unit == "quoteCoin"
    kind = ("stop-limit" if is_limit else "stop-market") if is_stop else params["orderType"].lower()
    return Order(
        market=market,
        type=kind,
        quantity=None if is_cost else quantity,
        prices=tuple(Decimal(params[name]) for name in ("price", "triggerPrice") if name in params),
        is_buy=is_buy,
        reduces=not is_buy if market.mode == "spot" else params.get("reduceOnly") is True,
        cost=quantity if is_cost else None,
    )


def _read_leverage(params: Mapping[str, Any], markets: Mapping[str, Market]) -> Leverage:
    sides = max(Decimal(params["buyLeverage"]), Decimal(params["sellLeverage"]))
    mode = {0: "cross", 1: "isolated"}[params["tradeMode"]] if "tradeMode" in params else None
    return Leverage(markets[params["symbol"]], leverage=sides, margin_mode=mode)


def _read_margin_mode(params: Mapping[str, Any], _markets: Mapping[str, Market]) -> Leverage:
    leverage = Decimal(repr(params["leverage"])) if "leverage" in params else None
    return Leverage(None, leverage=leverage, margin_mode=_MARGIN_MODES[params["setMarginMode"]])


def _read_position_mode(_params: Mapping[str, Any], _markets: Mapping[str, Market]) -> Leverage:
    return Leverage(None)


def _read_market(market: Mapping[str, Any]) -> Market | None:
    mode = {"spot": "spot", "swap": "futures"}.get(market["type"])
    if mode is None or (mode == "futures" and not market.get("linear")):
        return None
    unit = Decimal(1) if mode == "spot" else Decimal(str(market["contractSize"]))
    return Market(market["id"], market["symbol"], market["base"], market["quote"], mode, unit)


def _read(path: str, params: Mapping[str, Parameter], modes: tuple[str, ...] = ALL_MODES) -> Route:
    return Route(_API, "GET", path, Kind.READ, params, Encoding.QUERY, modes=modes)


_SIDES = {"buyLeverage": DecimalText(required=True), "sellLeverage": DecimalText(required=True)}
_FUTURES = (
    _read(
        "v5/position/list",
        {"symbol": Symbol(), "settleCoin": Identifier(), "limit": Count(), "category": _LINEAR},
        ("futures",),
    ),
    Route(
        _API,
        "POST",
        "v5/position/set-leverage",
        Kind.LEVERAGE,
        {"symbol": Symbol(required=True), "category": _LINEAR, **_SIDES},
        Encoding.JSON,
        modes=("futures",),
        read=_read_leverage,
    ),
    # The margin mode: the first for a classic account, the second for a unified one.
    Route(
        _API,
        "POST",
        "v5/position/switch-isolated",
        Kind.LEVERAGE,
        {
            "symbol": Symbol(required=True),
            "category": _LINEAR,
            "tradeMode": WholeOneOf(frozenset([0, 1]), required=True),
            **_SIDES,
        },
        Encoding.JSON,
        modes=("futures",),
        read=_read_leverage,
    ),
    Route(
        _API,
        "POST",
        "v5/account/set-margin-mode",
        Kind.LEVERAGE,
        {"setMarginMode": one_of(*_MARGIN_MODES, required=True), "leverage": Number()},
        Encoding.JSON,
        modes=("futures",),
        read=_read_margin_mode,
    ),
    # freqtrade sets the one-way mode when it starts; the other one is not accepted.
    Route(
        _API,
        "POST",
        "v5/position/switch-mode",
        Kind.LEVERAGE,
        {
            "mode": WholeOneOf(frozenset([0]), required=True),
            "coin": Identifier(required=True),
            "category": _LINEAR,
        },
        Encoding.JSON,
        modes=("futures",),
        read=_read_position_mode,
    ),
)
TABLE = RouteTable(
    exchange="bybit",
    prefix="/",
    headers=frozenset(
        [
            "content-type",
            "x-bapi-api-key",
            "x-bapi-timestamp",
            "x-bapi-recv-window",
            "x-bapi-sign",
            "referer",
        ]
    ),
    read_market=_read_market,
    routes=(
        # ccxt asks these to know the kind of the account, and while it loads the markets.
        _read("v5/user/query-api", {}),
        _read("v5/account/info", {}),
        _read("v5/asset/coin/query-info", {}),
        _read("v5/account/wallet-balance", {"accountType": one_of("UNIFIED", "CONTRACT", "SPOT", required=True)}),
        _read(
            "v5/order/realtime",
            {
                "symbol": Symbol(required=True),
                "category": _CATEGORY,
                "orderId": Identifier(),
                "orderFilter": _STOP_FILTER,
                "limit": Count(),
            },
        ),
        _read(
            "v5/order/history",
            {
                "symbol": Symbol(required=True),
                "category": _CATEGORY,
                "orderId": Identifier(),
                "orderFilter": _STOP_FILTER,
                "orderStatus": one_of("Filled", "Cancelled"),
                "acknowledged": Flag(),
                **_SPAN,
            },
        ),
        _read(
            "v5/execution/list",
            {
                "symbol": Symbol(required=True),
                "category": _CATEGORY,
                "execType": one_of("Trade", "Funding", required=True),
                "size": Count(),
                **_SPAN,
            },
        ),
        Route(
            _API,
            "POST",
            "v5/order/create",
            Kind.ORDER,
            {
                "symbol": Symbol(required=True),
                "category": _CATEGORY,
                "side": one_of("Buy", "Sell", required=True),
                "orderType": one_of("Limit", "Market", required=True),
                "qty": DecimalText(required=True),
                "marketUnit": one_of("baseCoin", "quoteCoin"),
                "price": DecimalText(),
                "triggerPrice": DecimalText(),
                "triggerDirection": WholeOneOf(frozenset([1, 2])),
                "triggerBy": one_of("LastPrice", "MarkPrice", "IndexPrice"),
                "timeInForce": one_of("GTC", "IOC", "FOK", "PostOnly"),
                "reduceOnly": Flag(),
                "orderFilter": _STOP_FILTER,
                "position_idx": WholeOneOf(frozenset([0])),
            },
            Encoding.JSON,
            read=_read_order,
        ),
        Route(
            _API,
            "POST",
            "v5/order/cancel",
            Kind.CANCEL,
            {
                "symbol": Symbol(required=True),
                "category": _CATEGORY,
                "orderId": Identifier(required=True),
                "orderFilter": _STOP_FILTER,
                "stop": Flag(),
            },
            Encoding.JSON,
        ),
        *_FUTURES,
    ),
)
