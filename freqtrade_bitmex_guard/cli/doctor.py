"""`doctor`: examines a bot's config, store and environment without a request to the exchange."""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys

from freqtrade_bitmex_guard.cli.output import print_report
from freqtrade_bitmex_guard.cli.parser import accept_freqtrade_options

# ruff: noqa: PLC0415 - nothing heavy before the command runs
EXAMPLES = ("doctor -c config.json", "doctor -c config.json --format json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `doctor`."""
    accept_freqtrade_options(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="of the report (default: text)")


def run(arguments: argparse.Namespace) -> int:
    """Examine the bot and print the diagnosis."""
    # Only the report goes to standard output, whatever a library prints.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    with contextlib.redirect_stdout(sys.stderr):
        from freqtrade_bitmex_guard.check.doctor import examine
        from freqtrade_bitmex_guard.cli.freqtrade_args import parse_freqtrade_args
        from freqtrade_bitmex_guard.report import diagnosis as text
        from freqtrade_bitmex_guard.report import json

        diagnosis = examine(parse_freqtrade_args(arguments.freqtrade_options, arguments.known_options).config_files)
    print_report(json.diagnosis_to_json(diagnosis) if arguments.format == "json" else text.render(diagnosis))
    return diagnosis.exit_code
