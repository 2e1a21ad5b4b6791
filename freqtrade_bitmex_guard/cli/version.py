"""`version`: shows the versions that matter for a report."""

from __future__ import annotations

import argparse
import platform
from importlib.metadata import PackageNotFoundError, version

from freqtrade_bitmex_guard import __version__

EXAMPLES = ("version",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing; `version` takes no options."""


def run(arguments: argparse.Namespace) -> int:  # noqa: ARG001
    """Print the versions, one a line."""
    print(f"freqtrade-bitmex-guard {__version__}")
    for package in ("freqtrade", "ccxt"):
        try:
            print(f"{package} {version(package)}")
        except PackageNotFoundError:
            print(f"{package} is not installed")
    print(f"Python {platform.python_version()}")
    return 0
