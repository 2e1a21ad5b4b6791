"""The made-up market of all simulated exchanges: its candles fit together, its order book has two sides."""

from __future__ import annotations

import time

import pytest

from freqtrade_bitmex_guard.simulator import market


def test_candles_of_every_timeframe_fit_together() -> None:
    hour = market.candles(3600, 1, until=time.time() - 3600)[0]
    parts = market.candles(300, 12, since=hour.start)

    assert (parts[0].open, parts[-1].close) == (hour.open, hour.close)
    assert [part.start for part in parts] == list(range(hour.start, hour.end, 300))


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (500, 500), (5000, market.MAX_CANDLES)])
def test_the_newest_candles_end_with_the_one_of_now(count: int, expected: int) -> None:
    candles = market.candles(60, count)

    assert len(candles) == expected
    assert candles[-1].start <= time.time() < candles[-1].end + 5


def test_the_order_book_leaves_a_gap_between_its_sides() -> None:
    book = market.order_book(5)

    assert len(book.bids) == len(book.asks) == 5
    assert book.bids[-1] < book.bids[0] < book.asks[0] < book.asks[-1]
