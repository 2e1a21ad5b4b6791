"""How a rule about the account's posture works.

Unlike the guard's own rules, its severity is the operator's to choose, and it has a third outcome: not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from freqtrade_bitmex_guard.facts import NotTold
from freqtrade_bitmex_guard.findings import Finding, Severity
from freqtrade_bitmex_guard.policy import Policy
from freqtrade_bitmex_guard.posture import Posture, Topic
from freqtrade_bitmex_guard.redaction import harmless
from freqtrade_bitmex_guard.terms import Terms

_SEVERITIES = {"error": Severity.ERROR, "warning": Severity.WARNING, "ignore": None}


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that is not fine, or not told.

    Attributes:
        message: what was found, and what it means for the money.
        fix: the next thing to type or click.
        told: whether the exchange told it.
        severity: if it is graver than the rule usually is.
    """

    message: str
    fix: str
    told: bool = True
    severity: Severity | None = None


Judge = Callable[[Posture, Policy, Terms], Iterator[Concern]]


@dataclass(frozen=True, slots=True)
class PostureRule:
    """One rule about posture.

    Attributes:
        name: as in `findings.PUBLISHED`.
        severity: what it leads to unless the operator says otherwise.
        judge: yields what concerns it; nothing if the rule is positively met.
        urgency: where an audit tells of it, from 1 on: what may cost money today comes before what may one day.
        of_the_key: whether it needs nothing but the key itself, so that it is watched while the bot runs.
        topic: what has to be asked of the exchange for it, beyond the key itself.
        expects: the policy's fields in which the operator writes what must be so.
    """

    name: str
    severity: Severity
    judge: Judge
    urgency: int
    of_the_key: bool
    topic: Topic | None = None
    expects: tuple[str, ...] = ()

    def is_ignored(self, policy: Policy) -> bool:
        """Whether the operator does not want to hear of it."""
        return self._chosen(policy) == "ignore"

    def apply(self, posture: Posture, policy: Policy, terms: Terms) -> Iterator[Finding]:
        """What the rule finds, with the severity that the operator, or else the rule, gives it."""
        if self.is_ignored(policy):
            return
        for concern in self.judge(posture, policy, terms):
            severity = self._severity(concern, policy)
            if severity is not None:
                yield Finding(self.name, severity, concern.message, concern.fix)

    def _chosen(self, policy: Policy) -> str | None:
        return policy.severity.get(self.name)

    def _severity(self, concern: Concern, policy: Policy) -> Severity | None:
        chosen = self._chosen(policy)
        if concern.told:
            return _SEVERITIES[chosen] if chosen else concern.severity or self.severity
        if any(name in policy.model_fields_set for name in self.expects):
            return Severity.ERROR
        return _SEVERITIES[policy.severity_not_told]


def not_told(what: str, why: NotTold | None, terms: Terms) -> Concern:
    """The concern that something is not known.

    Args:
        what: was not told, as a clause that begins with "whether", "when" or the like.
        why: the exchange's reason, or None if it just left it out.
        terms: the exchange's words.
    """
    because = f" ({harmless(why.why, 200)})" if why is not None and why.why else ""
    return Concern(
        f"{terms.title} did not reveal {what}{because}: nothing shows that it is fine.",
        f"See for yourself: {terms.keys_page} and {terms.security_page}.",
        told=False,
    )
