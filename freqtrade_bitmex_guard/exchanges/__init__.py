"""The exchanges that the guard supports, one module each."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil

from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

# Names in freqtrade's configs that ccxt has under another id (freqtrade/exchange/common.py, MAP_EXCHANGE_CHILDCLASS).
FORMER_NAMES = {"gateio": "gate"}

ENTRY_POINTS = "freqtrade_bitmex_guard.exchanges"
"""The group of entry points by which another package brings an exchange, named like its ccxt id."""


def supported_ids() -> list[str]:
    """Return the ccxt ids of the exchanges in this folder: one file each."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "interface")


def get_adapter(name: object) -> ExchangeAdapter:
    """Return the adapter of a bot's exchange; one of another package never takes the place of one in this folder.

    Args:
        name: freqtrade's `exchange.name`; freqtrade ignores its case.

    Raises:
        GuardError: misconfigured, if the guard does not support it.
    """
    exchange = name.lower() if isinstance(name, str) else ""
    exchange = FORMER_NAMES.get(exchange, exchange)
    if exchange not in supported_ids():
        for entry in importlib.metadata.entry_points(group=ENTRY_POINTS, name=exchange):
            foreign: ExchangeAdapter = entry.load()
            return foreign
        fail(
            "exchange-unsupported",
            f"The guard does not support the exchange {sanitize(str(name))!r}, so its keys cannot be verified.",
            f"Supported: {', '.join(supported_ids())}. To run unguarded, remove the api_key_guard section.",
        )
    adapter: ExchangeAdapter = importlib.import_module(f"{__name__}.{exchange}").ADAPTER
    return adapter
