"""The completion scripts that `--print-completion` prints, made with shtab from the parser itself."""

from __future__ import annotations

import argparse
import re

import shtab

from freqtrade_bitmex_guard.cli.dispatch import CommandParser, build_parser

FREQTRADE_OPTIONS = (("-c", "--config"), ("--userdir",))
"""The options of freqtrade that are completed, too; all of them differ between its versions."""


def completion(shell: str) -> str:
    """Return the completion script for a shell."""
    text: str = shtab.complete(_whole_parser(), shell)
    text = re.sub(r"(?m)^# AUTOMATICALLY GENERATED .*$", "# Written by `python -m tests.docs.generate`.", text)
    return f"{text.rstrip()}\n"


def _whole_parser() -> argparse.ArgumentParser:
    """Return the parser with the options of every command, and with those of freqtrade that name files."""
    parser = build_parser()
    (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    for command in commands.choices.values():
        assert isinstance(command, CommandParser)
        command.load()
        for option in FREQTRADE_OPTIONS if command.get_default("freqtrade_options") is not None else ():
            command.add_argument(*option, action="append", help="as freqtrade takes it")
        _complete_paths(command)
    return parser


def _complete_paths(command: argparse.ArgumentParser) -> None:
    kinds = {"--config": shtab.FILE, "--userdir": shtab.DIRECTORY}
    for action in command._actions:
        for option in action.option_strings:
            if option in kinds:
                action.complete = kinds[option]  # type: ignore[attr-defined]
        if isinstance(action, argparse._SubParsersAction):
            for subcommand in action.choices.values():
                _complete_paths(subcommand)
