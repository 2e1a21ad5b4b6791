"""Kraken, spot: 7 of its 50 private calls. Every private call is a POST, so the verb says nothing about reading.

Left out though they only trade: EditOrder and AmendOrder (a size past its count), AddOrderBatch, CancelAll,
CancelOrderBatch, and CancelAllOrdersAfter (a timer that removes stop-losses later).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from freqtrade_bitmex_guard.agent.parameters import DecimalText, Flag, Identifier, Parameter, Seconds, Symbol, one_of
from freqtrade_bitmex_guard.agent.refusal import Kind, RefusedError
from freqtrade_bitmex_guard.agent.table import Encoding, Market, Order, Route, RouteTable

_TYPES = {"limit": "limit", "market": "market", "stop-loss": "stop-market", "stop-loss-limit": "stop-limit"}
_PRICES = {"limit": {"price"}, "market": set(), "stop-loss": {"price"}, "stop-loss-limit": {"price", "price2"}}


def _read_order(params: Mapping[str, Any], markets: Mapping[str, Market]) -> Order:
    prices: set[str] = _PRICES[params["ordertype"]]
    if {"price", "price2"} & params.keys() != prices:
        raise RefusedError("parameters", "the prices are not those of the order's type", Kind.ORDER)
    is_buy = params["type"] == "buy"
    return Order(
        market=markets[params["pair"]],
        type=_TYPES[params["ordertype"]],
        quantity=Decimal(params["volume"]),
        prices=tuple(Decimal(params[name]) for name in sorted(prices)),
        is_buy=is_buy,
        reduces=not is_buy,  # without `leverage`, which no order may have, a sale sells what is there
    )


def _read_market(market: Mapping[str, Any]) -> Market | None:
    if market["type"] != "spot" or market.get("darkpool"):
        return None
    return Market(market["id"], market["symbol"], market["base"], market["quote"], "spot", Decimal(1))


def _read(path: str, params: Mapping[str, Parameter]) -> Route:
    return Route(("private",), "POST", path, Kind.READ, params, Encoding.FORM, modes=("spot",))


TABLE = RouteTable(
    exchange="kraken",
    prefix="/0/private/",
    headers=frozenset(["content-type", "api-key", "api-sign"]),
    added=frozenset(["nonce"]),
    read_market=_read_market,
    signature_covers_all=True,
    routes=(
        _read("BalanceEx", {}),
        _read("OpenOrders", {"start": Seconds()}),
        _read("ClosedOrders", {"start": Seconds()}),
        _read("QueryOrders", {"txid": Identifier(required=True), "trades": Flag()}),
        _read("TradesHistory", {"start": Seconds()}),
        Route(
            ("private",),
            "POST",
            "AddOrder",
            Kind.ORDER,
            {
                "pair": Symbol(required=True),
                "type": one_of("buy", "sell", required=True),
                "ordertype": one_of(*_TYPES, required=True),
                "volume": DecimalText(required=True),
                "price": DecimalText(),
                "price2": DecimalText(),
                "timeinforce": one_of("GTC", "IOC"),
                "oflags": one_of("post"),
                "cl_ord_id": Identifier(),
                "trading_agreement": one_of("agree"),
            },
            Encoding.FORM,
            modes=("spot",),
            read=_read_order,
        ),
        Route(
            ("private",),
            "POST",
            "CancelOrder",
            Kind.CANCEL,
            {"txid": Identifier(required=True)},
            Encoding.FORM,
            modes=("spot",),
        ),
    ),
)
