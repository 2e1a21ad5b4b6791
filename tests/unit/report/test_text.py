"""The words of the verdict for people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from freqtrade_bitmex_guard.model.key import (
    IpRestriction,
    NotReported,
    NotSupported,
    Permission,
    PermissionKind,
    RestrictedTo,
    RestrictedUndisclosed,
    Unrestricted,
)
from freqtrade_bitmex_guard.model.networks import parse_network
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report import faults, text
from tests.support.factories import facts

GOOD = Verdict(findings=(), facts=(facts("order"),), exchange="bitmex", key="LAqU…", servers=("https://x:443",))


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        (RestrictedTo((parse_network("203.0.113.7"),), ("odd",)), "203.0.113.7/32, 'odd'"),
        (RestrictedTo(()), "none"),
        (Unrestricted("no list"), "no restriction (no list)"),
        (RestrictedUndisclosed("a flag"), "restricted, but to what is not reported (a flag)"),
        (NotReported("left out"), "not reported (left out)"),
        (NotSupported("no such thing"), "not supported (no such thing)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_answer_about_the_ip_restriction_has_its_words(restriction: IpRestriction, expected: str) -> None:
    assert text.describe_ip_restriction(facts("order", addresses=restriction)) == expected


def test_an_admitted_start_is_one_line() -> None:
    assert text.summary_line(GOOD) == (
        "API key LAqU… on bitmex admitted: permissions order; allowed IPs 203.0.113.7/32; "
        "checked with https://x:443 in 0 ms."
    )


NOTE = "It also moves money between your own accounts."
WITH_NOTE = replace(
    GOOD.facts[0],
    permissions=frozenset([Permission("trade", PermissionKind.TRADE, NOTE), Permission("read", PermissionKind.READ)]),
    expires=datetime(2026, 12, 24, 18, 30, tzinfo=UTC),
)


def test_what_a_permission_allows_besides_is_the_exchanges_doing() -> None:
    verdict = replace(GOOD, facts=(WITH_NOTE,))

    for report in (text.render(verdict), text.render_plain(verdict)):
        shown = " ".join(report.split())
        assert f"trade: {NOTE} (The exchange does not separate this.)" in shown
        assert "read:" not in shown
    assert text.describe_notes(GOOD.facts[0]) == []


def test_the_end_of_a_key_is_shown_where_there_is_one() -> None:
    verdict = replace(GOOD, facts=(WITH_NOTE,))

    for report in (text.render(verdict), text.render_plain(verdict), text.summary_line(verdict)):
        assert "expires 2026-12-24 18:30 UTC" in " ".join(report.split())
    assert "expires" not in text.render(GOOD) + text.render_plain(GOOD) + text.summary_line(GOOD)


def test_an_admission_without_verification_says_so_everywhere() -> None:
    verdict = Verdict(findings=(), facts=GOOD.facts, unverified=("permissions", "ip-restriction"))

    assert faults.headline(verdict) == (
        "ADMITTED as the policy accepts it, without verification: permissions, ip restriction."
    )
    assert text.summary_line(verdict).endswith("without verification: permissions, ip restriction.")
    for report in (text.render(verdict), text.render_plain(verdict)):
        assert "permissions, ip restriction" in report


def test_a_verdict_that_does_not_admit_keeps_its_headline() -> None:
    assert faults.headline(Verdict(findings=(), unverified=("permissions",))).startswith("UNVERIFIED: ")


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, "minute"), (1.2, "minute"), (2, "2 minutes"), (180, "180 minutes")]
)
def test_minutes_are_counted(minutes: float, expected: str) -> None:
    assert text.describe_minutes(minutes) == expected
