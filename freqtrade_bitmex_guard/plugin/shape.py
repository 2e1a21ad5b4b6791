"""The check that freqtrade's internals are those the guard was written for."""

from __future__ import annotations

from typing import NoReturn

from freqtrade_bitmex_guard.model.findings import fail


def fail_unsupported(
    what: str = "The internals of the installed freqtrade have changed, so the guard cannot be placed.",
) -> NoReturn:
    """End the check: freqtrade is not as this was written for.

    Args:
        what: is not, as a whole sentence.

    Raises:
        GuardError: always.
    """
    fail(
        "freqtrade-unsupported",
        what,
        "Install a freqtrade that this version of the guard supports (2026.8 or later; 2026.9 is the newest it was "
        "tested with), or reinstall the guard from a newer checkout.",
    )
