"""Wrong usage, told without repeating what was typed: a secret may be among it, and what is told ends in logs."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any, NoReturn

from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize_tokens

EXPOSURE_WARNING = "If a secret was among what was typed, it stands in the shell's history now and counts as exposed."


_SHORT_OPTION = 2


class HelpShown(SystemExit):
    """Help or the version was asked for, and was printed. Any other `SystemExit` in a check is a bug, not its end."""


class GuardArgumentParser(argparse.ArgumentParser):
    """argparse repeats what was typed, and ends with 2 on wrong usage, which here means "refused"."""

    def __init__(self, takes: Mapping[str, str], fix: str, **how: Any) -> None:
        """Make a parser that knows no abbreviations.

        Args:
            takes: what to give with each option, by all its names with slashes between them.
            fix: the next thing to type after wrong usage.
            how: as argparse takes it.
        """
        super().__init__(allow_abbrev=False, **how)
        self._takes = takes
        self._fix = fix

    def error(self, message: str) -> NoReturn:
        """End with what is wrong, in our words: of argparse's only the name of an option of ours is taken.

        Raises:
            GuardError: always.
        """
        known = [f"{name}: {takes}." for name, takes in self._takes.items() if message.startswith(f"argument {name}: ")]
        wrong = known[0] if known else f"something in it is not known here. {EXPOSURE_WARNING}"
        fail("usage", f"Wrong usage: {wrong}", self._fix)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:  # noqa: ARG002
        """End after help or the version.

        Raises:
            HelpShown: always.
        """
        raise HelpShown(status)


def option_name(option: str) -> str:
    """An option's name as it was typed, without a value that hangs on it, and without anything like a token."""
    typed = option.partition("=")[0]
    return sanitize_tokens(typed if typed.startswith("--") else typed[:_SHORT_OPTION])
