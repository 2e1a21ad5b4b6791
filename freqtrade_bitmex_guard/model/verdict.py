"""The verdict of a check, and its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.model.key import KeyFacts

# The exit codes are a contract with scripts and service managers.
EXIT_INTERNAL_ERROR = 1
EXIT_INTERRUPTED = 130
EXIT_CODES = {
    Outcome.ADMITTED: 0,
    Outcome.REFUSED: 2,
    Outcome.UNVERIFIED: 3,
    Outcome.MISCONFIGURED: 4,
}

_BY_SEVERITY = tuple(Outcome)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The end of a check.

    Attributes:
        findings: why, the most severe first.
        facts: what the exchange reported of the key, one entry or several; none if the check ended before.
        exchange: its ccxt id, sanitized, if the config names one.
        key: the masked key id, if it was read.
        servers: the servers that were queried, as scheme://host:port; the config may name others than the exchange's.
        unverified: what the operator accepted without the exchange reporting it.
        requests: the number of requests to the exchange.
        checked_at: when the check began.
        duration_ms: how long it took, in milliseconds.
        bot: which one it is about, if that is known.
        store: where its credentials are kept, for a person; None if the check did not get that far.
        again: the command that repeats what came to this verdict.
    """

    findings: tuple[Finding, ...]
    facts: tuple[KeyFacts, ...] = ()
    exchange: str | None = None
    key: str | None = None
    servers: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    requests: int = 0
    checked_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    duration_ms: int = 0
    bot: BotLabel | None = None
    store: str | None = None
    again: str = "freqtrade-bitmex-guard check -c CONFIG"

    def with_findings(self, *findings: Finding) -> Verdict:
        """Return the same verdict with more findings."""
        return replace(self, findings=sort_findings((*self.findings, *findings)))

    @property
    def outcome(self) -> Outcome:
        """The verdict. Without facts nothing was shown to be fine, so no bot is admitted."""
        outcomes = {finding.outcome for finding in self.findings}
        if not self.facts:
            outcomes = (outcomes - {Outcome.ADMITTED}) or {Outcome.UNVERIFIED}
        return next((outcome for outcome in _BY_SEVERITY if outcome in outcomes), Outcome.ADMITTED)

    @property
    def admitted(self) -> bool:
        """Whether the key was positively shown to be fine, the only case in which a bot starts."""
        return self.outcome is Outcome.ADMITTED

    @property
    def transient(self) -> bool:
        """Whether it is unverified for a cause that usually goes away by itself."""
        errors = [finding for finding in self.findings if finding.outcome is Outcome.UNVERIFIED]
        return self.outcome is Outcome.UNVERIFIED and bool(errors) and all(finding.transient for finding in errors)

    @property
    def silent(self) -> bool:
        """Whether it is unverified and nothing of it is about this very key."""
        errors = [finding for finding in self.findings if finding.outcome is Outcome.UNVERIFIED]
        return self.outcome is Outcome.UNVERIFIED and bool(errors) and all(finding.silent for finding in errors)

    @property
    def is_internal_error(self) -> bool:
        """Whether the guard itself failed."""
        return self.outcome is Outcome.UNVERIFIED and any(finding.name == "internal-error" for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """The exit code of our commands; a bug in the guard has its own."""
        return EXIT_INTERNAL_ERROR if self.is_internal_error else EXIT_CODES[self.outcome]


def sort_findings(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings without repetitions, by the severity of the verdict to which they lead."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: _BY_SEVERITY.index(finding.outcome)))
