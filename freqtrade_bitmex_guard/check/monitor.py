"""The recheck while the bot runs: when it is due, and what its verdict means for the bot."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from freqtrade_bitmex_guard.config.section import GuardConfig
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report.text import describe_finding, describe_minutes

logger = logging.getLogger("freqtrade_bitmex_guard")

# A key that fails is checked more often, because the operator waits to hear that it passes again.
_RECHECK_WHILE_FAILING_SECONDS = 300.0

# Nobody has to act for these to pass either, though an immediate retry would make them worse.
_ALSO_TRANSIENT = {"rate-limited"}


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A change that the operator must be notified of.

    Attributes:
        verdict: of the recheck that showed it.
        recovered: whether the key passes again; if not, the bot may not go on as before.
        unreachable_minutes: for how long the key could not be checked, if that is the reason.
    """

    verdict: Verdict
    recovered: bool
    unreachable_minutes: float | None = None


class KeyMonitor:
    """The recheck of one running bot's key.

    Attributes:
        violation: the verdict against the bot, or None while its key passes.
        stops: whether the bot is stopped then, not only paused.
    """

    def __init__(
        self,
        recheck: Callable[[], Verdict],
        section: GuardConfig,
        clock: Callable[[], float] = time.monotonic,
        is_urgent: Callable[[], bool] = lambda: False,
    ) -> None:
        """Begin; the first recheck comes after one whole interval, because a start checks the key itself.

        Args:
            recheck: checks the key in memory.
            section: says how often, and what becomes of the bot.
            clock: returns seconds.
            is_urgent: returns whether something has happened that the next `poll` must look into.
        """
        self.violation: Verdict | None = None
        self.stops = section.on_violation == "stop"
        self._recheck = recheck
        self._interval_seconds = 60 * section.recheck_minutes
        self._grace_seconds = 60 * section.recheck_grace_minutes
        self._clock = clock
        self._is_urgent = is_urgent
        self._due = clock() + self._interval_seconds
        self._unreachable_since: float | None = None
        self._violated_by_silence = False

    def poll(self) -> StatusChange | None:
        """Check the key again if the interval has passed.

        Returns:
            The change, if there is one that the operator must be notified of.
        """
        if self._interval_seconds and self._is_urgent():
            self.poll_soon()
        if not self._interval_seconds or self._clock() < self._due:
            return None
        began = self._clock()
        failing_interval = min(self._interval_seconds, _RECHECK_WHILE_FAILING_SECONDS)
        self._due = began + failing_interval  # even if the recheck itself raises
        verdict = self._recheck()
        self._due = self._clock() + (self._interval_seconds if verdict.admitted else failing_interval)
        if verdict.admitted:
            return self._recover(verdict)
        for finding in verdict.findings:
            logger.warning("API key guard: %s", describe_finding(finding))
        unreachable_seconds = self._unreachable_seconds(verdict, began)
        if unreachable_seconds is None:
            return self._violate(verdict, None)
        remaining = self._grace_seconds - unreachable_seconds
        if remaining > 0:
            logger.warning(
                "API key guard: the key could not be checked; the bot goes on for another %s.",
                describe_minutes(remaining / 60),
            )
            return None
        return self._violate(verdict, unreachable_seconds / 60)

    def poll_soon(self) -> None:
        """Have the next `poll` check the key, because there is a reason to doubt it."""
        self._due = self._clock()

    def fail(self, finding: Finding) -> StatusChange | None:
        """Hold the bot because the monitor itself failed."""
        return self._violate(Verdict(findings=(finding,)), None)

    def _violate(self, verdict: Verdict, unreachable_minutes: float | None) -> StatusChange | None:
        # The operator was told already, unless the exchange was only silent then and there is a real finding now.
        if self.violation is not None and not (self._violated_by_silence and unreachable_minutes is None):
            return None
        self.violation = verdict
        self._violated_by_silence = unreachable_minutes is not None
        return StatusChange(verdict, recovered=False, unreachable_minutes=unreachable_minutes)

    def _recover(self, verdict: Verdict) -> StatusChange | None:
        self._unreachable_since = None
        if self.violation is None:
            return None
        self.violation = None
        return StatusChange(verdict, recovered=True)

    def _unreachable_seconds(self, verdict: Verdict, began: float) -> float | None:
        """Return for how long the exchange has reported nothing; None if it did, or if the cause is not transient."""
        is_transient = verdict.outcome is Outcome.UNVERIFIED and all(
            finding.transient or finding.name in _ALSO_TRANSIENT
            for finding in verdict.findings
            if finding.outcome is Outcome.UNVERIFIED
        )
        if not is_transient or not verdict.findings:
            return None
        if self._unreachable_since is None:
            self._unreachable_since = began
        return began - self._unreachable_since
