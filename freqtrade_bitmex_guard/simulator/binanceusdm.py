"""Binance's USD-margined futures under the ccxt id of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from freqtrade_bitmex_guard.simulator.binance import SimulatedBinance


class SimulatedBinanceUSDM(SimulatedBinance):
    """Binance, futures only."""

    exchange_id = "binanceusdm"
    pairs: ClassVar[Mapping[str, str]] = {"futures": "BTC/USDT:USDT"}


SIMULATOR = SimulatedBinanceUSDM
