"""The exchanges that the guard knows."""

from __future__ import annotations

import importlib
import pkgutil

from freqtrade_bitmex_guard.findings import stop
from freqtrade_bitmex_guard.redaction import harmless
from freqtrade_bitmex_guard.venues.interface import Venue


def known() -> list[str]:
    """The ccxt ids of the exchanges that the guard knows: one file in this folder each."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "interface")


def find(name: object) -> Venue:
    """The exchange of a bot.

    Args:
        name: freqtrade's `exchange.name`, in any case, as freqtrade takes it.

    Raises:
        Stopped: misconfigured, if the guard does not know it and so could prove nothing.
    """
    exchange = name.lower() if isinstance(name, str) else ""
    if exchange not in known():
        stop(
            "exchange-unknown",
            f"The guard does not know the exchange {harmless(str(name))!r}, so it can prove nothing about its keys.",
            f"It knows: {', '.join(known())}. Take the api_key_guard section out to run unguarded.",
        )
    venue: Venue = importlib.import_module(f"{__name__}.{exchange}").VENUE
    return venue
