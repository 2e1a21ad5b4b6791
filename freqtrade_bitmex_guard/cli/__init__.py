"""The command line."""

from freqtrade_bitmex_guard.cli.dispatch import main

__all__ = ["main"]
