"""The agent's own market data: which markets there are, and what they cost. Nothing of it comes from the bot."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from freqtrade_bitmex_guard.agent.refusal import Kind, RefusedError
from freqtrade_bitmex_guard.agent.table import Market, Order, RouteTable

_PRICE_SECONDS = 10.0
_RELOAD_SECONDS = 86_400.0
_RELOAD_FOR_UNKNOWN_SECONDS = 600.0


class MarketData:
    """Markets and prices of one exchange.

    Attributes:
        markets: all markets that bots trade, by the exchange's id.
    """

    def __init__(
        self, client: Any, table: RouteTable, pairs: Sequence[str], trading_mode: str, stake_currency: str
    ) -> None:
        """Keep the arguments; nothing is asked yet.

        Args:
            client: a ccxt client without credentials.
            table: of the exchange.
            pairs: patterns of the pairs that the bot may trade.
            trading_mode: freqtrade's.
            stake_currency: in which values are counted.
        """
        self.markets: dict[str, Market] = {}
        self._client = client
        self._table = table
        self._patterns = [pattern_of(pair) for pair in pairs]
        self._mode = trading_mode
        self._stake = stake_currency
        self._lock = threading.Lock()
        self._loaded = float("-inf")
        self._prices: dict[str, tuple[float, tuple[Decimal, Decimal]]] = {}

    def load(self) -> None:
        """Read the exchange's list of markets.

        Raises:
            Exception: whatever ccxt raises; then the markets are as they were.
        """
        with self._lock:
            listed = self._client.fetch_markets()
            markets = [market for market in map(self._table.read_market, listed) if market is not None]
            # Where an id is one of several modes, it is the bot's own: of two equal ones the last counts.
            self.markets = {market.id: market for market in sorted(markets, key=lambda one: one.mode == self._mode)}
            # Only these are ever asked for a price; thousands of others would fill the memory.
            quotes = {market.quote for market in markets if self.is_allowed(market)}
            kept = {market.id for market in markets if self.is_allowed(market) or self._converts(market, quotes)}
            self._client.set_markets([market for market in listed if market["id"] in kept])
            self._loaded = time.monotonic()

    def refresh(self, asked: object = None) -> None:
        """Read the list again if it is old, or if something that is not in it was asked for; failures change nothing.

        Args:
            asked: the id of a market, as the bot wrote it.
        """
        age = time.monotonic() - self._loaded
        is_unknown = isinstance(asked, str) and asked not in self.markets
        if age > _RELOAD_SECONDS or (is_unknown and age > _RELOAD_FOR_UNKNOWN_SECONDS):
            self._loaded = time.monotonic()
            try:
                self.load()
            except Exception:
                return

    def is_allowed(self, market: Market) -> bool:
        """Return whether the bot may trade there."""
        return market.mode == self._mode and any(pattern.fullmatch(market.symbol) for pattern in self._patterns)

    def value_of(self, order: Order) -> Decimal | None:
        """Return what an order is worth in the stake currency, at the worse of its prices and the market's.

        Returns:
            None if the exchange's unit or a price in the stake currency is not known.

        Raises:
            RefusedError: if the exchange did not report a price.
        """
        market = order.market
        if market.unit is None and order.cost is None:
            return None
        prices = self._price(market)
        if order.cost is not None:
            in_quote = order.cost
        elif order.quantity is None or market.unit is None:
            return None
        elif market.is_inverse:
            in_quote = order.quantity * market.unit
        else:
            in_quote = order.quantity * market.unit * max((*order.prices, prices[1]))
        rate = self._rate_to_stake(market, prices)
        return None if rate is None else in_quote * rate

    def _rate_to_stake(self, market: Market, prices: tuple[Decimal, Decimal]) -> Decimal | None:
        if market.quote == self._stake:
            return Decimal(1)
        if market.base == self._stake:
            return 1 / prices[0]
        for other in self.markets.values():
            if (other.base, other.quote) == (market.quote, self._stake):
                return self._price(other)[1]
            if (other.base, other.quote) == (self._stake, market.quote):
                return 1 / self._price(other)[0]
        return None

    def _converts(self, market: Market, quotes: set[str]) -> bool:
        return (market.base == self._stake and market.quote in quotes) or (
            market.quote == self._stake and market.base in quotes
        )

    def _price(self, market: Market) -> tuple[Decimal, Decimal]:
        """Return the lowest and the highest of the prices that the exchange reports, at most ten seconds old."""
        with self._lock:
            known = self._prices.get(market.id)
            if known is not None and time.monotonic() - known[0] < _PRICE_SECONDS:
                return known[1]
            prices = _prices_of(lambda: self._client.fetch_ticker(market.symbol))
            self._prices[market.id] = (time.monotonic(), prices)
            return prices


def _prices_of(fetch: Callable[[], Mapping[str, Any]]) -> tuple[Decimal, Decimal]:
    try:
        ticker = fetch()
        reported = [ticker.get(name) for name in ("bid", "ask", "last")]
        numbers = [Decimal(str(price)) for price in reported if price is not None]
    except Exception:
        numbers = []
    if not numbers or not all(number.is_finite() and number > 0 for number in numbers):
        raise RefusedError("price", "the exchange reports no price now, so no value can be kept", Kind.ORDER) from None
    return min(numbers), max(numbers)


def pattern_of(pair: str) -> re.Pattern[str]:
    """Return what matches a pair of the config; * is one currency."""
    return re.compile("".join("[^/:]+" if char == "*" else re.escape(char) for char in pair))
