"""Enough of BitMEX's market data for freqtrade to reach RUNNING on BTC/USDT.

Instruments and assets are recordings (NOTICE names the source); the balance is made up.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.market import iso

_BIN_SECONDS = {"1m": 60, "5m": 300, "1h": 3600, "1d": 86400}


@cache
def _recorded(name: str) -> Any:
    return json.loads(files(__package__).joinpath("data", f"{name}.json").read_text(encoding="utf-8"))


def instruments(symbol: str | None = None, lot: float | None = None) -> list[dict[str, Any]]:
    """What is traded, or one of it, with another lot on spot if one is given."""
    return [
        {
            **instrument,
            "timestamp": iso(time.time()),
            **({"lotSize": lot} if lot and instrument["typ"] == "IFXXXP" else {}),
        }
        for instrument in _recorded("instruments")
        if symbol in (None, instrument["symbol"])
    ]


def assets() -> Any:
    """What can be held."""
    return _recorded("wallet_assets")


def margin(held: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
    """What the account holds, in the exchange's smallest units; by default 0.5 BTC and 100,000 USDT."""
    template = _recorded("user_margin")[0]
    held = held or {"XBt": 50_000_000, "USDt": 100_000_000_000}
    fields = ("amount", "walletBalance", "marginBalance", "excessMargin", "availableMargin", "withdrawableMargin")
    return [{**template, "currency": name, **dict.fromkeys(fields, amount)} for name, amount in held.items()]


def candles(symbol: str, size: str, count: int, start: str | None, *, newest_first: bool) -> list[dict[str, Any]]:
    """Return buckets of trades, named by the end of each, as BitMEX does.

    Args:
        symbol: of the instrument.
        size: 1m, 5m, 1h or 1d.
        count: number of buckets at most.
        start: ISO time of the first, or None for the newest ones.
        newest_first: their order.
    """
    step = _BIN_SECONDS.get(size, 300)
    since = datetime.fromisoformat(start).timestamp() - step if start else None
    closed = market.candles(step, count, since=since, until=time.time() - step)
    buckets = [_bucket(symbol, candle) for candle in closed]
    return buckets[::-1] if newest_first else buckets


def _bucket(symbol: str, candle: market.Candle) -> dict[str, Any]:
    return {
        "timestamp": iso(candle.end),
        "symbol": symbol,
        "open": candle.open,
        "high": candle.high,
        "low": candle.low,
        "close": candle.close,
        "trades": 100,
        "volume": 1_000_000,
        "vwap": (candle.open + candle.close) / 2,
        "lastSize": 1000,
        "turnover": 77_000_000_000,
        "homeNotional": 1.0,
        "foreignNotional": market.PRICE,
    }


def book(symbol: str, depth: int) -> list[dict[str, Any]]:
    """Return the order book, both sides."""
    levels = market.order_book(depth, market.PRICE)
    return [
        {
            "symbol": symbol,
            "id": number + (100 if side == "Buy" else 0),
            "side": side,
            "size": 1_000_000,
            "price": price,
            "timestamp": iso(time.time()),
        }
        for side, prices in (("Sell", levels.asks), ("Buy", levels.bids))
        for number, (price, _) in enumerate(prices, 1)
    ]
