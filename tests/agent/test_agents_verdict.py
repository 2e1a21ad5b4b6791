"""An agent's verdict with something changed: it never admits more than the real one."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from freqtrade_bitmex_guard.check import remote
from freqtrade_bitmex_guard.check.interface import CheckResult
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.key import (
    NotReported,
    NotSupported,
    RestrictedTo,
    RestrictedUndisclosed,
    Unrestricted,
)
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

Change = Callable[[dict[str, Any]], Any]


def edited(hello: dict[str, Any], change: Change) -> dict[str, Any]:
    changed = deepcopy(hello)
    change(changed)
    return {"hello": changed}


def give_right(hello: dict[str, Any]) -> None:
    hello["verdict"]["facts"][0]["permissions"].append({"name": "withdraw", "kind": "trade", "note": ""})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda hello: hello.pop("verdict"), "The signing agent reports no verdict."),
        (lambda hello: hello.update(verdict="admitted"), "The signing agent reports no verdict."),
        (lambda hello: hello["verdict"].update(verdict="refused"), "The signing agent has not admitted its key."),
        (lambda hello: hello["verdict"].pop("verdict"), "The signing agent has not admitted its key."),
        (give_right, "The signing agent has not admitted its key."),
        (lambda hello: hello.update(recheck_minutes=60, age_seconds=46_801), "The agent's verdict is too old."),
        (lambda hello: hello.update(recheck_minutes=0.5, age_seconds=43_231), "The agent's verdict is too old."),
        (lambda hello: hello.update(recheck_minutes=None), "The agent's verdict is too old."),
        (lambda hello: hello.update(recheck_minutes="60"), "The agent's verdict is too old."),
        (lambda hello: hello.update(age_seconds="0"), "The agent's verdict is too old."),
        (lambda hello: hello.pop("age_seconds"), "The agent's verdict is too old."),
        (lambda hello: hello.update(recheck_minutes=0, age_seconds=None), "The agent's verdict is too old."),
    ],
    ids=range(12),
)
def test_a_verdict_that_does_not_admit_is_never_admitted(
    hello: dict[str, Any], answered: Callable[..., CheckResult], change: Change, message: str
) -> None:
    result = answered(edited(hello, change))
    (finding,) = result.verdict.findings
    assert (finding.name, finding.severity, result.admission) == ("agent-not-admitted", Severity.ERROR, None)
    assert finding.message == message
    assert finding.fix == (
        "Restart the agent, or report this."
        if "no verdict" in message
        else "Run `freqtrade-bitmex-guard check -c AGENT_CONFIG` as the agent's user."
    )


@pytest.mark.parametrize(("minutes", "age"), [(60, 46_800), (0.5, 43_230), (0, 10**9)])
def test_a_verdict_may_be_twelve_hours_late(
    hello: dict[str, Any], answered: Callable[..., CheckResult], minutes: float, age: int
) -> None:
    assert answered({"hello": {**hello, "recheck_minutes": minutes, "age_seconds": age}}).verdict.admitted


def with_finding(hello: dict[str, Any], **changed: Any) -> dict[str, Any]:
    entry = {"rule": "key-age", "severity": "warning", "message": "m" * 600, "fix": "f\x1b" * 400, **changed}
    return edited(hello, lambda hello: hello["verdict"].update(findings=[entry]))


def test_a_warning_of_the_agent_is_shown_and_admits(
    hello: dict[str, Any], answered: Callable[..., CheckResult]
) -> None:
    verdict = answered(with_finding(hello)).verdict
    (finding,) = verdict.findings
    assert (verdict.admitted, finding.name, finding.severity) == (True, "key-age", Severity.WARNING)
    assert finding.message == sanitize("m" * 600, 500)
    assert finding.fix == sanitize("f?" * 400, 500)


@pytest.mark.parametrize("severity", ["error", "info", "WARNING", None])
def test_what_is_no_warning_counts_as_an_error(
    hello: dict[str, Any], answered: Callable[..., CheckResult], severity: object
) -> None:
    result = answered(with_finding(hello, severity=severity))
    assert [finding.severity for finding in result.verdict.findings] == [Severity.ERROR]
    assert result.admission is None
    unknown = answered(with_finding(hello, rule="no-such-rule", severity=severity)).verdict
    assert [(finding.name, finding.message[:9]) for finding in unknown.findings] == [("internal-error", "m" * 9)]


@pytest.mark.parametrize("field", ["permissions", "addresses", "enabled", "name", "created", "expires"])
def test_facts_without_a_field_are_no_facts(
    hello: dict[str, Any], answered: Callable[..., CheckResult], field: str
) -> None:
    result = answered(edited(hello, lambda hello: hello["verdict"]["facts"][0].pop(field)))
    assert [finding.name for finding in result.verdict.findings] == ["internal-error"]
    assert result.admission is None


def test_a_verdict_without_facts_admits_nothing(hello: dict[str, Any], answered: Callable[..., CheckResult]) -> None:
    empty: tuple[list[str] | None, ...] = ([], None)
    for none in empty:
        result = answered({"hello": {**hello, "verdict": {**hello["verdict"], "facts": none}}})
        assert (result.verdict.outcome, result.admission) == (Outcome.UNVERIFIED, None)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("undisclosed", RestrictedUndisclosed),
        ("not-told", NotReported),
        ("not-supported", NotSupported),
        ("unrestricted", Unrestricted),
        ("another", Unrestricted),
        (None, Unrestricted),
    ],
)
def test_an_unknown_kind_of_addresses_is_unrestricted(hello: dict[str, Any], kind: str | None, expected: Any) -> None:
    (entry,) = hello["verdict"]["facts"]
    facts = remote._facts_of({**entry, "addresses": {"kind": kind, "blocks": []}}, PROFILE)
    assert facts.ip_restriction == expected("so the signing agent reports")


def test_facts_are_read_field_by_field(hello: dict[str, Any]) -> None:
    (entry,) = hello["verdict"]["facts"]
    dated = {"created": "2026-11-20T00:00:00+00:00", "expires": "2027-11-20T00:00:00+00:00", "name": "bot 7"}
    facts = remote._facts_of({**entry, **dated, "enabled": False}, PROFILE)
    assert facts.ip_restriction == RestrictedTo.from_texts(["127.0.0.1/32"])
    assert facts.permissions == frozenset({PROFILE.permission("order")})
    assert (facts.enabled, facts.name) == (False, "bot 7")
    assert (facts.created, facts.expires) == (datetime(2026, 11, 20, tzinfo=UTC), datetime(2027, 11, 20, tzinfo=UTC))
    unknown = {"created": None, "expires": None, "name": 7, "enabled": "yes", "permissions": None}
    facts = remote._facts_of({**entry, **unknown}, PROFILE)
    assert (facts.enabled, facts.name, facts.created, facts.expires, facts.permissions) == (None,) * 5


def test_only_what_the_exchange_cannot_report_is_unverified(hello: dict[str, Any]) -> None:
    mute = replace(PROFILE, cannot_report=("permissions", "ip-restriction"))
    document = {
        **hello["verdict"],
        "unverified": ["ip-restriction", "anything"],
        "servers": ["a\x1b", "b"],
        "key": "k\x1b",
    }
    started = time.monotonic() - 2
    verdict = remote._verdict_of({**hello, "verdict": document}, mute, started)
    assert verdict.unverified == ("ip-restriction",)
    assert (verdict.servers, verdict.key) == (("a?", "b"), "k?")
    assert 2_000 <= verdict.duration_ms < 60_000
    sparse = {**document, "unverified": None, "servers": None}
    verdict = remote._verdict_of({**hello, "verdict": sparse}, mute, started)
    assert (verdict.unverified, verdict.servers) == ((), ())
