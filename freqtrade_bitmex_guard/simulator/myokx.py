"""OKX in the European Economic Area, on loopback: freqtrade trades only spot there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from freqtrade_bitmex_guard.simulator.okx import SimulatedOKX


class SimulatedMyOKX(SimulatedOKX):
    """OKX, spot only."""

    exchange_id = "myokx"
    pairs: ClassVar[Mapping[str, str]] = {"spot": "BTC/USDT"}


SIMULATOR = SimulatedMyOKX
