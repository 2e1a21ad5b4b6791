"""The recheck while the bot runs: when it is due, and what its verdict means for the bot."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from freqtrade_bitmex_guard.config.section import GuardConfig
from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report.text import describe_finding, describe_minutes

logger = logging.getLogger("freqtrade_bitmex_guard")

# A key that fails is checked more often, because the operator waits to hear that it passes again.
_RECHECK_WHILE_FAILING_SECONDS = 300.0

# Of an interval.
_MAX_JITTER = 0.1

# One odd answer is no reason to hold a bot: a page, a broken handshake, a clock that is being set.
_LOOK_AGAIN_SECONDS = 60.0


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
        recheck_count: how often the key was checked again.
        last_errors: the names of the errors of the last look.
        interval_seconds: between two looks; 0 if there is only the first.
    """

    def __init__(
        self,
        recheck: Callable[[], Verdict],
        section: GuardConfig,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        is_urgent: Callable[[], bool] = lambda: False,
    ) -> None:
        """Begin; the first recheck comes after one whole interval, because a start checks the key itself.

        Args:
            recheck: checks the key in memory.
            section: says how often, and what becomes of the bot.
            clock: returns seconds.
            jitter: returns a number from 0 to 1, by which an interval is shorter, so that many bots that were started
                together do not query the exchange together.
            is_urgent: returns whether something has happened that the next `poll` must look into.
        """
        self.violation: Verdict | None = None
        self.stops = section.on_violation == "stop"
        self.recheck_count = 0
        self.last_errors: tuple[str, ...] = ()
        self._recheck = recheck
        self.interval_seconds = 60 * section.recheck_minutes
        self._grace_seconds = 60 * section.recheck_grace_minutes
        self._clock = clock
        self._jitter = jitter
        self._is_urgent = is_urgent
        self._due = clock() + self._jittered(self.interval_seconds)
        self._silent_since: float | None = None
        self._violated_by_silence = False
        self._reported: set[str] = set()
        self._just_reported: set[str] = set()

    def poll(self) -> StatusChange | None:
        """Check the key again if the interval has passed.

        Returns:
            The change, if there is one that the operator must be notified of.
        """
        if self.interval_seconds and self._is_urgent():
            self.poll_soon()
        if not self.interval_seconds or self._clock() < self._due:
            return None
        began = self._clock()
        failing_interval = min(self.interval_seconds, _RECHECK_WHILE_FAILING_SECONDS)
        self._due = began + failing_interval  # even if the recheck itself raises
        self.recheck_count += 1
        verdict = self._recheck()
        self.last_errors = tuple(sorted(_error_names(verdict)))
        self._due = self._clock() + self._jittered(self.interval_seconds if verdict.admitted else failing_interval)
        if verdict.admitted:
            return self._recover(verdict)
        for finding in verdict.findings:
            logger.warning("API key guard: %s", describe_finding(finding))
        if not verdict.silent:
            return self._violate(verdict, None)
        return self._tolerate(verdict, began)

    def poll_soon(self, reported: Verdict | None = None) -> None:
        """Have the next `poll` check the key, because there is a reason to doubt it.

        Args:
            reported: what the operator was just notified of; the same of the key itself is no news then.
        """
        self._due = self._clock()
        self._just_reported = set() if reported is None else _error_names(reported)

    def _jittered(self, seconds: float) -> float:
        return seconds * (1 - _MAX_JITTER * self._jitter())

    def fail(self, finding: Finding) -> StatusChange | None:
        """Hold the bot because the monitor itself failed."""
        self.last_errors = (finding.name,)
        return self._violate(Verdict(findings=(finding,)), None)

    def _tolerate(self, verdict: Verdict, began: float) -> StatusChange | None:
        """Let the bot go on while the exchange says nothing of its key, until the grace is over."""
        if self.violation is not None and not self._violated_by_silence:
            return None
        is_first = self._silent_since is None
        self._silent_since = began if self._silent_since is None else self._silent_since
        silent_seconds = began - self._silent_since
        if is_first:
            self._due = self._clock() + min(self.interval_seconds, _LOOK_AGAIN_SECONDS)
        remaining = self._grace_seconds - silent_seconds
        if remaining <= 0 and not (is_first and not verdict.transient):
            return self._violate(verdict, silent_seconds / 60)
        logger.warning(
            "API key guard: the key could not be checked; the bot goes on%s.",
            f" for another {describe_minutes(remaining / 60)}" if remaining > 0 else ", and the key is checked again",
        )
        return None

    def _violate(self, verdict: Verdict, unreachable_minutes: float | None) -> StatusChange | None:
        if self.violation is not None and not self._is_news(verdict, unreachable_minutes):
            return None
        names = _error_names(verdict)
        is_known = self.violation is None and bool(names) and names <= self._just_reported
        self._just_reported = set()
        self.violation = verdict
        self._violated_by_silence = unreachable_minutes is not None
        self._reported |= names
        return None if is_known else StatusChange(verdict, recovered=False, unreachable_minutes=unreachable_minutes)

    def _is_news(self, verdict: Verdict, unreachable_minutes: float | None) -> bool:
        """Return whether the operator of a bot that is held must hear of another verdict.

        A graver outcome always has an error that was not reported, because the name of an error decides its outcome.
        """
        if unreachable_minutes is not None:
            return False
        return self._violated_by_silence or not _error_names(verdict) <= self._reported

    def _recover(self, verdict: Verdict) -> StatusChange | None:
        self._silent_since = None
        self._just_reported = set()
        if self.violation is None:
            return None
        self.violation = None
        self._reported = set()
        return StatusChange(verdict, recovered=True)


def _error_names(verdict: Verdict) -> set[str]:
    return {finding.name for finding in verdict.findings if finding.severity is Severity.ERROR}
