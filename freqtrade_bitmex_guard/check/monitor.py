"""The watch while the bot runs: asks again about the key, and knows what stands."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from freqtrade_bitmex_guard.config.section import GuardConfig
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.model.verdict import Verdict

logger = logging.getLogger("freqtrade_bitmex_guard")


# While it is not fine, it is asked more often: the operator waits to hear that it is.
_RECHECK_WHILE_FAILING_SECONDS = 300.0


# Nobody has to do anything for these to pass, though asking at once would make them worse.
_ALSO_TRANSIENT = {"rate-limited"}


@dataclass(frozen=True, slots=True)
class StatusChange:
    """Something the operator is told.

    Attributes:
        verdict: of the look that brought it.
        recovered: whether the key is fine again; else the bot may not go on as before.
        unreachable_minutes: for how long nothing could be found out, if that is what became too much.
    """

    verdict: Verdict
    recovered: bool
    unreachable_minutes: float | None = None


class KeyMonitor:
    """Looks after the key of one running bot.

    Attributes:
        violation: the verdict that stands against the bot, or None while its key is fine.
        stops: whether the bot is stopped then, not only paused.
    """

    def __init__(
        self, ask: Callable[[], Verdict], section: GuardConfig, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin to watch; the first look comes after one whole interval, for a start checks the key itself.

        Args:
            ask: asks the exchange about the key in memory.
            section: how often, and what then.
            clock: in seconds.
        """
        self.violation: Verdict | None = None
        self.stops = section.on_violation == "stop"
        self._ask = ask
        self._every = 60 * section.recheck_minutes
        self._grace = 60 * section.recheck_grace_minutes
        self._clock = clock
        self._next = clock() + self._every
        self._unknown_since: float | None = None
        self._held_for_silence = False

    def poll(self) -> StatusChange | None:
        """Ask about the key, if it is time to.

        Returns:
            What is new, if it is something the operator should be told.
        """
        if not self._every or self._clock() < self._next:
            return None
        began = self._clock()
        self._next = began + min(self._every, _RECHECK_WHILE_FAILING_SECONDS)  # even if the look itself fails
        verdict = self._ask()
        pause = self._every if verdict.admitted else min(self._every, _RECHECK_WHILE_FAILING_SECONDS)
        self._next = self._clock() + pause
        if verdict.admitted:
            return self._fine(verdict)
        for finding in verdict.findings:
            logger.warning("API key guard: %s: %s", finding.name, finding.message)
        silent = self._silent_seconds(verdict, began)
        if silent is not None and silent < self._grace:
            logger.warning(
                "API key guard: the key could not be checked; the bot goes on for another %.0f minutes.",
                (self._grace - silent) / 60,
            )
            return None
        return self._against(verdict, None if silent is None else silent / 60)

    def poll_soon(self) -> None:
        """Look at the next opportunity, for there is a reason to."""
        self._next = self._clock()

    def fail(self, finding: Finding) -> StatusChange | None:
        """Hold the bot, because the watch itself failed."""
        return self._against(Verdict(findings=(finding,)), None)

    def _against(self, verdict: Verdict, silent_minutes: float | None) -> StatusChange | None:
        # Told already; but that nothing could be found out is another thing than what then was found out.
        if self.violation is not None and not (self._held_for_silence and silent_minutes is None):
            return None
        self.violation = verdict
        self._held_for_silence = silent_minutes is not None
        return StatusChange(verdict, recovered=False, unreachable_minutes=silent_minutes)

    def _fine(self, verdict: Verdict) -> StatusChange | None:
        self._unknown_since = None
        if self.violation is None:
            return None
        self.violation = None
        return StatusChange(verdict, recovered=True)

    def _silent_seconds(self, verdict: Verdict, began: float) -> float | None:
        """For how long the exchange has told nothing for a passing cause; None if it told, or the cause stays."""
        passes = verdict.outcome is Outcome.UNVERIFIED and all(
            finding.transient or finding.name in _ALSO_TRANSIENT
            for finding in verdict.findings
            if finding.outcome is Outcome.UNVERIFIED
        )
        if not passes or not verdict.findings:
            return None
        if self._unknown_since is None:
            self._unknown_since = began
        return began - self._unknown_since
