"""The exchanges that the guard supports, one module each."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TypeGuard

from freqtrade_bitmex_guard.exchanges.interface import ExchangeAdapter
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.util.entry_points import EntryPointError, entry_point_names, load_entry_point

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
        return _foreign_adapter(exchange, str(name))
    adapter: ExchangeAdapter = importlib.import_module(f"{__name__}.{exchange}").ADAPTER
    return adapter


def _foreign_adapter(exchange: str, written: str) -> ExchangeAdapter:
    problem = "its package brings no adapter for it"
    try:
        adapter = load_entry_point(ENTRY_POINTS, exchange)
    except EntryPointError as end:
        adapter, problem = end, str(end)
    if adapter is None:
        supported = ", ".join([*supported_ids(), *map(sanitize, entry_point_names(ENTRY_POINTS))])
        fail(
            "exchange-unsupported",
            f"The guard does not support the exchange {sanitize(written)!r}, so its keys cannot be verified.",
            f"Supported: {supported}. To run unguarded, remove the api_key_guard section.",
        )
    # Derived from ours, so that each question has an answer, and for no other exchange than the one that is asked for.
    if not _is_adapter(adapter) or adapter.profile.id != exchange:
        fail(
            "exchange-unsupported",
            f"The exchange {sanitize(written)!r} of another package cannot be used: {problem}.",
            f"Repair or uninstall that package: its entry point is in the group {ENTRY_POINTS}.",
        )
    return adapter


def _is_adapter(thing: object) -> TypeGuard[ExchangeAdapter]:
    return ExchangeAdapter in type(thing).__mro__ and isinstance(getattr(thing, "profile", None), ExchangeProfile)
