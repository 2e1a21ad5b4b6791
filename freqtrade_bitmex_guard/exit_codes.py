"""The exit codes of our commands, a contract with scripts and service managers."""

from __future__ import annotations

from freqtrade_bitmex_guard.findings import Outcome
from freqtrade_bitmex_guard.verdict import Verdict

BUG = 1
INTERRUPTED = 130
OF = {
    Outcome.ADMITTED: 0,
    Outcome.REFUSED: 2,
    Outcome.UNVERIFIED: 3,
    Outcome.MISCONFIGURED: 4,
}


def of(verdict: Verdict) -> int:
    """The exit code of a verdict; a bug in the guard has its own."""
    return BUG if verdict.is_bug else OF[verdict.outcome]
