"""What ccxt can be made to ask for by freqtrade's calls: by reading its class, and by running it."""

from __future__ import annotations

import ast
import contextlib
import inspect
from collections.abc import Iterator
from typing import Any

from freqtrade_bitmex_guard.agent.routes import get_table
from freqtrade_bitmex_guard.agent.table import RouteTable

RouteName = tuple[tuple[str, ...], str, str]

# Every call of `_api` and `_api_async` in freqtrade/exchange/.
UNIFIED = [
    "load_markets",
    "fetch_time",
    "fetch_balance",
    "create_order",
    "cancel_order",
    "fetch_order",
    "fetch_orders",
    "fetch_open_order",
    "fetch_open_orders",
    "fetch_closed_order",
    "fetch_closed_orders",
    "fetch_canceled_orders",
    "fetch_my_trades",
    "fetch_positions",
    "fetch_ticker",
    "fetch_tickers",
    "fetch_l2_order_book",
    "fetch_ohlcv",
    "fetch_trades",
    "fetch_trading_fees",
    "fetch_funding_history",
    "fetch_leverage_tiers",
    "fetch_market_leverage_tiers",
    "set_leverage",
    "set_margin_mode",
    "set_position_mode",
    "is_unified_enabled",
    "fetch_accounts",
]


# Implicit calls that freqtrade makes itself.
DIRECT = {
    (("sapi",), "GET", "spot/delist-schedule"),
    (("fapiPrivate",), "GET", "positionSide/dual"),
    (("fapiPrivate",), "GET", "multiAssetsMargin"),
}
# What freqtrade adds to an order on futures, and how it names a stop-loss there.
FUTURES_ORDER = {"bybit": {"position_idx": 0}}
STOPS = {
    "binance": ("stop", "stop_market", {"stopPrice": 70_000, "reduceOnly": True}),
    "bybit": ("limit", "market", {"stopLossPrice": 70_000, "reduceOnly": True, "method": "privatePostV5OrderCreate"}),
}
SET_MARGIN_MODE = {"bybit": {"leverage": 3.0}}


def entries(kind: type) -> dict[str, RouteName]:
    """Return ccxt's table of calls by the name of each method."""
    table: dict[str, RouteName] = {}
    for ancestor in reversed(kind.__mro__):
        for name, entry in vars(ancestor).items():
            api = getattr(entry, "api", None)
            if isinstance(api, str | list):
                words = (api,) if isinstance(api, str) else tuple(api)
                table[name] = (words, entry.method, entry.path)
    return table


def reachable(kind: type) -> set[RouteName]:
    """Return every call that ccxt's class can make for a unified call of freqtrade."""
    table = entries(kind)
    seen: set[str] = set()
    todo = list(UNIFIED)
    while todo:
        name = todo.pop()
        function = getattr(kind, name, None)
        if name in seen or name in table or not inspect.isfunction(function):
            continue
        seen.add(name)
        tree = ast.parse("if True:\n" + inspect.getsource(function))
        todo += [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_own(node)]
        seen |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in table}
    return {table[name] for name in seen if name in table} | DIRECT


def _is_own(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name | ast.Call)


def recorded(client: Any, table: RouteTable, symbol: str, mode: str) -> Iterator[tuple[RouteName, dict[str, Any]]]:
    """Run freqtrade's calls against a transport that answers nothing, and yield what would have been signed."""
    calls: list[tuple[RouteName, dict[str, Any]]] = []
    apis = {route.api for route in table.routes}

    def fetch2(path: str, api: Any = "public", method: str = "GET", params: Any = None, *_: Any, **__: Any) -> Any:
        words = (api,) if isinstance(api, str) else tuple(api)
        if words in apis:
            calls.append(((words, method, path), dict(params or {})))
        return {}

    client.fetch2 = fetch2
    now = 1_790_000_000_000
    attempts: list[tuple[str, tuple[Any, ...]]] = [
        ("fetch_balance", ()),
        ("create_order", (symbol, "limit", "buy", 1_000, 77_000, {"timeInForce": "GTC"})),
        ("create_order", (symbol, "limit", "sell", 1_000, 77_000, {})),
        ("create_order", (symbol, "market", "sell", 1_000, None, {})),
        ("cancel_order", ("made-up-id", symbol, {})),
        ("fetch_order", ("made-up-id", symbol, {})),
        ("fetch_open_orders", (symbol, now)),
        ("fetch_closed_orders", (symbol, now)),
        ("fetch_orders", (symbol, now)),
        ("fetch_my_trades", (symbol, now)),
    ]
    if mode == "futures":
        more = FUTURES_ORDER.get(client.id, {})
        attempts += [
            ("create_order", (symbol, "limit", "sell", 1_000, 77_000, {"reduceOnly": True, **more})),
            ("create_order", (symbol, "limit", "buy", 1_000, 77_000, {"timeInForce": "PO", **more})),
            ("fetch_positions", ()),
            ("fetch_positions", ([symbol],)),
            ("set_leverage", (3, symbol)),
            ("set_margin_mode", ("isolated", symbol, SET_MARGIN_MODE.get(client.id, {}))),
        ]
    if mode == "futures" and client.id in STOPS:
        limit, market, params = STOPS[client.id]
        attempts += [
            ("create_order", (symbol, limit, "sell", 1_000, 69_000, params)),
            ("create_order", (symbol, market, "sell", 1_000, None, params)),
            *[(name, ("made-up-id", symbol, {"stop": True})) for name in ("fetch_order", "cancel_order")],
            *[(f"fetch_{kind}_orders", (symbol, None, None, {"stop": True})) for kind in ("open", "closed")],
            ("fetch_funding_history", (symbol, now)),
        ]
    if client.id == "bybit":
        attempts.append(("is_unified_enabled", ()))
    if client.id == "bybit" and mode == "futures":
        attempts.append(("set_position_mode", (False,)))
    for name, arguments in attempts:
        # An empty answer is no order; what counts was recorded before.
        with contextlib.suppress(Exception):
            getattr(client, name)(*arguments)
    yield from calls


def table_of(exchange: str, mode: str = "spot") -> RouteTable:
    """Return an exchange's table."""
    return get_table(exchange, mode, "carry")
