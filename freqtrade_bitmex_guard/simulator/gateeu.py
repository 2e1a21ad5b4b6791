"""Gate EU on loopback: Gate with spot markets only, in currencies that the European Union licenses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from freqtrade_bitmex_guard.simulator.gate import SimulatedGate


class SimulatedGateEU(SimulatedGate):
    """Gate EU's /api/v4."""

    exchange_id = "gateeu"
    pairs: ClassVar[Mapping[str, str]] = {"spot": "BTC/USDC"}


SIMULATOR = SimulatedGateEU
