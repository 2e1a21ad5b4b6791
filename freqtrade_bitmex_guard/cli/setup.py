"""`setup`: walks from no key to a guarded bot, at a terminal."""

from __future__ import annotations

import argparse

from freqtrade_bitmex_guard.cli import no_echo
from freqtrade_bitmex_guard.cli.parser import accept_config_option

# ruff: noqa: PLC0415 - nothing heavy before the command runs
EXAMPLES = ("setup -c config.json",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `setup`."""
    accept_config_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the wizard."""
    with no_echo.disabled_echo():
        from freqtrade_bitmex_guard.cli.freqtrade_args import find_config_files
        from freqtrade_bitmex_guard.manage import commands

        return commands.run_setup(find_config_files(arguments.config))
