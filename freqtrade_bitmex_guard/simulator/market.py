"""A market that is made up but consistent: prices, candles and an order book, for every exchange to translate.

The price of a moment is always the same, so candles of different timeframes and requests fit together.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime

PRICE = 77_000.0
MAX_CANDLES = 1000
TIMEFRAME_SECONDS = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14_400, "1d": 86_400}
_OLDEST_CANDLES = 10_000
_SPREAD = 0.5


@dataclass(frozen=True)
class Candle:
    """One candle.

    Attributes:
        start: when it opens, in Unix seconds.
        end: when it closes.
        open: first price.
        high: highest price.
        low: lowest price.
        close: last price.
        volume: in coins.
    """

    start: int
    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float = 1.0

    @property
    def millis(self) -> int:
        """When it opens, in Unix milliseconds."""
        return self.start * 1000


@dataclass(frozen=True)
class OrderBook:
    """Both sides of an order book, the best price first.

    Attributes:
        bids: price and amount of each level.
        asks: likewise.
    """

    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]


def price(moment: float | None = None) -> float:
    """Return the price at a moment, by default now."""
    return round(PRICE + 500 * math.sin((time.time() if moment is None else moment) / 7200), 1)


def candles(step: int, count: int, *, since: float | None = None, until: float | None = None) -> list[Candle]:
    """Return candles, the oldest first.

    Args:
        step: length of one, in seconds.
        count: number of candles at most.
        since: the first one opens then or later; None asks for the newest ones.
        until: the last one opens then or earlier; None is now, so that the last one is not closed yet.
    """
    last = int(min(until or time.time(), time.time())) // step * step
    wanted = min(count, MAX_CANDLES)
    first = last - (wanted - 1) * step
    if since is not None:
        first = max(math.ceil(since / step) * step, last - _OLDEST_CANDLES * step)
    return [_candle(start, step) for start in range(first, min(first + wanted * step, last + 1), step)]


def _candle(start: int, step: int) -> Candle:
    opened, closed = price(start), price(start + step)
    return Candle(start, start + step, opened, max(opened, closed) + 20, min(opened, closed) - 20, closed)


def order_book(depth: int = 25, around: float | None = None) -> OrderBook:
    """Return the order book, by default around the price of now."""
    middle = price() if around is None else around
    levels = range(1, min(depth or 25, 25) + 1)
    bids, asks = ([(middle + sign * number * _SPREAD, 1.0) for number in levels] for sign in (-1, 1))
    return OrderBook(bids, asks)


def iso(moment: float) -> str:
    """Write a moment, in Unix seconds, as ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
