"""The exchanges that the guard knows."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil

from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

ENTRY_POINTS = "freqtrade_bitmex_guard.exchanges"
"""The group of entry points by which another package brings an exchange, named like its ccxt id."""


def supported_ids() -> list[str]:
    """Return the ccxt ids of the exchanges in this folder: one file each."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "interface")


def get_adapter(name: object) -> ExchangeAdapter:
    """Return the adapter of a bot's exchange; one of another package never takes the place of one in this folder.

    Args:
        name: freqtrade's `exchange.name`, in any case, as freqtrade takes it.

    Raises:
        GuardError: misconfigured, if the guard does not know it and so could prove nothing.
    """
    exchange = name.lower() if isinstance(name, str) else ""
    if exchange not in supported_ids():
        for entry in importlib.metadata.entry_points(group=ENTRY_POINTS, name=exchange):
            foreign: ExchangeAdapter = entry.load()
            return foreign
        fail(
            "exchange-unsupported",
            f"The guard does not know the exchange {sanitize(str(name))!r}, so it can prove nothing about its keys.",
            f"It knows: {', '.join(supported_ids())}. Take the api_key_guard section out to run unguarded.",
        )
    adapter: ExchangeAdapter = importlib.import_module(f"{__name__}.{exchange}").ADAPTER
    return adapter
