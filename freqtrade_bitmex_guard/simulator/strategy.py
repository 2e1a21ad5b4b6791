"""A strategy that never trades: the demo is about what happens before."""

from typing import Any, ClassVar

from freqtrade.strategy import IStrategy
from pandas import DataFrame


class NeverTrades(IStrategy):
    """Looks at the market and does nothing."""

    timeframe = "5m"
    stoploss = -0.1
    minimal_roi: ClassVar = {"0": 1}
    startup_candle_count = 1

    def populate_indicators(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Adds none."""
        return dataframe

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Finds no entry."""
        dataframe["enter_long"] = 0
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Finds no exit."""
        dataframe["exit_long"] = 0
        return dataframe
