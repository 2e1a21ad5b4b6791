"""`help COMMAND`: another spelling of `COMMAND --help`."""

from __future__ import annotations

import argparse

EXAMPLES = ("help check", "help credentials set")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command, of which the help is wanted."""
    parser.add_argument("topic", metavar="COMMAND", nargs="*", help="a command, such as check or credentials set")


def run(arguments: argparse.Namespace) -> int:
    """Print the help of a command, or of the program."""
    from freqtrade_bitmex_guard.cli.dispatch import main  # noqa: PLC0415 - it imports this module

    return main([*arguments.topic, "--help"])
