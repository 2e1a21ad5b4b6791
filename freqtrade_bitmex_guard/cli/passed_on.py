"""freqtrade's other commands, passed on unchanged: so this program can be the entry point of an image."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence

from freqtrade_bitmex_guard.cli.parser import did_you_mean, exposure_warning
from freqtrade_bitmex_guard.model.findings import fail

# ruff: noqa: PLC0415 - a second of imports


def run_freqtrade(typed: Sequence[str], ours: Iterable[str]) -> int:
    """Run a command of freqtrade's that is none of ours.

    Args:
        typed: the command and its arguments.
        ours: the names of our own commands.

    Returns:
        freqtrade's exit code.

    Raises:
        GuardError: misconfigured, if freqtrade has no such command.
    """
    theirs = freqtrade_commands()
    if typed[0] not in theirs:
        *names, last = ours
        fail(
            "usage",
            f"Wrong usage: expected a command: {', '.join(names)} or {last}"
            f"{did_you_mean(typed[:1], [*names, last, *theirs])}.{exposure_warning(typed)}",
            "See `freqtrade-bitmex-guard --help`.",
        )
    from freqtrade.main import main

    try:
        main(list(typed))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    return 0


def freqtrade_commands() -> list[str]:
    """Return the names of freqtrade's commands, as its own parser has them."""
    from freqtrade.commands.arguments import Arguments

    arguments = Arguments([])
    arguments._build_subcommands()
    return [
        name
        for action in arguments.parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name in action.choices
    ]
