"""What the agent lets through now: from the check of the key, repeated by the agent's own timer."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from freqtrade_bitmex_guard.agent.judge import Standing
from freqtrade_bitmex_guard.check.monitor import KeyMonitor
from freqtrade_bitmex_guard.config.section import GuardConfig
from freqtrade_bitmex_guard.model.findings import internal_error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report.text import describe_finding

logger = logging.getLogger("freqtrade_bitmex_guard")

_POLL_SECONDS = 0.5


class KeyStanding:
    """The standing of one key. Before the first admission nothing is let through.

    Attributes:
        verdict: the newest one.
        admitted_at: when the key last passed, in monotonic seconds; None if it never did.
    """

    def __init__(self, verdict: Verdict, recheck: Callable[[], Verdict], section: GuardConfig) -> None:
        """Begin with the verdict of the first check.

        Args:
            verdict: of the first check.
            recheck: checks the key in memory again.
            section: says how often, and what a violation leads to.
        """
        self.verdict = verdict
        self.checked_at = time.monotonic()
        self.admitted_at = self.checked_at if verdict.admitted else None
        self._section = section
        self._recheck = recheck
        self._admitted_verdict = verdict
        self._monitor = KeyMonitor(self._recheck_and_keep, section)
        self._ended = threading.Event()

    @property
    def now(self) -> Standing:
        """The standing now."""
        if self.admitted_at is None:
            return Standing.NOTHING
        if self._monitor.violation is None:
            return Standing.ALL
        return Standing.CANCEL if self._monitor.stops else Standing.REDUCE

    @property
    def shown_verdict(self) -> Verdict:
        """The verdict that the standing rests on: a silence that is still tolerated is not shown as one."""
        return self._monitor.violation or (self.verdict if self.verdict.admitted else self._admitted_verdict)

    @property
    def age_seconds(self) -> int:
        """How long ago the key was last checked."""
        return int(time.monotonic() - self.checked_at)

    @property
    def recheck_minutes(self) -> float:
        """How often the key is checked again; 0 for never."""
        return self._section.recheck_minutes

    def watch(self) -> None:
        """Check the key again whenever it is due, until `end`."""
        while not self._ended.wait(_POLL_SECONDS):
            self.poll()

    def poll(self) -> None:
        """Check the key again if it is due."""
        try:
            change = self._monitor.poll()
        except Exception as problem:
            change = self._monitor.fail(internal_error(problem))
        if change is None:
            return
        logger.warning(
            "Signing agent: the key %s; standing: %s.",
            "passes again" if change.recovered else "does not pass",
            self.now,
        )
        for finding in () if change.recovered else change.verdict.findings:
            logger.warning("Signing agent: %s", describe_finding(finding))

    def end(self) -> None:
        """Stop watching."""
        self._ended.set()

    def _recheck_and_keep(self) -> Verdict:
        if self.verdict.admitted:
            self._admitted_verdict = self.verdict
        self.verdict = self._recheck()
        self.checked_at = time.monotonic()
        if self.verdict.admitted:
            self.admitted_at = self.checked_at
        return self.verdict
