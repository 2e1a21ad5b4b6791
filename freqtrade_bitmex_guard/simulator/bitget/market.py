"""The made-up market and balances in Bitget's shapes; numbers are texts there."""

from __future__ import annotations

import re
import time
from typing import Any

from freqtrade_bitmex_guard.simulator import market

SETTINGS = {
    "uid": "123456789",
    "accountMode": "unified",
    "assetMode": "multi_assets",
    "accountLevel": "basic",
    "holdMode": "one_way_mode",
    "stpMode": "none",
    "symbolConfigList": [],
    "coinConfigList": [],
}
_COINS = {"BTC": "0.5", "USDT": "100000"}
_UNIT_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_NAMES = {"symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT"}
_FEES = {"makerFeeRate": "0.0002", "takerFeeRate": "0.0006"}


def coins() -> list[dict[str, Any]]:
    """Return what can be held."""
    return [
        {"coin": coin, "chains": [{"chain": coin, "withdrawable": "true", "rechargeable": "true"}]} for coin in _COINS
    ]


def symbol() -> dict[str, Any]:
    """Return the pair of the spot market."""
    amounts = {"minTradeAmount": "0", "maxTradeAmount": "10000000000", "minTradeUSDT": "1"}
    precision = {"pricePrecision": "2", "quantityPrecision": "6", "quotePrecision": "8"}
    return {**_NAMES, **_FEES, **amounts, **precision, "status": "online"}


def contracts(query: dict[str, str]) -> list[dict[str, Any]]:
    """Return the futures of a product type; only the one that is settled in USDT is traded."""
    if query.get("productType") != "USDT-FUTURES":
        return []
    steps = {"priceEndStep": "1", "volumePlace": "4", "pricePlace": "1", "sizeMultiplier": "0.0001"}
    limits = {"minTradeNum": "0.0001", "minTradeUSDT": "5", "minLever": "1", "maxLever": "125"}
    state = {"symbolType": "perpetual", "symbolStatus": "normal", "limitOpenTime": "-1", "fundInterval": "8"}
    return [{**_NAMES, **_FEES, "supportMarginCoins": ["USDT"], **steps, **limits, **state}]


def instruments(query: dict[str, str]) -> list[dict[str, Any]]:
    """Return what a unified account trades in a category."""
    category = query.get("category")
    precision = {"pricePrecision": "1", "quantityPrecision": "4", "minOrderQty": "0.0001", "minOrderAmount": "5"}
    spot = {**_NAMES, **_FEES, **precision, "category": category, "maxOrderQty": "0", "status": "online"}
    futures = {**spot, "type": "perpetual", "minLeverage": "1", "maxLeverage": "125", "limitOpenTime": "-1"}
    return {"SPOT": [spot], "USDT-FUTURES": [futures]}.get(category or "", [])


def tiers() -> list[dict[str, str]]:
    """Return the leverage that a size of a position allows."""
    sizes = {"level": "1", "startUnit": "0", "endUnit": "150000"}
    return [{"symbol": "BTCUSDT", **sizes, "leverage": "125", "keepMarginRate": "0.004"}]


def unified_tiers() -> list[dict[str, str]]:
    """Return the same in the words of a unified account."""
    return [{"tier": "1", "minTierValue": "0", "maxTierValue": "150000", "leverage": "125", "mmr": "0.004"}]


def order_book(query: dict[str, str]) -> dict[str, Any]:
    """Return both sides."""
    book = market.order_book(int(query.get("limit", "25")))
    sides = {"asks": book.asks, "bids": book.bids}
    levels = {side: [[str(price), str(size)] for price, size in side_levels] for side, side_levels in sides.items()}
    return {**levels, "ts": str(int(time.time() * 1000))}


def unified_order_book(query: dict[str, str]) -> dict[str, Any]:
    """Return both sides in the words of a unified account."""
    book = order_book(query)
    return {"a": book["asks"], "b": book["bids"], "ts": book["ts"]}


def candles(query: dict[str, str], width: int) -> list[list[str]]:
    """Return candles, the oldest first.

    Args:
        query: with granularity or interval, such as 5min, 1H and 1Dutc, and with times in milliseconds.
        width: number of texts in each.
    """
    found = re.match(r"(\d+)([a-z])", query.get("granularity", query.get("interval", "1m")).lower())
    step = int(found[1]) * _UNIT_SECONDS.get(found[2], 60) if found else 60
    since, until = (int(query[name]) / 1000 if name in query else None for name in ("startTime", "endTime"))
    rows = market.candles(step, int(query.get("limit", "100")), since=since, until=until)
    return [[str(value) for value in _row(candle)][:width] for candle in rows]


def _row(candle: market.Candle) -> list[float]:
    turnover = candle.volume * candle.close
    return [candle.millis, candle.open, candle.high, candle.low, candle.close, candle.volume, turnover, turnover]


def spot_assets() -> list[dict[str, str]]:
    """Return what the spot account holds."""
    return [{"coin": coin, "available": held, "frozen": "0", "locked": "0"} for coin, held in _COINS.items()]


def futures_accounts() -> list[dict[str, str]]:
    """Return what the futures account holds."""
    held = _COINS["USDT"]
    amounts = dict.fromkeys(("available", "maxTransferOut", "accountEquity", "usdtEquity"), held)
    return [{"marginCoin": "USDT", "locked": "0", **amounts, "unrealizedPL": "0"}]


def unified_assets() -> list[dict[str, str]]:
    """Return what a unified account holds."""
    return [
        {"coin": coin, **dict.fromkeys(("equity", "balance", "available"), held), "locked": "0", "debt": "0"}
        for coin, held in _COINS.items()
    ]
