"""An audit as a few short sections, the first of which says what to do first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from freqtrade_bitmex_guard.addresses import count
from freqtrade_bitmex_guard.audit.audit import Audit
from freqtrade_bitmex_guard.audit.changes import Change, Kind
from freqtrade_bitmex_guard.facts import KeyFacts, NotTold, Only, together
from freqtrade_bitmex_guard.findings import Finding, Outcome, Severity
from freqtrade_bitmex_guard.posture import Event, OtherKey
from freqtrade_bitmex_guard.redaction import harmless, some
from freqtrade_bitmex_guard.report.text import blocks, rights
from freqtrade_bitmex_guard.rules import POSTURE
from freqtrade_bitmex_guard.rules.account import dangers, own_making

_HEADLINES = {
    Outcome.ADMITTED: "a bot starts on this key",
    Outcome.REFUSED: "no bot starts on this key until what is marked error is fixed",
    Outcome.UNVERIFIED: "nothing shows that the key is fine, so no bot starts on it",
    Outcome.MISCONFIGURED: "the audit cannot be made like this",
}
_URGENCY = {rule.name: rule.urgency for rule in POSTURE}
_ABOUT_THE_ACCOUNT = {rule.name for rule in POSTURE if not rule.of_the_key}
_MOST_ROWS = 20
_MOST_EVENTS = 30
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Section:
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
    told = [_several(counts[severity], severity.value) for severity in (Severity.ERROR, Severity.WARNING)]
    return f"{verdict.outcome.upper()}: {_HEADLINES[verdict.outcome]} ({', '.join(told)})."


def sections(audit: Audit) -> list[Section]:
    """The report, the most urgent part first. What there is nothing to say about is left out."""
    parts = [_to_do(audit.verdict.findings), _changed(audit)]
    if audit.terms is not None and audit.own:
        parts += [_keys(audit), _account(audit), _timeline(audit)]
    return [part for part in parts if part is not None]


def _several(number: int, one: str, more: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def _to_do(findings: Sequence[Finding]) -> Section | None:
    if not findings:
        return None
    gravest_first = sorted(findings, key=_urgency)
    rows = [
        (str(number), f"{finding.severity}: {finding.rule}", finding.message, finding.fix)
        for number, finding in enumerate(gravest_first, 1)
    ]
    return Section("What to do first", ("", "what", "why", "how"), tuple(rows))


def _urgency(finding: Finding) -> tuple[int, int]:
    """Posture rules in the order of their urgency; the guard's own rules come first."""
    return list(Severity).index(finding.severity), _URGENCY.get(finding.rule, 0)


def _changed(audit: Audit) -> Section | None:
    notes = [f"This audit could not be kept for the next one: {audit.not_kept}."] if audit.not_kept else []
    if audit.last_at is None:
        return Section("Changes", notes=("There is no earlier audit to compare with.", *notes)) if audit.own else None
    title = f"Changes since {audit.last_at:%Y-%m-%d %H:%M} UTC"
    if not audit.compared_all:
        notes.append("One of the two audits did not see all keys: new and vanished ones cannot be told.")
    if not audit.changes:
        return Section(title, notes=("None that can be seen." if notes else "None.", *notes))
    # All of them: the next audit compares with this one, so it is the only time they are told.
    return Section(title, ("key", "name", "change"), tuple(map(_change, audit.changes)), tuple(notes))


def _change(change: Change) -> tuple[str, str, str]:
    words = {Kind.NEW: f"new: {change.after}", Kind.VANISHED: f"vanished (was: {change.before})"}
    told = words.get(change.kind, f"{change.kind}: {change.before} → {change.after}")
    return change.key, change.name or "", told


def _keys(audit: Audit) -> Section:
    columns = ("key", "name", "rights", "works from", "made", "")
    rows = [(f"{audit.verdict.key} (this bot's)", *_about(facts), _concern(audit)) for facts in audit.own]
    others = audit.account.others
    if isinstance(others, NotTold):
        return Section("Keys", columns, tuple(rows), (f"Other keys of the account: not told ({others.why}).",))
    risky = [(other, danger) for other in others if (danger := dangers(other))]
    risky.sort(key=lambda found: len(found[1]), reverse=True)
    shown, left = _first(risky, _MOST_ROWS)
    rows += [(other.shown, *_about(other.facts), ", ".join(danger)) for other, danger in shown]
    notes = [f"And {left:,} more that can do what a bot's key must not; --format json has all."] if left else []
    harmless_ones = [other for other in others if not dangers(other)]
    if len(harmless_ones) <= _MOST_ROWS - len(shown):
        rows += [(other.shown, *_about(other.facts), "") for other in harmless_ones]
    else:
        notes += _in_groups(harmless_ones)
    return Section(f"Keys ({1 + len(others):,})", columns, tuple(rows), tuple(notes))


