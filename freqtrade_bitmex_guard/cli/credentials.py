"""`credentials`: puts the bot's key into its store, shows, replaces or deletes it."""

from __future__ import annotations

import argparse

from freqtrade_bitmex_guard.cli import no_echo
from freqtrade_bitmex_guard.cli.parser import GuardArgumentParser, accept_config_option

# ruff: noqa: PLC0415 - nothing heavy before the command runs
ACTIONS = {
    "set": "put a first key into the store",
    "show": "show the key, masked: its store, its age, and whether it passes (queries the exchange)",
    "delete": "delete the key from the store; -y/--yes skips the question",
    "migrate": "move the credentials from the config files into the store",
    "rotate": "replace the key by a new one, if the new one passes",
}
_EPILOG = "Secrets are asked for, or read from standard input, one line each; they are never arguments."
EXAMPLES = (
    "credentials set -c config.json",
    "credentials show -c config.json --format json",
    "credentials delete -c config.json",
    "credentials migrate -c config.json",
    "credentials rotate -c config.json",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands of `credentials`."""
    parser.epilog = _EPILOG
    actions = parser.add_subparsers(
        dest="action", metavar="SUBCOMMAND", required=True, title="subcommands", parser_class=GuardArgumentParser
    )
    for name, summary in ACTIONS.items():
        examples = [example for example in EXAMPLES if example.split()[1] == name]
        lines = "\n".join(f"  freqtrade-bitmex-guard {example}" for example in examples)
        action = actions.add_parser(name, help=summary, epilog=f"{_EPILOG}\n\nexamples:\n{lines}")
        accept_config_option(action)
        if name == "delete":
            action.add_argument("-y", "--yes", action="store_true", help="do not ask")
        if name == "show":
            action.add_argument("--format", choices=["text", "json"], default="text", help="default: text")


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    with no_echo.disabled_echo():
        from freqtrade_bitmex_guard.cli.freqtrade_args import find_config_files
        from freqtrade_bitmex_guard.manage import commands

        files = find_config_files(arguments.config)
        as_json = getattr(arguments, "format", "text") == "json"
        return commands.run_credentials(
            arguments.action, files, assume_yes=getattr(arguments, "yes", False), as_json=as_json
        )
