"""`check`: checks the bot's key and starts nothing."""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys

from freqtrade_bitmex_guard.cli.output import report_verdict
from freqtrade_bitmex_guard.cli.parser import accept_freqtrade_options

# ruff: noqa: PLC0415 - nothing heavy before the command runs
EXAMPLES = (
    "check -c config.json",
    "check -c config.json -c config-private.json --format json",
    "trade -c config.json --check-only",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `check`."""
    accept_freqtrade_options(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="of the report (default: text)")


def run(arguments: argparse.Namespace) -> int:
    """Check the key and print the verdict."""
    # Only the report goes to standard output, whatever a library prints.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    with contextlib.redirect_stdout(sys.stderr):
        from freqtrade_bitmex_guard.check.bot import check_config
        from freqtrade_bitmex_guard.cli.freqtrade_args import parse_freqtrade_args
        from freqtrade_bitmex_guard.config.files import read_config

        config = read_config(parse_freqtrade_args(arguments.freqtrade_options, arguments.known_options).config_files)
        verdict = check_config(config)
    return report_verdict(verdict, as_json=arguments.format == "json")
