"""`demo`: shows the guard at work on a simulated exchange."""

from __future__ import annotations

import argparse

EXAMPLES = ("demo",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing; `demo` takes no options."""


def run(arguments: argparse.Namespace) -> int:  # noqa: ARG001
    """Run the demo."""
    from freqtrade_bitmex_guard.demo.run import run_demo  # noqa: PLC0415 - nothing heavy before the command runs

    return run_demo()
