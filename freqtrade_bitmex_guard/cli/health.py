"""`health`: says whether a running bot's key was looked at in time, for the health check of a container."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLES = ("health", "health --user-data-dir /freqtrade/user_data")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `health`."""
    parser.add_argument(
        "--user-data-dir", metavar="DIR", type=Path, default=Path("user_data"), help="of the bot (default: user_data)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the health in one line.

    Returns:
        0 if the bot is healthy, else 1, as health checks want it.
    """
    from freqtrade_bitmex_guard.check import last_look  # noqa: PLC0415 - only where it was typed

    health = last_look.read(arguments.user_data_dir)
    print(f"{'HEALTHY' if health.healthy else 'UNHEALTHY'}: {health.message}.")
    return 0 if health.healthy else 1
