"""Findings, and the error that ends a check with them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from freqtrade_bitmex_guard.model.catalogue import FINDINGS, Outcome

HELP_PAGE = "docs/pages/findings.md"
"""The page, in the repository, that has a heading for each finding."""


class Severity(StrEnum):
    """How severe a finding is. Only an error keeps a bot from starting."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"  # published, though no rule uses it


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a check found.

    Attributes:
        name: a name in `FINDINGS`.
        severity: how severe it is.
        message: what was found and what it means for the money. It holds no secret and no raw text from outside.
        fix: the next thing to type or click.
        unheard: whether no word of the exchange led to it, but for example a page that something in between sent.
    """

    name: str
    severity: Severity
    message: str
    fix: str
    unheard: bool = False

    def __post_init__(self) -> None:
        if self.name not in FINDINGS:
            raise ValueError(f"no such finding: {self.name}")

    @property
    def outcome(self) -> Outcome:
        """The verdict to which this finding alone leads."""
        return FINDINGS[self.name].outcome if self.severity is Severity.ERROR else Outcome.ADMITTED

    @property
    def transient(self) -> bool:
        """Whether the cause usually goes away by itself."""
        return FINDINGS[self.name].transient

    @property
    def silent(self) -> bool:
        """Whether it says nothing of this very key: neither that it is fine nor that it is not."""
        spec = FINDINGS[self.name]
        return self.outcome is Outcome.UNVERIFIED and (self.unheard or spec.silent or spec.transient)

    @property
    def help_path(self) -> str:
        """The place in the documentation that explains it."""
        return f"{HELP_PAGE}#{self.name}"


class GuardError(Exception):
    """The check ends here, with the findings that say why. It never ends in admission."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(f"{finding.name}: {finding.message}" for finding in findings))
        self.findings = findings


def error(name: str, message: str, fix: str) -> Finding:
    """Return a finding that keeps the bot from starting."""
    return Finding(name, Severity.ERROR, message, fix)


def warning(name: str, message: str, fix: str) -> Finding:
    """Return a finding that the operator should know of and that keeps no bot from starting."""
    return Finding(name, Severity.WARNING, message, fix)


def fail(name: str, message: str, fix: str) -> NoReturn:
    """End the check with one error.

    Raises:
        GuardError: always.
    """
    # The exception that is being handled may hold a secret in its arguments: it must not reach a traceback.
    raise GuardError(error(name, message, fix)) from None


def internal_error(bug: BaseException) -> Finding:
    """Return the finding for a bug in the guard, without the bug's message: nothing shows that it holds no secret."""
    trace = bug.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    location = f" in {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return error(
        "internal-error",
        f"The guard itself failed: {type(bug).__name__}{location} (Python {sys.version_info[0]}."
        f"{sys.version_info[1]}). The key could not be verified, so no bot starts.",
        "Report it with this line; it holds no secret. To run unguarded, remove the api_key_guard section and put the "
        "credentials back into freqtrade's config.",
    )


@contextmanager
def failures_as_findings(findings: list[Finding]) -> Iterator[None]:
    """Turn whatever is raised inside into a finding; only KeyboardInterrupt is raised again.

    Args:
        findings: gets it.
    """
    try:
        yield
    except GuardError as problem:
        findings += problem.findings
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        findings.append(internal_error(problem))
