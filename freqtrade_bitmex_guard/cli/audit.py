"""`audit`: reports what the key and its account allow, and what changed since the last audit."""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys

from freqtrade_bitmex_guard.cli.output import print_report
from freqtrade_bitmex_guard.cli.parser import Between, accept_freqtrade_options

# ruff: noqa: PLC0415 - nothing heavy before the command runs
_DEFAULT_DAYS = 30
_MAX_DAYS = 3650
EXAMPLES = ("audit -c config.json", "audit -c config.json --days 90 --format markdown")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `audit`."""
    accept_freqtrade_options(parser)
    parser.add_argument(
        "--format", choices=["text", "json", "markdown"], default="text", help="of the report (default: text)"
    )
    parser.add_argument(
        "--days",
        metavar="DAYS",
        type=Between(1, _MAX_DAYS),
        default=_DEFAULT_DAYS,
        help=f"how far back to look for events (default: {_DEFAULT_DAYS})",
    )


def run(arguments: argparse.Namespace) -> int:
    """Audit the account of the bot's key and print the report."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    with contextlib.redirect_stdout(sys.stderr):
        from freqtrade_bitmex_guard.audit import formats
        from freqtrade_bitmex_guard.audit.run import run_audit
        from freqtrade_bitmex_guard.cli.freqtrade_args import parse_freqtrade_args
        from freqtrade_bitmex_guard.config.files import read_config

        freqtrade = parse_freqtrade_args(arguments.freqtrade_options, arguments.known_options)
        config = read_config(freqtrade.config_files)
        audit = run_audit(config, freqtrade.user_data_folder(config), arguments.days)
    render = {"json": formats.to_json, "markdown": formats.render_markdown, "text": formats.render_text}
    print_report(render[arguments.format](audit))
    return audit.verdict.exit_code
