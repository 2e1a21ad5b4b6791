"""The command line; one command, one file."""

from freqtrade_bitmex_guard.cli.dispatch import main

__all__ = ["main"]
