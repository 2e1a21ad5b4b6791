"""A check of a bot against a simulated exchange, and what comes out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import bot_config, other_key


def run_check(folder: Path, exchange: SimulatedBitMEX, **section: Any) -> Verdict:
    """Check a bot whose section has something changed."""
    return LocalCheck(bot_config(folder, exchange, **section)).run().verdict


def summary(verdict: Verdict) -> tuple[Outcome, list[str], int]:
    """Return a verdict's outcome, the names of its findings, and the number of requests."""
    return verdict.outcome, [finding.name for finding in verdict.findings], verdict.requests


def severities(verdict: Verdict) -> dict[str, str]:
    """Return the severity of each of a verdict's findings by its name."""
    return {finding.name: finding.severity.value for finding in verdict.findings}


def make_careless(exchange: SimulatedBitMEX) -> None:
    """Give the account everything that a rule about the account finds."""
    exchange.account.two_factor = None
    exchange.account.add_withdrawal_address("hot wallet", skip2FA=True)
    exchange.account.add_event("withdrawalRequested", days_ago=2, ip="198.51.100.9")
    exchange.keys.append(other_key(permissions=["order", "withdraw"], cidr=None, name="old test"))
