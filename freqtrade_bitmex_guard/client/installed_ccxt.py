"""What the installed ccxt has: its version, its errors and the classes of its exchanges."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.util import lazy_packages


def exchange_class(profile: ExchangeProfile) -> Any:
    """Return the exchange's class in the installed ccxt.

    Raises:
        GuardError: misconfigured, with the version to install, if there is none.
    """
    if (single_class := lazy_packages.import_from("ccxt", profile.id)) is not None:
        return single_class
    import ccxt  # noqa: PLC0415 - half a second and 70 MB: only when a key is really checked

    kind = getattr(ccxt, profile.id, None)
    if profile.id not in ccxt.exchanges or kind is None:
        last = profile.last_ccxt
        fail(
            "ccxt-class-missing",
            f"The installed ccxt {ccxt.__version__} has no {profile.id}"
            + (f"; {last} was the last version that had it." if last else "."),
            # An exchange that ccxt dropped has an extra of its name; not from PyPI, where the name is nobody's.
            f"In the bot's own environment: pip install 'ccxt<={last}', or from a checkout of this project "
            f"its extra: pip install './freqtrade-bitmex-guard[{profile.id}]'"
            if last
            else "Install a ccxt that has it.",
        )
    return kind


def ccxt_errors() -> Any:
    """Return ccxt's module of errors, with which it and freqtrade know what went wrong."""
    from ccxt.base import errors  # noqa: PLC0415 - only for a bot behind an agent

    return errors


def ccxt_version() -> str:
    """Return the version of the installed ccxt."""
    return importlib.metadata.version("ccxt")
