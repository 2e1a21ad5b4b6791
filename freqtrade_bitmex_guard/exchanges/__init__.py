"""The exchanges that the guard knows."""

from __future__ import annotations

import importlib
import pkgutil

from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

# Names in freqtrade's configs that ccxt has under another id (freqtrade/exchange/common.py, MAP_EXCHANGE_CHILDCLASS).
FORMER_NAMES = {"gateio": "gate"}


def supported_ids() -> list[str]:
    """The ccxt ids of the exchanges that the guard knows: one file in this folder each."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "interface")


def get_adapter(name: object) -> ExchangeAdapter:
    """The exchange of a bot.

    Args:
        name: freqtrade's `exchange.name`, in any case, as freqtrade takes it.

    Raises:
        GuardError: misconfigured, if the guard does not know it and so could prove nothing.
    """
    exchange = name.lower() if isinstance(name, str) else ""
    exchange = FORMER_NAMES.get(exchange, exchange)
    if exchange not in supported_ids():
        fail(
            "exchange-unsupported",
            f"The guard does not know the exchange {sanitize(str(name))!r}, so it can prove nothing about its keys.",
            f"It knows: {', '.join(supported_ids())}. Take the api_key_guard section out to run unguarded.",
        )
    venue: ExchangeAdapter = importlib.import_module(f"{__name__}.{exchange}").ADAPTER
    return venue
