"""How findings become a verdict."""

from __future__ import annotations

import itertools
import traceback

import pytest

from freqtrade_bitmex_guard.model.catalogue import FINDINGS, Outcome
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, Severity, error, fail, warning
from freqtrade_bitmex_guard.model.key import PermissionKind
from freqtrade_bitmex_guard.model.verdict import Verdict, sort_findings
from freqtrade_bitmex_guard.plugin.shape import fail_unsupported
from tests.support.factories import facts

GRAVEST_FIRST = [Outcome.MISCONFIGURED, Outcome.REFUSED, Outcome.UNVERIFIED]


AN_ERROR = {
    Outcome.MISCONFIGURED: error("section-invalid", "m", "f"),
    Outcome.REFUSED: error("ip-too-many", "m", "f"),
    Outcome.UNVERIFIED: error("maintenance", "m", "f"),
}


def test_an_unsupported_freqtrade_is_told_with_the_versions_that_will_do() -> None:
    with pytest.raises(GuardError) as stopped:
        fail_unsupported()
    fix = (
        "Install a freqtrade that this version of the guard supports (2026.8 or later; 2026.9 is the newest it was "
        "tested with), or reinstall the guard from a newer checkout."
    )
    what = "The internals of the installed freqtrade have changed, so the guard cannot be installed."
    assert stopped.value.findings == (error("freqtrade-unsupported", what, fix),)
    with pytest.raises(GuardError, match="freqtrade-unsupported: Something else\\."):
        fail_unsupported("Something else.")


def test_nothing_is_admitted_without_facts() -> None:
    assert Verdict(findings=()).outcome is Outcome.UNVERIFIED
    assert Verdict(findings=(warning("guard-disabled", "m", "f"),)).outcome is Outcome.UNVERIFIED


def test_facts_without_an_error_are_admitted() -> None:
    assert Verdict(findings=(), facts=(facts("order"),)).admitted
    assert Verdict(findings=(warning("guard-disabled", "m", "f"),), facts=(facts("order"),)).admitted


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("with_facts", [True, False])
def test_the_gravest_outcome_is_told_in_whatever_order_it_was_found(size: int, with_facts: bool) -> None:
    for outcomes in itertools.permutations(GRAVEST_FIRST, size):
        verdict = Verdict(
            findings=tuple(AN_ERROR[outcome] for outcome in outcomes), facts=(facts("order"),) if with_facts else ()
        )
        assert verdict.outcome is min(outcomes, key=GRAVEST_FIRST.index)
        assert not verdict.admitted


def test_findings_are_told_once_and_the_gravest_first() -> None:
    mixed = [warning("guard-disabled", "m", "f"), *(AN_ERROR[outcome] for outcome in GRAVEST_FIRST[::-1])]
    assert [finding.outcome for finding in sort_findings(mixed + mixed)] == [*GRAVEST_FIRST, Outcome.ADMITTED]


def test_a_rule_that_is_not_published_cannot_be_found() -> None:
    with pytest.raises(ValueError, match="no such finding"):
        Finding("made-up", Severity.ERROR, "m", "f")


def test_a_finding_keeps_its_fields_and_several_fail_together() -> None:
    two = warning("guard-disabled", "m", "f"), error("maintenance", "n", "g")
    assert two == (
        Finding("guard-disabled", Severity.WARNING, "m", "f"),
        Finding("maintenance", Severity.ERROR, "n", "g"),
    )
    assert str(GuardError(*two)) == "guard-disabled: m; maintenance: n"
    assert GuardError(*two).findings == two


def test_what_was_being_handled_does_not_follow_a_finding_into_a_traceback() -> None:
    with pytest.raises(GuardError) as stopped:
        try:
            raise RuntimeError("a secret")
        except RuntimeError:
            fail("store-unavailable", "m", "f")
    assert "a secret" not in "".join(traceback.format_exception(stopped.value))


def test_only_a_verdict_whose_every_cause_passes_is_worth_waiting_for() -> None:
    passing, lasting = error("maintenance", "m", "f"), error("key-unknown", "m", "f")
    assert Verdict(findings=(passing,)).transient
    assert not Verdict(findings=(passing, lasting)).transient
    assert not Verdict(findings=()).transient
    assert not Verdict(findings=(passing, AN_ERROR[Outcome.REFUSED])).transient


@pytest.mark.parametrize(
    ("outcome", "code"), [(Outcome.REFUSED, 2), (Outcome.UNVERIFIED, 3), (Outcome.MISCONFIGURED, 4)]
)
def test_exit_codes_are_as_published(outcome: Outcome, code: int) -> None:
    assert Verdict(findings=(AN_ERROR[outcome],)).exit_code == code


def test_admitted_ends_with_0_and_a_bug_with_1() -> None:
    assert Verdict(findings=(), facts=(facts("order"),)).exit_code == 0
    assert Verdict(findings=(error("internal-error", "m", "f"),), facts=(facts("order"),)).exit_code == 1


def test_no_published_rule_leads_to_admission() -> None:
    assert all(rule.outcome is not Outcome.ADMITTED for rule in FINDINGS.values())
    assert all(rule.outcome is Outcome.UNVERIFIED for rule in FINDINGS.values() if rule.transient)


def test_the_words_that_others_read_in_the_json_stay_as_they_are() -> None:
    assert list(Outcome) == ["misconfigured", "refused", "unverified", "admitted"]
    assert list(Severity) == ["error", "warning", "info"]
    assert list(PermissionKind) == ["read", "trade", "cancel", "withdraw", "transfer", "manage keys", "unknown"]


def test_a_verdict_that_nobody_worked_for_cost_nothing() -> None:
    verdict = Verdict(findings=())
    assert (verdict.requests, verdict.duration_ms, verdict.exchange, verdict.key) == (0, 0, None, None)
