"""The failure for a freqtrade whose internals are not those that the hooks were written for."""

from __future__ import annotations

from typing import NoReturn

from freqtrade_bitmex_guard.model.findings import fail


def fail_unsupported(
    message: str = "The internals of the installed freqtrade have changed, so the guard cannot be installed.",
) -> NoReturn:
    """End the check, because freqtrade does not have the shape that the hooks need.

    Args:
        message: what is different, as a whole sentence.

    Raises:
        GuardError: always.
    """
    fail(
        "freqtrade-unsupported",
        message,
        "Install a freqtrade that this version of the guard supports (2026.8 or later; 2026.9 is the newest it was "
        "tested with), or reinstall the guard from a newer checkout.",
    )
