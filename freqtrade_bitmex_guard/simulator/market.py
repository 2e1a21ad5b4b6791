"""Enough market data for freqtrade to reach RUNNING on BTC/USDT.

Instruments and assets are recordings (NOTICE names the source); candles, book and balance are made up.
"""

from __future__ import annotations

import json
import math
import time
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

_BIN_SECONDS = {"1m": 60, "5m": 300, "1h": 3600, "1d": 86400}
_PRICE = 77_000.0
_MOST_CANDLES = 1000


@cache
def _recorded(name: str) -> Any:
    return json.loads(files(__package__).joinpath("data", f"{name}.json").read_text(encoding="utf-8"))


def instruments(symbol: str | None = None) -> list[dict[str, Any]]:
    """What is traded, or one of it."""
    return [
        {**instrument, "timestamp": iso(time.time())}
        for instrument in _recorded("instruments")
        if symbol in (None, instrument["symbol"])
    ]


def assets() -> Any:
    """What can be held."""
    return _recorded("wallet_assets")


def margin() -> list[dict[str, Any]]:
    """What the account holds: 0.5 BTC and 100,000 USDT, in the exchange's smallest units."""
    template = _recorded("user_margin")[0]
    held = {"XBt": 50_000_000, "USDt": 100_000_000_000}
    fields = ("amount", "walletBalance", "marginBalance", "excessMargin", "availableMargin", "withdrawableMargin")
    return [{**template, "currency": name, **dict.fromkeys(fields, amount)} for name, amount in held.items()]


def candles(symbol: str, size: str, count: int, start: str | None, *, newest_first: bool) -> list[dict[str, Any]]:
    """Buckets of trades, named by the end of each, as BitMEX does.

    Args:
        symbol: of the instrument.
        size: 1m, 5m, 1h or 1d.
        count: how many at most.
        start: ISO time of the first, or None for the newest ones.
        newest_first: their order.
    """
    step = _BIN_SECONDS.get(size, 300)
    last = int(time.time()) // step * step
    wanted = min(count, _MOST_CANDLES)
    first = last - (wanted - 1) * step
    if start:
        asked = datetime.fromisoformat(start).timestamp()
        first = max(math.ceil(asked / step) * step, last - 10_000 * step)
    ends = [end for end in range(first, first + wanted * step, step) if end <= last]
    made = [_candle(symbol, end, step) for end in ends]
    return made[::-1] if newest_first else made


def _candle(symbol: str, end: int, step: int) -> dict[str, Any]:
    opened, closed = _price(end - step), _price(end)
    return {
        "timestamp": iso(end),
        "symbol": symbol,
        "open": opened,
        "high": max(opened, closed) + 20,
        "low": min(opened, closed) - 20,
        "close": closed,
        "trades": 100,
        "volume": 1_000_000,
        "vwap": (opened + closed) / 2,
        "lastSize": 1000,
        "turnover": 77_000_000_000,
        "homeNotional": 1.0,
        "foreignNotional": _PRICE,
    }


def book(symbol: str, depth: int) -> list[dict[str, Any]]:
    """The order book, both sides."""
    levels = range(1, min(depth or 25, 25) + 1)
    return [
        {
            "symbol": symbol,
            "id": number + (100 if side == "Buy" else 0),
            "side": side,
            "size": 1_000_000,
            "price": _PRICE + sign * number * 0.5,
            "timestamp": iso(time.time()),
        }
        for side, sign in (("Sell", 1), ("Buy", -1))
        for number in levels
    ]


def _price(moment: int) -> float:
    return round(_PRICE + 500 * math.sin(moment / 7200), 1)


def iso(moment: float) -> str:
    """A moment, in Unix seconds, as BitMEX writes it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