def _concern(audit: Audit) -> str:
    rules = [finding.rule for finding in audit.verdict.findings if finding.rule not in _ABOUT_THE_ACCOUNT]
    return some(dict.fromkeys(rules))


def _about(facts: KeyFacts | None) -> tuple[str, str, str, str]:
    if facts is None:
        return ("", "not told", "not told", "")
    made = f"{facts.created:%Y-%m-%d}" if facts.created else "not told"
    return (harmless(facts.name or "", 30), rights(facts), blocks(facts), made)


def _in_groups(others: Iterable[OtherKey]) -> list[str]:
    alike = Counter(f"{rights(other.facts)}; from {_reach(other.facts)}" for other in others if other.facts is not None)
    most, left = _first(alike.most_common(), 5)
    notes = [f"{_several(number, 'more key')} cannot withdraw: {what}." for what, number in most]
    return [*notes, f"And {left:,} other kinds of such keys."] if left else notes


def _reach(facts: KeyFacts) -> str:
    if isinstance(facts.addresses, Only):
        return f"{_several(count(facts.addresses.networks), 'address', 'addresses')} each"
    return blocks(facts)


def _account(audit: Audit) -> Section:
    account = audit.account
    two_factor = account.two_factor
    addresses = account.withdrawal_addresses
    own = together(audit.own)
    rows = [
        ("two-factor", f"not told ({two_factor.why})" if isinstance(two_factor, NotTold) else _on(two_factor)),
        (
            "withdrawal addresses",
            f"not told ({addresses.why})"
            if isinstance(addresses, NotTold)
            else f"{_several(len(addresses), 'saved address', 'saved addresses')}, "
            f"{sum(bool(address.skips) for address in addresses):,} of them without a safeguard",
        ),
        ("user, account", f"{harmless(own.user_id or '?')}, {harmless(own.account_id or '?')}"),
    ]
    return Section("Account", ("", ""), tuple((name, harmless(told, 200)) for name, told in rows))


def _on(told: bool) -> str:
    return "on" if told else "off"


def _timeline(audit: Audit) -> Section:
    timeline = audit.account.timeline
    title = f"What happened since {audit.since:%Y-%m-%d}"
    if isinstance(timeline, NotTold):
        return Section(title, notes=(f"Not told ({harmless(timeline.why, 200)}).",))
    events = timeline.since(audit.since)
    weighty = [event for event in events if event.weighty]
    others = [event for event in events if not event.weighty]
    if len(events) <= _MOST_EVENTS:
        weighty, others = list(events), []
    shown, left = _first(weighty, _MOST_EVENTS)
    notes = [f"And {left:,} more; --format json has all."] if left else []
    own = own_making(together(audit.own), timeline)
    if any(event.weighty and event is not own for event in shown):
        notes.append("(!) changes who can get at the money, or moves some: you should know of each.")
    notes += _by_kind(others)
    if not events:
        notes.append("Nothing.")
    if not timeline.covers(audit.since):
        notes.append("The exchange did not tell all of it: earlier events may be missing.")
    rows = tuple(_event(event, own) for event in shown)
    return Section(title, ("when (UTC)", "what", "from", "ended"), rows, tuple(notes))


def _event(event: Event, own: Event | None) -> tuple[str, str, str, str]:
    what = harmless(event.word, 40)
    if event is own:
        what += " (this bot's)"
    elif event.weighty:
        what += " (!)"
    return (f"{event.moment:%Y-%m-%d %H:%M}", what, harmless(event.address or "", 45), harmless(event.status or "", 20))


def _by_kind(events: Sequence[Event]) -> list[str]:
    kinds = Counter(event.word for event in events)
    notes = []
    for word, number in kinds.most_common(8):
        places = Counter(harmless(event.address or "nowhere", 45) for event in events if event.word == word)
        from_where = some(place for place, _ in places.most_common())
        notes.append(f"{harmless(word, 40)}: {_several(number, 'time')}, from {from_where}.")
    return notes


def _first(things: Sequence[_T], most: int) -> tuple[Sequence[_T], int]:
    return things[:most], max(0, len(things) - most)
