"""The check of a fleet as JUnit's XML, which CI systems show: a case for each bot, and for each rule across bots."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from freqtrade_bitmex_guard.fleet.across import DEFAULT_SEVERITIES
from freqtrade_bitmex_guard.fleet.run import FleetVerdict
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.registry import redact


def to_junit(fleet: FleetVerdict) -> str:
    """Return the check as XML. Refused and misconfigured bots are failures, unverified ones are errors."""
    root = ElementTree.Element("testsuites", name="freqtrade-bitmex-guard fleet", time=_seconds(fleet.duration_ms))
    _add_suite(root, "bots", [*(_bot_case(*bot) for bot in fleet.bots), *map(_skipped_case, fleet.not_checked)])
    _add_suite(root, "across bots", (_across_case(name, fleet) for name in DEFAULT_SEVERITIES))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _add_suite(root: ElementTree.Element, name: str, cases: Iterable[ElementTree.Element]) -> None:
    suite = ElementTree.SubElement(root, "testsuite", name=name)
    suite.extend(cases)
    suite.set("tests", str(len(suite)))
    for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(kind) is not None for case in suite)))


def _bot_case(name: str, verdict: Verdict) -> ElementTree.Element:
    case = _case(name, verdict.exchange or "no exchange", verdict.duration_ms)
    errors = [finding for finding in verdict.findings if finding.severity is Severity.ERROR]
    if not verdict.admitted:
        kind = "error" if verdict.outcome is Outcome.UNVERIFIED else "failure"
        message = errors[0].message if errors else "The key could not be verified."
        _add_problem(case, kind, verdict.outcome.value, message, errors)
    _add_output(case, [finding for finding in verdict.findings if finding not in errors])
    return case


def _across_case(name: str, fleet: FleetVerdict) -> ElementTree.Element:
    case = _case(name, "across bots", 0)
    found = [each.finding for each in fleet.across if each.finding.name == name]
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    if errors:
        _add_problem(case, "failure", errors[0].outcome.value, errors[0].message, errors)
    _add_output(case, [finding for finding in found if finding not in errors])
    return case


def _skipped_case(name: str) -> ElementTree.Element:
    case = _case(name, "not checked", 0)
    ElementTree.SubElement(case, "skipped", message="The check was interrupted before this bot's turn.")
    return case


def _case(name: str, group: str, duration_ms: int) -> ElementTree.Element:
    return ElementTree.Element("testcase", name=redact(name), classname=redact(group), time=_seconds(duration_ms))


def _add_problem(case: ElementTree.Element, kind: str, verdict: str, message: str, findings: Iterable[Finding]) -> None:
    problem = ElementTree.SubElement(case, kind, type=verdict, message=redact(message))
    problem.text = _lines(findings)


def _add_output(case: ElementTree.Element, findings: list[Finding]) -> None:
    if findings:
        ElementTree.SubElement(case, "system-out").text = _lines(findings)


def _lines(findings: Iterable[Finding]) -> str:
    # Before XML's own escapes, behind which a secret could not be recognised.
    return redact(
        "\n".join(f"[{each.severity}] {each.name}: {each.message} What to do: {each.fix}" for each in findings)
    )


def _seconds(duration_ms: int) -> str:
    return f"{duration_ms / 1000:.3f}"
