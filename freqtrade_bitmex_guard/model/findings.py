"""What a check finds, and how a check ends early."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from freqtrade_bitmex_guard.model.catalogue import FINDINGS, Outcome

HELP_PAGE = "docs/pages/findings.md"
"""The page, in the repository, that has a heading for each finding."""


class Severity(StrEnum):
    """How grave a finding is. Only an error keeps a bot from starting."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    Attributes:
        name: a name from `PUBLISHED`.
        severity: how grave it is.
        message: what was found and what it means for the money. Holds no secret, and no raw text from outside.
        fix: the next thing to type or click.
    """

    name: str
    severity: Severity
    message: str
    fix: str

    def __post_init__(self) -> None:
        if self.name not in FINDINGS:
            raise ValueError(f"no such rule: {self.name}")

    @property
    def outcome(self) -> Outcome:
        """The verdict that this finding alone leads to."""
        return FINDINGS[self.name].outcome if self.severity is Severity.ERROR else Outcome.ADMITTED

    @property
    def transient(self) -> bool:
        """Whether the cause usually goes away by itself."""
        return FINDINGS[self.name].transient

    @property
    def help_path(self) -> str:
        """The place in the documentation that explains it."""
        return f"{HELP_PAGE}#{self.name}"


class GuardError(Exception):
    """The check ends here, with the findings that say why. It never ends in admission."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(f"{finding.name}: {finding.message}" for finding in findings))
        self.findings = findings


def error(rule: str, message: str, fix: str) -> Finding:
    """A finding that keeps the bot from starting: rule name, what was found, and how to fix it."""
    return Finding(rule, Severity.ERROR, message, fix)


def warning(rule: str, message: str, fix: str) -> Finding:
    """A finding that the operator should know of, and that keeps nothing from starting."""
    return Finding(rule, Severity.WARNING, message, fix)


def fail(rule: str, message: str, fix: str) -> NoReturn:
    """End the check with one error.

    Raises:
        GuardError: always.
    """
    # What was being handled may hold a secret in its arguments: it must not follow into a traceback.
    raise GuardError(error(rule, message, fix)) from None


def internal_error(bug: BaseException) -> Finding:
    """The finding for a bug in the guard. Its message is left out, for nothing shows that it holds no secret."""
    trace = bug.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return error(
        "internal-error",
        f"The guard itself failed: {type(bug).__name__}{where} (Python {sys.version_info[0]}.{sys.version_info[1]}). "
        "Nothing was shown to be fine, so nothing starts.",
        "Report it with this line; it holds no secret. To run unguarded, take the api_key_guard section out and put "
        "the credentials back into freqtrade's config.",
    )
