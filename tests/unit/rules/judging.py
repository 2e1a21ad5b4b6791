"""What the tests of rules share: evidence of a good key, and the findings of one rule."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from freqtrade_bitmex_guard import rules
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.account import AccountEvent, AccountFacts, Evidence, SiblingKey
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.model.key import IpRestriction, KeyFacts, NotReported
from tests.support.factories import facts, policy

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

WHY = NotReported("Access Denied")

GOOD_KEY: dict[str, Any] = {
    "created": NOW - timedelta(days=20),
    "name": "freqtrade-btc",
    "user_id": "395724",
    "account_id": "395725",
}


def key(*names: str, **changed: Any) -> KeyFacts:
    """Return a key that no rule finds anything about, with changes."""
    plain = facts(*(names or ("order",)))
    return KeyFacts(plain.permissions, plain.ip_restriction, **{**GOOD_KEY, **changed})


def other(*names: str, addresses: IpRestriction | None = None, **changed: Any) -> SiblingKey:
    """Return another key of the account."""
    plain = facts(*names)
    restriction = plain.ip_restriction if addresses is None else addresses
    return SiblingKey("AbCd…", "fingerprint", KeyFacts(plain.permissions, restriction, **changed))


def event(name: str, days_ago: float, *, weighty: bool = True, **changed: Any) -> AccountEvent:
    """Return an event of the account."""
    time = NOW - timedelta(days=days_ago)
    return AccountEvent(name, time, changed.get("address"), changed.get("status", "success"), weighty)


def found(
    name: str, known: KeyFacts | None = None, account: AccountFacts | None = None, **written: Any
) -> list[Finding]:
    """Return what one rule finds under a policy."""
    rule = next(rule for rule in rules.RULES if rule.name == name)
    evidence = Evidence(known or key(), account or AccountFacts(), NOW)
    findings = rules.evaluate([rule], evidence, policy(**written), PROFILE)
    assert all(finding.name == name and finding.message and finding.fix for finding in findings)
    return findings


def severities(findings: list[Finding]) -> list[str]:
    """Return how severe findings are."""
    return [finding.severity.value for finding in findings]
