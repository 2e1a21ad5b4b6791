"""One kind of rule, and how its issues become findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.account import AccountQuery, Evidence
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.key import NotReported
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_SEVERITIES = {"error": Severity.ERROR, "warning": Severity.WARNING, "ignore": None}


class Scope(Enum):
    """What a rule needs to know."""

    KEY = auto()  # nothing but the key, so the rule is checked while a bot runs
    ACCOUNT = auto()


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that is not fine, or not reported.

    Attributes:
        message: what was found, and what it means for the money.
        fix: the next thing to type or click.
        reported: whether the exchange reported it.
        severity: if it is more severe than the rule usually is.
        is_demanded: whether the policy demands what is not fine here; such an issue is an error, whatever severity was
            chosen.
        is_accepted: whether the operator accepted it in writing; such an issue is a warning.
    """

    message: str
    fix: str
    reported: bool = True
    severity: Severity | None = None
    is_demanded: bool = False
    is_accepted: bool = False


Judge = Callable[[Evidence, Policy, ExchangeProfile], Iterator[Issue]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One test of the evidence against the policy.

    A rule whose finding is `configurable` in the catalogue is about the account's posture: the operator chooses its
    severity, and what is not reported has a severity of its own. Every issue of any other rule is an error, unless the
    rule can be accepted and the operator accepted it in writing.

    Attributes:
        name: of its finding; the judge is named like it.
        judge: yields its issues; none if the rule is positively met.
        severity: of its issues, unless the operator chooses another.
        scope: what it needs to know.
        query: the question about the account that has to be asked for it.
        priority: its place in an audit, from 1 on: what may cost money today comes before what may one day.
        expects: the policy's fields in which the operator writes what must be so. If one is written, "not reported" is
            an error.
        can_be_accepted: whether the operator may accept its issues in writing.
    """

    name: str
    judge: Judge
    severity: Severity = Severity.ERROR
    scope: Scope = Scope.KEY
    query: AccountQuery | None = None
    priority: int = 0
    expects: tuple[str, ...] = ()
    can_be_accepted: bool = False

    def __post_init__(self) -> None:
        if self.judge.__name__ != self.name.replace("-", "_"):
            raise ValueError(f"{self.name}: its function has another name")
        if not self.is_configurable and self.severity is not Severity.ERROR:
            raise ValueError(f"{self.name}: only a configurable rule can be less than an error")

    @property
    def is_configurable(self) -> bool:
        """Whether the operator chooses its severity."""
        return FINDINGS[self.name].configurable

    def is_ignored(self, policy: Policy) -> bool:
        """Return whether the operator switched the rule off."""
        return self.is_configurable and policy.severity.get(self.name) == "ignore"

    def severity_of(self, issue: Issue, policy: Policy) -> Severity | None:
        """Return the severity of an issue, or None if the operator ignores it."""
        chosen = policy.severity.get(self.name)
        if issue.is_demanded:
            return Severity.ERROR
        if not self.is_configurable:
            return Severity.WARNING if self.can_be_accepted and issue.is_accepted else Severity.ERROR
        if chosen == "ignore":
            return None
        if issue.reported:
            return _SEVERITIES[chosen] if chosen else issue.severity or self.severity
        if any(name in policy.model_fields_set for name in self.expects):
            return Severity.ERROR
        return _SEVERITIES[policy.severity_not_reported]


def evaluate(rules: Iterable[Rule], evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> list[Finding]:
    """Judge evidence by rules.

    Args:
        rules: from `rules_for`.
        evidence: the key and the account around it.
        policy: what the operator allows.
        profile: of the exchange.

    Returns:
        The findings, in the order of the rules.
    """
    findings = []
    for rule in rules:
        for issue in rule.judge(evidence, policy, profile):
            severity = rule.severity_of(issue, policy)
            if severity is not None:
                findings.append(Finding(rule.name, severity, issue.message, issue.fix))
    return findings


def not_reported(subject: str, answer: NotReported | None, profile: ExchangeProfile) -> Issue:
    """Return the issue that something is not known.

    Args:
        subject: what was not reported, as a clause that begins with "whether", "when" or the like.
        answer: the exchange's, or None if it just left it out.
        profile: of the exchange.
    """
    reason = f" ({sanitize(answer.reason, 200)})" if answer is not None and answer.reason else ""
    return Issue(
        f"{profile.title} did not report {subject}{reason}, so it could not be verified.",
        f"Check it yourself: {profile.page.location} and {profile.page.security}.",
        reported=False,
    )
