"""A key that is rechecked, with a clock that is set by hand."""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.check.monitor import KeyMonitor
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import Finding, Severity, error
from freqtrade_bitmex_guard.model.verdict import Verdict
from tests.support.factories import facts

GOOD = Verdict(findings=(), facts=(facts("order"),))


def bad(rule: str) -> Verdict:
    return Verdict(findings=(error(rule, "what", "fix"),))


class Day:
    """A monitor, a clock that is set by hand, and the next verdict."""

    def __init__(self, **written: Any) -> None:
        self.now = 1_000.0
        self.verdict = GOOD
        self.checks = 0
        self.monitor = KeyMonitor(
            self.recheck, parse_section(written, PROFILE), clock=lambda: self.now, jitter=lambda: 0
        )

    def recheck(self) -> Verdict:
        self.checks += 1
        return self.verdict

    def after(self, minutes: float, verdict: Verdict = GOOD) -> Any:
        self.verdict = verdict
        self.now += 60 * minutes
        return self.monitor.poll()


TRANSIENT = ("maintenance", "overloaded", "server-error", "unreachable", "timed-out")

ODD = (
    *("rate-limited", "clock-skew", "address-banned", "key-not-listed", "tls-failed", "redirected"),
    "response-too-large",
)


def page(rule: str = "response-invalid") -> Verdict:
    """Return the verdict on an answer that no exchange gave."""
    return Verdict(findings=(Finding(rule, Severity.ERROR, "what", "fix", unheard=True),))
