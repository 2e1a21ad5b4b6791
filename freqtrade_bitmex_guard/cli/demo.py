"""`demo`: shows the guard at work on a simulated exchange."""

from __future__ import annotations

import argparse

EXAMPLES = ("demo", "demo --exchange kraken")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `demo`."""
    parser.add_argument(
        "--exchange",
        metavar="NAME",
        help="the exchange to simulate, by its ccxt id (default: one that the installed ccxt has)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the demo."""
    from freqtrade_bitmex_guard.demo.run import run_demo  # noqa: PLC0415 - nothing heavy before the command runs

    return run_demo(arguments.exchange)
