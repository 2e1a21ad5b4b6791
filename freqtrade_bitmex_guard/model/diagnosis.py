"""What `doctor` found, subject by subject, without a request to the exchange."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.verdict import Verdict

READY = "ready"
"""The verdict of a diagnosis without an error; a key is admitted only by a check."""


class State(StrEnum):
    """The state of a subject."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    UNKNOWN = "unknown"
    NOT_EXAMINED = "not-examined"


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that was examined.

    Attributes:
        name: one word, or two.
        state: whether it is fine.
        detail: what was found there, for a person; empty if it was not examined.
        findings: what is wrong with it.
    """

    name: str
    state: State
    detail: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The end of an examination.

    Attributes:
        verdict: with all findings, and no facts of the key: it is never admitted.
        subjects: in the order of a report.
    """

    verdict: Verdict
    subjects: tuple[Subject, ...]

    @property
    def is_ready(self) -> bool:
        """Whether every subject was examined and none has an error. One that cannot be known here is none."""
        has_errors = any(finding.severity is Severity.ERROR for finding in self.verdict.findings)
        examined = [subject.state not in (State.ERROR, State.NOT_EXAMINED) for subject in self.subjects]
        return bool(examined) and all(examined) and not has_errors

    @property
    def word(self) -> str:
        """The verdict in one word."""
        return READY if self.is_ready else self.verdict.outcome.value

    @property
    def exit_code(self) -> int:
        """The exit code of the command: that of a check which ends with the same findings."""
        return 0 if self.is_ready else self.verdict.exit_code
