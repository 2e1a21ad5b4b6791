"""An oracle for BitMEX's table, written apart from it: what a bot with one pair and no limits may ask for on spot."""

from __future__ import annotations

import random
import re
from typing import Any

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
TIME = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z")
IDS = {"XBT_USDT", "XBTUSDT", "XBTUSD"}
TIME_IN_FORCE = {"GoodTillCancel", "ImmediateOrCancel", "FillOrKill", "GTC", "IOC", "FOK", "PO"}
EXEC_INST = {"ReduceOnly", "ParticipateDoNotInitiate", "ReduceOnly,ParticipateDoNotInitiate"}


def text(value: Any, pattern: re.Pattern[str]) -> bool:
    return type(value) is str and value.isascii() and pattern.fullmatch(value) is not None


def positive(value: Any) -> bool:
    return type(value) in (int, float) and 0 < value <= 1e15


def filters(value: Any) -> bool:
    return value == '{"open":true}' or (
        type(value) is str
        and value.startswith('{"orderID":"')
        and value.endswith('"}')
        and text(value[len('{"orderID":"') : -2], ID)
    )


def allows(api: tuple[str, ...], verb: str, path: str, params: dict[str, Any]) -> bool:
    """Return whether a call may be let through."""
    if api != ("private",):
        return False
    if (verb, path) == ("GET", "user/margin"):
        return params == {"currency": "all"}
    if (verb, path) == ("DELETE", "order"):
        return set(params) == {"orderID"} and text(params["orderID"], ID)
    checks = {
        "symbol": lambda value: type(value) is str and value in IDS,
        "startTime": lambda value: text(value, TIME),
        "count": lambda value: type(value) is int and 1 <= value <= 1000,
    }
    if (verb, path) == ("GET", "order"):
        checks["filter"] = filters
        return all(name in checks and checks[name](value) for name, value in params.items())
    if (verb, path) == ("GET", "execution/tradeHistory"):
        return "symbol" in params and all(name in checks and checks[name](value) for name, value in params.items())
    return (verb, path) == ("POST", "order") and _is_order(params)


def _is_order(params: dict[str, Any]) -> bool:
    known = {"symbol", "side", "orderQty", "ordType", "price", "stopPx", "text", "timeInForce", "clOrdID", "execInst"}
    if not {"symbol", "side", "orderQty", "ordType"} <= set(params) <= known:
        return False
    if any(type(params[name]) is list or type(params[name]) is dict for name in params):
        return False
    prices = {"Limit": {"price"}, "Market": set(), "Stop": {"stopPx"}, "StopLimit": {"price", "stopPx"}}
    return (
        params["symbol"] == "XBT_USDT"
        and params["side"] in ("Buy", "Sell")
        and type(params["orderQty"]) is int
        and positive(params["orderQty"])
        and params["ordType"] in prices
        and {"price", "stopPx"} & set(params) == prices[params["ordType"]]
        and all(positive(params[name]) for name in ("price", "stopPx") if name in params)
        and params.get("text", "CCXT") == "CCXT"
        and params.get("timeInForce", "GTC") in TIME_IN_FORCE
        and params.get("execInst", "ReduceOnly") in EXEC_INST
        and ("clOrdID" not in params or text(params["clOrdID"], ID))
    )


HONEST: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "user/margin", {"currency": "all"}),
    ("GET", "order", {"symbol": "XBT_USDT", "filter": '{"open":true}'}),
    ("GET", "order", {"filter": '{"orderID":"abc-1"}', "startTime": "2026-11-26T00:00:00.000Z", "count": 5}),
    ("GET", "execution/tradeHistory", {"symbol": "XBT_USDT", "startTime": "2026-11-26T00:00:00.000Z"}),
    ("DELETE", "order", {"orderID": "abc-1"}),
    ("POST", "order", {"symbol": "XBT_USDT", "side": "Buy", "orderQty": 1000, "ordType": "Limit", "price": 77000.5}),
    ("POST", "order", {"symbol": "XBT_USDT", "side": "Sell", "orderQty": 1000, "ordType": "Market", "text": "CCXT"}),
    (
        "POST",
        "order",
        {"symbol": "XBT_USDT", "side": "Sell", "orderQty": 1, "ordType": "StopLimit", "price": 1, "stopPx": 2},
    ),
    (
        "POST",
        "order",
        {"symbol": "XBT_USDT", "side": "Buy", "orderQty": 9, "ordType": "Limit", "price": 1, "clOrdID": "a"},
    ),
]
ODD: list[Any] = [
    None, True, False, 0, 1, -1, 1.5, 1e15, 1e16, "", "1", "Buy", "Sell", "Limit", "XBT_USDT", "XBTUSDT", "xbt_usdt",
    "XBT_USDT&a=b", "..", "a/b", "é", "١", "all", "CCXT", "GTC", "ReduceOnly", "a" * 64, "a" * 65, [], ["XBT_USDT"], {},
    {"a": 1}, '{"open":true}', '{"open":false}', '{"orderID":"a","open":true}', '{"orderID": "a"}', "2026-11-26",
    "2026-11-26T00:00:00.000Z", 1000, 1001, "GoodTillCancel", "Market", "Stop",
]  # fmt: skip
NAMES = [
    "symbol", "side", "orderQty", "ordType", "price", "stopPx", "text", "timeInForce", "clOrdID", "execInst", "orderID",
    "filter", "startTime", "count", "currency", "account", "targetAccountId", "_format", "recvWindow", "api-expires",
]  # fmt: skip
ROUTES = [(verb, path) for verb, path, _ in HONEST] + [
    ("PUT", "order"), ("POST", "user/requestWithdrawal"), ("GET", "apiKey"), ("DELETE", "order/all"),
    ("POST", "order/../user/requestWithdrawal"), ("POST", "position/leverage"), ("post", "order"), ("GET", "position"),
]  # fmt: skip


def messages(draw: random.Random, count: int) -> list[tuple[tuple[str, ...], str, str, dict[str, Any]]]:
    """Return random calls: honest ones with up to three things changed."""
    made: list[tuple[tuple[str, ...], str, str, dict[str, Any]]] = []
    for _ in range(count):
        verb, path, params = draw.choice(HONEST)
        params = dict(params)
        for _ in range(draw.choice([0, 0, 1, 1, 2, 3])):
            change = draw.randrange(4)
            if change == 0 and params:
                params[draw.choice(sorted(params))] = draw.choice(ODD)
            elif change == 1:
                params[draw.choice(NAMES)] = draw.choice(ODD)
            elif change == 2 and params:
                del params[draw.choice(sorted(params))]
            else:
                verb, path = draw.choice(ROUTES)
        made.append((draw.choice([("private",)] * 9 + [("public",)]), verb, path, params))
    return made
