"""OKX in the United States, on loopback: freqtrade trades only spot there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from freqtrade_bitmex_guard.simulator.okx import SimulatedOKX


class SimulatedOKXUS(SimulatedOKX):
    """OKX, spot only."""

    exchange_id = "okxus"
    pairs: ClassVar[Mapping[str, str]] = {"spot": "BTC/USDT"}


SIMULATOR = SimulatedOKXUS
