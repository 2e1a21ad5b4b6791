"""An audit as a few short sections, the first of which says what to do first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from freqtrade_bitmex_guard.audit.diff import ChangeKind, KeyChange
from freqtrade_bitmex_guard.audit.run import Audit
from freqtrade_bitmex_guard.model.account import AccountEvent, SiblingKey
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported, RestrictedTo, merge_entries
from freqtrade_bitmex_guard.model.networks import count_addresses
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize
from freqtrade_bitmex_guard.report.text import describe_ip_restriction, describe_permissions
from freqtrade_bitmex_guard.rules import RULES, Scope, rules_for
from freqtrade_bitmex_guard.rules.account import sibling_risks

_HEADLINES = {
    Outcome.ADMITTED: "a bot starts on this key",
    Outcome.REFUSED: "no bot starts on this key until what is marked error is fixed",
    Outcome.UNVERIFIED: "nothing shows that the key is fine, so no bot starts on it",
    Outcome.MISCONFIGURED: "the audit cannot be made like this",
}


_PRIORITY = {rule.name: rule.priority for rule in RULES}


_ACCOUNT_RULES = {rule.name for rule in rules_for(Scope.ACCOUNT)}


_MAX_ROWS = 20


_MAX_EVENTS = 30


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ReportSection:
    """A part of the report.

    Attributes:
        title: of it.
        columns: of its table, or none if it has no table.
        rows: of the table.
        notes: sentences below.
    """

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


def headline(audit: Audit) -> str:
    """The audit in one sentence."""
    verdict = audit.verdict
    counts = Counter(finding.severity for finding in verdict.findings)
    told = [_count_of(counts[severity], severity.value) for severity in (Severity.ERROR, Severity.WARNING)]
    return f"{verdict.outcome.upper()}: {_HEADLINES[verdict.outcome]} ({', '.join(told)})."


def report_sections(audit: Audit) -> list[ReportSection]:
    """The report, the most urgent part first. What there is nothing to say about is left out."""
    parts = [_to_do(audit.verdict.findings), _changes_section(audit)]
    if audit.entries:
        parts += [_keys_section(audit), _account_section(audit), _events_section(audit)]
    return [part for part in parts if part is not None]


def _count_of(number: int, one: str, more: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def _to_do(findings: Sequence[Finding]) -> ReportSection | None:
    if not findings:
        return None
    gravest_first = sorted(findings, key=_priority)
    rows = [
        (str(number), f"{finding.severity}: {finding.name}", finding.message, finding.fix)
        for number, finding in enumerate(gravest_first, 1)
    ]
    return ReportSection("What to do first", ("", "what", "why", "how"), tuple(rows))


def _priority(finding: Finding) -> tuple[int, int]:
    """Posture rules in the order of their urgency; the guard's own rules come first."""
    return list(Severity).index(finding.severity), _PRIORITY.get(finding.name, 0)


def _changes_section(audit: Audit) -> ReportSection | None:
    notes = [f"This audit could not be kept for the next one: {audit.not_kept}."] if audit.not_kept else []
    if audit.last_audit_at is None:
        return (
            ReportSection("Changes", notes=("There is no earlier audit to compare with.", *notes))
            if audit.entries
            else None
        )
    title = f"Changes since {audit.last_audit_at:%Y-%m-%d %H:%M} UTC"
    if not audit.compared_all:
        notes.append("One of the two audits did not see all keys: new and vanished ones cannot be told.")
    if not audit.changes:
        return ReportSection(title, notes=("None that can be seen." if notes else "None.", *notes))
    # All of them: the next audit compares with this one, so it is the only time they are told.
    return ReportSection(title, ("key", "name", "change"), tuple(map(_change, audit.changes)), tuple(notes))


def _change(change: KeyChange) -> tuple[str, str, str]:
    words = {ChangeKind.NEW: f"new: {change.after}", ChangeKind.VANISHED: f"vanished (was: {change.before})"}
    told = words.get(change.kind, f"{change.kind}: {change.before} → {change.after}")
    return change.key, change.name or "", told


def _keys_section(audit: Audit) -> ReportSection:
    columns = ("key", "name", "rights", "works from", "made", "")
    rows = [
        (f"{audit.verdict.key} (this bot's)", *_key_columns(facts), _findings_of_own_key(audit))
        for facts in audit.entries
    ]
    others = audit.account.siblings
    if isinstance(others, NotReported):
        return ReportSection("Keys", columns, tuple(rows), (f"Other keys of the account: not told ({others.reason}).",))
    risky = [(other, danger) for other in others if (danger := sibling_risks(other))]
    risky.sort(key=lambda found: len(found[1]), reverse=True)
    shown, left = _first(risky, _MAX_ROWS)
    rows += [(other.masked_id, *_key_columns(other.facts), ", ".join(danger)) for other, danger in shown]
    notes = [f"And {left:,} more that can do what a bot's key must not; --format json has all."] if left else []
    harmless_ones = [other for other in others if not sibling_risks(other)]
    if len(harmless_ones) <= _MAX_ROWS - len(shown):
        rows += [(other.masked_id, *_key_columns(other.facts), "") for other in harmless_ones]
    else:
        notes += _group_lines(harmless_ones)
    return ReportSection(f"Keys ({1 + len(others):,})", columns, tuple(rows), tuple(notes))


