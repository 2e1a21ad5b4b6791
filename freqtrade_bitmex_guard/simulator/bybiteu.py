"""Bybit EU on loopback: freqtrade trades only spot there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from freqtrade_bitmex_guard.simulator.bybit import SimulatedBybit


class SimulatedBybitEU(SimulatedBybit):
    """Bybit, spot only."""

    exchange_id = "bybiteu"
    pairs: ClassVar[Mapping[str, str]] = {"spot": "BTC/USDT"}


SIMULATOR = SimulatedBybitEU
