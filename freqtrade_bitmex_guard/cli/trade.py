"""`trade`: starts freqtrade with the guard, even where the `.pth` line did not run."""

from __future__ import annotations

import argparse

from freqtrade_bitmex_guard.cli.parser import Between, HelpShown, accept_freqtrade_options

# ruff: noqa: PLC0415 - nothing heavy before the command runs
_MAX_MINUTES = 7 * 24 * 60
_WAIT_HELP = "try again, slowly, while the exchange is down, overloaded or unreachable"
EXAMPLES = ("trade -c config.json", "trade -c config.json --wait-for-exchange 30")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `trade`."""
    accept_freqtrade_options(parser)
    parser.add_argument(
        "--wait-for-exchange",
        metavar="MINUTES",
        type=Between(1, _MAX_MINUTES, float),
        default=0.0,
        help=_WAIT_HELP,
    )


def run(arguments: argparse.Namespace) -> int:
    """Start freqtrade; return the guard's exit code if the guard stopped it, else freqtrade's."""
    from freqtrade_bitmex_guard.cli.freqtrade_args import parse_freqtrade_args

    try:
        freqtrade = parse_freqtrade_args(arguments.freqtrade_options, arguments.known_options)
    except HelpShown:
        if {"-h", "--help"} & set(arguments.freqtrade_options):  # below freqtrade's own, where it is read
            print(f"\nfreqtrade-bitmex-guard adds:\n  --wait-for-exchange MINUTES\n{' ' * 24}{_WAIT_HELP}")
        raise
    from freqtrade_bitmex_guard.plugin import launch

    return launch.trade(freqtrade.argv, freqtrade.config_files, wait_seconds=60 * arguments.wait_for_exchange)
