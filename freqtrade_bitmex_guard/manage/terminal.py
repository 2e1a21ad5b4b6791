"""Talks with the person at the terminal. What is typed as a secret is neither shown nor kept."""

from __future__ import annotations

import json
import re
import sys
import termios
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import questionary
from prompt_toolkit.application import get_app_session
from prompt_toolkit.input.typeahead import clear_typeahead
from rich.console import Console
from rich.text import Text

from freqtrade_bitmex_guard.model.credentials import (
    CredentialField,
    Credentials,
    parse_credential,
)
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, fail
from freqtrade_bitmex_guard.model.pem import MAX_BYTES, is_unfinished_pem
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.shape import require_shapes
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.registry import redact
from freqtrade_bitmex_guard.report import text

_MAX_CHARACTERS = 8192
_COMMAND = re.compile(r"`[^`\n]+`")
_ANSWER_WIDTH = 20
_NO_BREAK = "\xa0"  # no blank to textwrap, and no character of a printed line
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

        A terminal gets them broken between words; a command, which is indented or in backticks, stays one line, so that
        it can be copied.
        """
        for line in map(redact, lines):
            printable = "".join(char if char.isprintable() or char == "\n" else "?" for char in line)
            for part in self._wrap(printable):
                self._console.print(Text(part, style=style), soft_wrap=True)

    def _broken(self, question: str) -> str:
        """Return a question with line breaks between words, and room for what follows it."""
        return "\n".join(textwrap.wrap(question, self._console.width - _ANSWER_WIDTH, break_long_words=False))

    def _wrap(self, text: str) -> list[str]:
        if not self._console.is_terminal or text.startswith("    "):
            return [text]
        kept = _COMMAND.sub(lambda match: match[0].replace(" ", _NO_BREAK), text)
        return [
            part.replace(_NO_BREAK, " ")
            for line in kept.split("\n")
            for part in textwrap.wrap(
                line, self._console.width, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
            )
            or [""]
        ]

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
        _drop_what_was_typed()
        return bool(questionary.confirm(self._broken(question), default=default, auto_enter=False).unsafe_ask())

    def choose(self, question: str, choices: Mapping[str, _T]) -> _T:
        """Ask for one of several choices, which are shown by their texts."""
        _drop_what_was_typed()
        return choices[questionary.select(self._broken(question), choices=list(choices)).unsafe_ask()]

    def ask(self, question: str, default: str = "", check: Callable[[str], bool | str] = lambda _: True) -> str:
        """Ask for a line of text.

        Args:
            question: the text in front of the line.
            default: the text in the line, to be edited.
            check: returns True for a valid answer, else what is wrong with it.
        """
        _drop_what_was_typed()
        return str(questionary.text(self._broken(question), default=default, validate=check).unsafe_ask()).strip()

    def credentials(self, profile: ExchangeProfile) -> Credentials:
        """Ask for credentials at prompts that do not show them, or read them from standard input.

        At a terminal a slip is explained, and all is asked again; Ctrl-C ends it.

        Args:
            profile: of the exchange; its parts are prompted for, or read line by line, in their order. A PEM text takes
                several lines.

        Raises:
            GuardError: misconfigured, if a part of standard input is not what the exchange issues.
        """
        fields = profile.credentials
        if not sys.stdin.isatty():
            return _parse(_read_lines(fields), "standard input", profile)
        while True:
            _drop_what_was_typed()
            try:
                return _parse([_prompt(field) for field in fields], "what was typed", profile)
            except GuardError as slip:
                self.print_findings(slip.findings)
                self.print("Enter them again, or press Ctrl-C: nothing was stored.")


def _drop_what_was_typed() -> None:
    """Drop what was typed before a question was there: it was meant for something else."""
    clear_typeahead(get_app_session().input)
    if sys.stdin.isatty():
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def _parse(values: Sequence[str], source: str, profile: ExchangeProfile) -> Credentials:
    fields = profile.credentials
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
