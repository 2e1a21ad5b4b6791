"""Talk with the person at the terminal. What they type as a secret is neither shown nor kept."""

from __future__ import annotations

import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import questionary
from rich.console import Console
from rich.text import Text

from freqtrade_bitmex_guard.model.credentials import Credentials, parse_credential
from freqtrade_bitmex_guard.model.findings import Finding, fail
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.registry import redact
from freqtrade_bitmex_guard.report import text

_MAX_CHARACTERS = 8192


_T = TypeVar("_T")


class Terminal:
    """Standard input and output, with a person or a script at the other end."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)

    @property
    def is_attended(self) -> bool:
        """Whether somebody can be asked."""
        return sys.stdin.isatty() and sys.stdout.isatty()

    def print(self, *lines: str, style: str = "") -> None:
        """Print lines, without what could act on the terminal, such as in the name of a file.

        Long ones are not broken: a command in them must come out whole when it is copied.
        """
        for line in map(redact, lines):
            shown = "".join(char if char.isprintable() or char == "\n" else "?" for char in line)
            self._console.print(Text(shown, style=style), soft_wrap=True)

    def step(self, number: int, title: str) -> None:
        """Head one step of several."""
        self.print("", f"{number}. {title}", style="bold")

    def report(self, verdict: Verdict) -> None:
        """Print what a check came to."""
        text.print_table(verdict, self._console)

    def print_findings(self, findings: Sequence[Finding]) -> None:
        """Print why something was not done, and what to do."""
        for finding in findings:
            self.print(f"{finding.name}: {finding.message}", style="bold red")
        for fix in dict.fromkeys(finding.fix for finding in findings):
            self.print(f"- {fix}")

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """Ask for yes or no."""
        return bool(questionary.confirm(question, default=default).unsafe_ask())

    def choose(self, question: str, choices: Mapping[str, _T]) -> _T:
        """Have one of several chosen; the texts are what is shown."""
        return choices[questionary.select(question, choices=list(choices)).unsafe_ask()]

    def ask(self, question: str, default: str = "", check: Callable[[str], bool | str] = lambda _: True) -> str:
        """Ask for a line of text.

        Args:
            question: what is asked.
            default: what stands there already.
            check: True for an answer that will do, else what is wrong with it.
        """
        return str(questionary.text(question, default=default, validate=check).unsafe_ask()).strip()

    def credentials(self) -> Credentials:
        """Take a key id and its secret: from prompts that do not show them, or from two lines of standard input.

        Raises:
            GuardError: misconfigured, if they are not one line of visible ASCII each.
        """
        if sys.stdin.isatty():
            # What was typed before it was asked for was meant for something else, and may have been seen.
            termios.tcflush(sys.stdin, termios.TCIFLUSH)
            parts = [str(questionary.password(question).unsafe_ask()).strip() for question in ("Key id:", "Secret:")]
        else:
            parts = _two_lines()
        place = "what was typed" if sys.stdin.isatty() else "standard input"
        return Credentials(parse_credential(parts[0], "key", place), parse_credential(parts[1], "secret", place))


def _two_lines() -> list[str]:
    try:
        lines = [sys.stdin.readline(_MAX_CHARACTERS).rstrip("\r\n") for _ in range(2)]
        is_more = sys.stdin.read(_MAX_CHARACTERS).strip()
    except UnicodeDecodeError:
        is_more = "bytes that are no text"
    if is_more:
        fail(
            "credentials-malformed",
            "Standard input holds something else than two lines.",
            "Give two lines: the key id, then its secret.",
        )
    return lines
