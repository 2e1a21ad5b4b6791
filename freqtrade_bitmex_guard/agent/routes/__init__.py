"""The route tables, one module for each exchange, named by its ccxt id."""

from __future__ import annotations

import importlib
import pkgutil

from freqtrade_bitmex_guard.agent.table import RouteTable
from freqtrade_bitmex_guard.model.findings import fail


def supported_ids() -> list[str]:
    """Return the ccxt ids of the exchanges that have a table."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def get_table(exchange: str, trading_mode: str, mode: str) -> RouteTable:
    """Return the table of an exchange.

    Args:
        exchange: its ccxt id.
        trading_mode: freqtrade's.
        mode: `carry` or `sign`.

    Raises:
        GuardError: misconfigured, if there is none, or if it does not have the mode.
    """
    if exchange not in supported_ids():
        fail(
            "agent-unsupported",
            f"The signing agent has no route table for {exchange}, so it would let nothing through.",
            f"Exchanges with an agent: {', '.join(supported_ids())}. For others, use one of the other stores.",
        )
    table: RouteTable = importlib.import_module(f"{__name__}.{exchange}").TABLE
    if trading_mode not in table.modes:
        fail(
            "agent-unsupported",
            f"The signing agent has no routes for {trading_mode} on {exchange}.",
            f"Modes with an agent there: {', '.join(sorted(table.modes))}.",
        )
    if mode == "sign" and not table.signature_covers_all:
        fail(
            "agent-unsupported",
            f"A signature of {exchange} fits other requests than the one it was made for, so handing it out is not "
            "safe.",
            'Write "mode": "carry", or leave the line out.',
        )
    return table