def _findings_of_own_key(audit: Audit) -> str:
    rules = [finding.name for finding in audit.verdict.findings if finding.name not in _ACCOUNT_RULES]
    return join_limited(dict.fromkeys(rules))


def _key_columns(facts: KeyFacts | None) -> tuple[str, str, str, str]:
    if facts is None:
        return ("", "not told", "not told", "")
    made = f"{facts.created:%Y-%m-%d}" if facts.created else "not told"
    return (sanitize(facts.name or "", 30), describe_permissions(facts), describe_ip_restriction(facts), made)


def _group_lines(others: Iterable[SiblingKey]) -> list[str]:
    alike = Counter(
        f"{describe_permissions(other.facts)}; from {_scope(other.facts)}"
        for other in others
        if other.facts is not None
    )
    most, left = _first(alike.most_common(), 5)
    notes = [f"{_count_of(number, 'more key')} cannot withdraw: {what}." for what, number in most]
    return [*notes, f"And {left:,} other kinds of such keys."] if left else notes


def _scope(facts: KeyFacts) -> str:
    if isinstance(facts.ip_restriction, RestrictedTo):
        return f"{_count_of(count_addresses(facts.ip_restriction.networks), 'address', 'addresses')} each"
    return describe_ip_restriction(facts)


def _account_section(audit: Audit) -> ReportSection:
    account = audit.account
    two_factor = account.two_factor
    addresses = account.withdrawal_addresses
    own = merge_entries(audit.entries)
    rows = [
        (
            "two-factor",
            f"not told ({two_factor.reason})" if isinstance(two_factor, NotReported) else _on_or_off(two_factor),
        ),
        (
            "withdrawal addresses",
            f"not told ({addresses.reason})"
            if isinstance(addresses, NotReported)
            else f"{_count_of(len(addresses), 'saved address', 'saved addresses')}, "
            f"{sum(bool(address.skipped_safeguards) for address in addresses):,} of them without a safeguard",
        ),
        ("user, account", f"{sanitize(own.user_id or '?')}, {sanitize(own.account_id or '?')}"),
    ]
    return ReportSection("Account", ("", ""), tuple((name, sanitize(told, 200)) for name, told in rows))


def _on_or_off(told: bool) -> str:
    return "on" if told else "off"


def _events_section(audit: Audit) -> ReportSection:
    timeline = audit.account.event_log
    title = f"What happened since {audit.since:%Y-%m-%d}"
    if isinstance(timeline, NotReported):
        return ReportSection(title, notes=(f"Not told ({sanitize(timeline.reason, 200)}).",))
    events = timeline.since(audit.since)
    weighty = [event for event in events if event.security_relevant]
    others = [event for event in events if not event.security_relevant]
    if len(events) <= _MAX_EVENTS:
        weighty, others = list(events), []
    shown, left = _first(weighty, _MAX_EVENTS)
    notes = [f"And {left:,} more; --format json has all."] if left else []
    own = timeline.creation_of(merge_entries(audit.entries))
    if any(event.security_relevant and event is not own for event in shown):
        notes.append("(!) changes who can get at the money, or moves some: you should know of each.")
    notes += _events_by_type(others)
    if not events:
        notes.append("Nothing.")
    if not timeline.covers(audit.since):
        notes.append("The exchange did not tell all of it: earlier events may be missing.")
    rows = tuple(_event(event, own) for event in shown)
    return ReportSection(title, ("when (UTC)", "what", "from", "ended"), rows, tuple(notes))


def _event(event: AccountEvent, own: AccountEvent | None) -> tuple[str, str, str, str]:
    what = sanitize(event.type, 40)
    if event is own:
        what += " (this bot's)"
    elif event.security_relevant:
        what += " (!)"
    return (f"{event.time:%Y-%m-%d %H:%M}", what, sanitize(event.ip or "", 45), sanitize(event.status or "", 20))


def _events_by_type(events: Sequence[AccountEvent]) -> list[str]:
    kinds = Counter(event.type for event in events)
    notes = []
    for word, number in kinds.most_common(8):
        places = Counter(sanitize(event.ip or "nowhere", 45) for event in events if event.type == word)
        from_where = join_limited(place for place, _ in places.most_common())
        notes.append(f"{sanitize(word, 40)}: {_count_of(number, 'time')}, from {from_where}.")
    return notes


def _first(things: Sequence[_T], most: int) -> tuple[Sequence[_T], int]:
    return things[:most], max(0, len(things) - most)
