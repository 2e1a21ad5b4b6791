"""Binance's futures under the ccxt id of their own."""

from __future__ import annotations

from dataclasses import replace

from freqtrade_bitmex_guard.exchanges import binance


class BinanceUSDM(binance.Binance):
    """Binance; only the id differs."""

    profile = replace(binance.PROFILE, id="binanceusdm")


ADAPTER = BinanceUSDM()
