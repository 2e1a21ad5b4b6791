"""`check`: checks the bot's key and starts nothing."""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys

from freqtrade_bitmex_guard.cli.output import print_report, report_verdict
from freqtrade_bitmex_guard.cli.parser import accept_freqtrade_options
from freqtrade_bitmex_guard.model.findings import fail

# ruff: noqa: PLC0415 - nothing heavy before the command runs
EXAMPLES = (
    "check -c config.json",
    "check --as-is -c config.json",
    "check -c config.json -c config-private.json --format json",
    "trade -c config.json --check-only",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `check`."""
    accept_freqtrade_options(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="of the report (default: text)")
    parser.add_argument(
        "--as-is", action="store_true", help="check the key that is in the config now; needs no section, stores nothing"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="HOST",
        help="with --as-is: requests may go to this host, too, such as a server of your own",
    )


def run(arguments: argparse.Namespace) -> int:
    """Check the key and print the verdict."""
    # Only the report goes to standard output, whatever a library prints.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    with contextlib.redirect_stdout(sys.stderr):
        from freqtrade_bitmex_guard.check import environment
        from freqtrade_bitmex_guard.check.bot import check_config
        from freqtrade_bitmex_guard.cli.freqtrade_args import parse_freqtrade_args
        from freqtrade_bitmex_guard.config.files import read_config

        files = parse_freqtrade_args(arguments.freqtrade_options, arguments.known_options).config_files
        if arguments.allow_host and not arguments.as_is:
            fail(
                "usage", "Wrong usage: --allow-host is for --as-is.", "Write the host into api_key_guard.allowed_hosts."
            )
        guarded = ""
        if arguments.as_is:
            from freqtrade_bitmex_guard.manage.as_is import check_as_is

            guarded, verdict = check_as_is(files, arguments.allow_host)
        else:
            verdict = check_config(read_config(files))
        verdict = verdict.with_findings(*environment.find_not_armed())
    if guarded and arguments.format == "text":
        print_report(guarded)
    return report_verdict(verdict, as_json=arguments.format == "json")
