"""How a rule about the account's posture works.

Unlike the guard's own rules, its severity is the operator's to choose, and it has a third outcome: not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.account import AccountQuery, Evidence
from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.key import NotReported
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_SEVERITIES = {"error": Severity.ERROR, "warning": Severity.WARNING, "ignore": None}


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that is not fine, or not told.

    Attributes:
        message: what was found, and what it means for the money.
        fix: the next thing to type or click.
        reported: whether the exchange told it.
        severity: if it is graver than the rule usually is.
    """

    message: str
    fix: str
    reported: bool = True
    severity: Severity | None = None


Judge = Callable[[Evidence, Policy, ExchangeProfile], Iterator[Issue]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule about posture.

    Attributes:
        name: as in `findings.PUBLISHED`.
        severity: what it leads to unless the operator says otherwise.
        judge: yields what concerns it; nothing if the rule is positively met.
        priority: where an audit tells of it, from 1 on: what may cost money today comes before what may one day.
        of_the_key: whether it needs nothing but the key itself, so that it is watched while the bot runs.
        query: what has to be asked of the exchange for it, beyond the key itself.
        expects: the policy's fields in which the operator writes what must be so.
    """

    name: str
    severity: Severity
    judge: Judge
    priority: int
    of_the_key: bool
    query: AccountQuery | None = None
    expects: tuple[str, ...] = ()

    def is_ignored(self, policy: Policy) -> bool:
        """Whether the operator does not want to hear of it."""
        return self._chosen(policy) == "ignore"

    def apply(self, posture: Evidence, policy: Policy, terms: ExchangeProfile) -> Iterator[Finding]:
        """What the rule finds, with the severity that the operator, or else the rule, gives it."""
        if self.is_ignored(policy):
            return
        for concern in self.judge(posture, policy, terms):
            severity = self._severity(concern, policy)
            if severity is not None:
                yield Finding(self.name, severity, concern.message, concern.fix)

    def _chosen(self, policy: Policy) -> str | None:
        return policy.severity.get(self.name)

    def _severity(self, concern: Issue, policy: Policy) -> Severity | None:
        chosen = self._chosen(policy)
        if concern.reported:
            return _SEVERITIES[chosen] if chosen else concern.severity or self.severity
        if any(name in policy.model_fields_set for name in self.expects):
            return Severity.ERROR
        return _SEVERITIES[policy.severity_not_reported]


def not_reported(what: str, why: NotReported | None, terms: ExchangeProfile) -> Issue:
    """The concern that something is not known.

    Args:
        what: was not told, as a clause that begins with "whether", "when" or the like.
        why: the exchange's reason, or None if it just left it out.
        terms: the exchange's words.
    """
    because = f" ({sanitize(why.reason, 200)})" if why is not None and why.reason else ""
    return Issue(
        f"{terms.title} did not reveal {what}{because}: nothing shows that it is fine.",
        f"See for yourself: {terms.page.location} and {terms.page.security}.",
        reported=False,
    )
