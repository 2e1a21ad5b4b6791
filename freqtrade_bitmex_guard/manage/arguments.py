"""The arguments of `setup` and `credentials`. None of them is a secret, and what could be one is never repeated."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from freqtrade_bitmex_guard.cli.parser import GuardArgumentParser
from freqtrade_bitmex_guard.model.findings import fail

USAGE = """\
freqtrade-bitmex-guard setup [-c CONFIG]...
       freqtrade-bitmex-guard credentials set|show|delete|migrate|rotate [-c CONFIG]... [--yes]"""


_SEE = "See `freqtrade-bitmex-guard credentials --help`. Secrets are asked for, or read from standard input."


ACTIONS = ("set", "show", "delete", "migrate", "rotate")


_HELP = """\
setup                walk from no key to a guarded bot, at a terminal
credentials set      put a first key into the store
credentials show     the key, masked: its store, its age, and whether it verifies (asks the exchange)
credentials delete   take it out of the store
credentials migrate  move key and secret from the config files into the store
credentials rotate   replace the key by a new one, if the policy admits it

Key id and secret are asked for, or read from standard input as two lines; they are never arguments."""


@dataclass(frozen=True, slots=True)
class ManageArguments:
    """What was asked for.

    Attributes:
        command: `setup` or `credentials`.
        action: of `credentials`, else None.
        config: freqtrade's own arguments that name the config.
        assume_yes: whether questions about deleting are answered with yes.
    """

    command: str
    action: str | None
    config: list[str]
    assume_yes: bool


def parse_manage_arguments(given: list[str]) -> ManageArguments:
    """Read a command line that begins with `setup` or `credentials`.

    Raises:
        GuardError: misconfigured, if it is wrong.
        SystemExit: with code 0, after the help was printed.
    """
    parser = GuardArgumentParser(
        {"-c/--config": "give a config file", "-y/--yes": "give it no value"},
        _SEE,
        prog="freqtrade-bitmex-guard",
        usage=USAGE,
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("-c", "--config", action="append", default=[], metavar="CONFIG", help="as freqtrade takes it")
    parser.add_argument("-y", "--yes", action="store_true", help="with delete: do not ask")
    command, *rest = given
    actions = [argument for argument in rest[:1] if argument in ACTIONS] if command == "credentials" else []
    asked = parser.parse_args(rest[len(actions) :])
    if command == "credentials" and not actions:
        fail("usage", f"Wrong usage: behind credentials, the action is missing: {', '.join(ACTIONS)}.", _SEE)
    if asked.yes and actions != ["delete"]:
        fail("usage", "Wrong usage: --yes belongs to credentials delete.", _SEE)
    config = [part for file in asked.config for part in ("--config", file)]
    return ManageArguments(command, actions[0] if actions else None, config, asked.yes)
