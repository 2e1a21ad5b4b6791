"""Talks with the person at the terminal. What is typed as a secret is neither shown nor kept."""

from __future__ import annotations

import json
import sys
import termios
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import questionary
from rich.console import Console
from rich.text import Text

from freqtrade_bitmex_guard.model.credentials import (
    CredentialField,
    Credentials,
    parse_credential,
)
from freqtrade_bitmex_guard.model.findings import Finding, fail
from freqtrade_bitmex_guard.model.pem import MAX_BYTES, is_unfinished_pem
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.shape import require_shapes
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.registry import redact
from freqtrade_bitmex_guard.report import text

_MAX_CHARACTERS = 8192
_T = TypeVar("_T")


class Terminal:
    """Standard input and output, with a person or a script at the other end."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._steps = 0

    @property
    def is_attended(self) -> bool:
        """Whether a person can answer."""
        return sys.stdin.isatty() and sys.stdout.isatty()

    def print(self, *lines: str, style: str = "") -> None:
        """Print lines, without control characters, which the name of a file may have.

        Long lines are not broken, so that a command in them can be copied.
        """
        for line in map(redact, lines):
            printable = "".join(char if char.isprintable() or char == "\n" else "?" for char in line)
            self._console.print(Text(printable, style=style), soft_wrap=True)

    def step(self, title: str) -> None:
        """Print the heading of the next step."""
        self._steps += 1
        self.print("", f"{self._steps}. {title}", style="bold")

    def report(self, verdict: Verdict) -> None:
        """Print the verdict of a check."""
        text.print_table(verdict, self._console)

    def print_document(self, document: Mapping[str, Any]) -> None:
        """Print JSON, ASCII only, on several lines."""
        self._console.print(Text(redact(json.dumps(document, indent=2))), soft_wrap=True)

    def print_findings(self, findings: Sequence[Finding]) -> None:
        """Print why something was not done, and what to do next."""
        for finding in findings:
            self.print(f"{finding.name}: {finding.message}", style="bold red")
        for fix in dict.fromkeys(finding.fix for finding in findings):
            self.print(f"- {fix}")
        for path in dict.fromkeys(finding.help_path for finding in findings):
            self.print(f"Help: {path}")

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """Ask for yes or no."""
        return bool(questionary.confirm(question, default=default).unsafe_ask())

    def choose(self, question: str, choices: Mapping[str, _T]) -> _T:
        """Ask for one of several choices, which are shown by their texts."""
        return choices[questionary.select(question, choices=list(choices)).unsafe_ask()]

    def ask(self, question: str, default: str = "", check: Callable[[str], bool | str] = lambda _: True) -> str:
        """Ask for a line of text.

        Args:
            question: the text in front of the line.
            default: the text in the line, to be edited.
            check: returns True for a valid answer, else what is wrong with it.
        """
        return str(questionary.text(question, default=default, validate=check).unsafe_ask()).strip()

    def credentials(self, profile: ExchangeProfile) -> Credentials:
        """Ask for credentials at prompts that do not show them, or read them from standard input.

        Args:
            profile: of the exchange; its parts are prompted for, or read line by line, in their order. A PEM text takes
                several lines.

        Raises:
            GuardError: misconfigured, if a part is not what the exchange issues.
        """
        fields = profile.credentials
        if sys.stdin.isatty():
            # Whatever was typed before the prompt was meant for something else, and may have been seen.
            termios.tcflush(sys.stdin, termios.TCIFLUSH)
            values = [_prompt(field) for field in fields]
        else:
            values = _read_lines(fields)
        source = "what was typed" if sys.stdin.isatty() else "standard input"
        credentials = Credentials(
            {field: parse_credential(value, field, source) for field, value in zip(fields, values, strict=True)}
        )
        require_shapes(credentials, profile)
        credentials.register_for_redaction()
        return credentials


def _prompt(field: CredentialField) -> str:
    label = field.label[:1].upper() + field.label[1:]
    value = str(questionary.password(f"{label}:").unsafe_ask()).strip()
    # A terminal hands pasted lines over as one text or one by one.
    while field.multiline and is_unfinished_pem(value) and len(value) < MAX_BYTES:
        value += "\n" + str(questionary.password("… its next line:").unsafe_ask()).strip()
    return value


def _read_lines(fields: Sequence[CredentialField]) -> list[str]:
    values: list[str] = []
    try:
        for field in fields:
            value = sys.stdin.readline(_MAX_CHARACTERS).rstrip("\r\n")
            while field.multiline and is_unfinished_pem(value) and len(value) < MAX_BYTES:
                line = sys.stdin.readline(_MAX_CHARACTERS)
                value += "\n" + line.rstrip("\r\n")
                if not line:
                    break
            values.append(value)
        remaining = sys.stdin.read(_MAX_CHARACTERS).strip()
    except UnicodeDecodeError:
        remaining = "bytes that are no text"
    if remaining:
        order = ", then the ".join(field.label for field in fields)
        fail(
            "credentials-malformed",
            f"Standard input has something else than the {len(fields)} parts of the credentials.",
            f"Give each on a line of its own: the {order}.",
        )
    return values
