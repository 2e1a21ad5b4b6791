"""Simulated exchanges on loopback: `simulated(name)` finds one, `interface.py` says how to add one."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange

# The other modules of this folder are named after an exchange's ccxt id each.
_NO_EXCHANGE = frozenset(
    ("__main__", "asymmetric", "bot", "interface", "keys", "market", "request", "responses", "server", "strategy")
)


def simulated_ids() -> list[str]:
    """Return the ccxt ids of all simulated exchanges, in order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NO_EXCHANGE)


def simulated(name: str) -> type[SimulatedExchange[Any]]:
    """Return the class that simulates an exchange.

    Raises:
        KeyError: if there is none.
    """
    if name not in simulated_ids():
        raise KeyError(name)
    exchange: type[SimulatedExchange[Any]] = importlib.import_module(f"{__name__}.{name}").SIMULATOR
    return exchange
