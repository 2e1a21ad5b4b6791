"""The report of an audit: a few short sections, the most urgent first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from freqtrade_bitmex_guard.audit.diff import ChangeKind, KeyChange
from freqtrade_bitmex_guard.audit.intruder import somebody_else
from freqtrade_bitmex_guard.audit.run import Audit
from freqtrade_bitmex_guard.model.account import AccountEvent, SiblingKey, WithdrawalAddress
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported, RestrictedTo, merge_entries
from freqtrade_bitmex_guard.model.networks import count_addresses
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize
from freqtrade_bitmex_guard.report import advice
from freqtrade_bitmex_guard.report.text import describe_ip_restriction, describe_permissions
from freqtrade_bitmex_guard.rules import RULES, Scope, rules_for
from freqtrade_bitmex_guard.rules.account import sibling_risks

_HEADLINES = {
    Outcome.ADMITTED: "a bot starts on this key",
    Outcome.REFUSED: "no bot starts on this key until every error is fixed",
    Outcome.UNVERIFIED: "the key could not be verified, so no bot starts on it",
    Outcome.MISCONFIGURED: "configuration error; the audit did not run",
}

_PRIORITY = {rule.name: rule.priority for rule in RULES}

_ACCOUNT_RULES = {rule.name for rule in rules_for(Scope.ACCOUNT)}

_CHANGED = {
    ChangeKind.RIGHTS: "permissions",
    ChangeKind.ADDRESSES: "allowed IPs",
    ChangeKind.NAME: "name",
    ChangeKind.ENABLED: "enabled",
}

TO_DO = "What to do first"

_MAX_ROWS = 20

_MAX_EVENTS = 30

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ReportSection:
    """One section of the report.

    Attributes:
        title: the heading.
        columns: of the table; none if there is no table.
        rows: of the table.
        notes: sentences below it.
    """

    title: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


def headline(audit: Audit) -> str:
    """Return the audit in one sentence."""
    verdict = audit.verdict
    counts = Counter(finding.severity for finding in verdict.findings)
    totals = [_count_of(counts[severity], severity.value) for severity in (Severity.ERROR, Severity.WARNING)]
    subject = f"{verdict.bot}: " if verdict.bot else ""
    return f"{subject}{verdict.outcome.upper()}: {_HEADLINES[verdict.outcome]} ({', '.join(totals)})."


def first_steps(audit: Audit) -> list[str]:
    """Return the first thing to do and the command to type, for the end of the report; none if all is well."""
    suspicion = somebody_else(audit.changes)
    if suspicion:
        return [suspicion]
    if not audit.verdict.findings:
        return []
    finding, fix = _by_urgency(audit.verdict)[0]
    return [f"Do this first ({finding.name}): {fix}", f"Type: {advice.command(audit.verdict)}"]


def report_sections(audit: Audit) -> list[ReportSection]:
    """Return the sections of the report, the most urgent first, without empty ones."""
    sections = [_to_do(audit), _changes_section(audit)]
    if audit.entries:
        sections += [_keys_section(audit), _account_section(audit), _events_section(audit)]
    return [section for section in sections if section is not None]


def _count_of(number: int, noun: str, plural: str | None = None) -> str:
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def _to_do(audit: Audit) -> ReportSection | None:
    by_urgency = _by_urgency(audit.verdict)
    rows = [
        (str(number), f"{finding.severity}: {finding.name}", finding.message, fix, finding.help_path)
        for number, (finding, fix) in enumerate(by_urgency, 1)
    ]
    notes = tuple(filter(None, [somebody_else(audit.changes)]))
    return ReportSection(TO_DO, ("", "what", "why", "how", "help"), tuple(rows), notes) if rows or notes else None


def _by_urgency(verdict: Verdict) -> list[tuple[Finding, str]]:
    pairs = zip(verdict.findings, advice.fixes(verdict), strict=True)
    return sorted(pairs, key=lambda pair: _urgency(pair[0]))


def _urgency(finding: Finding) -> tuple[int, int]:
    """Sort errors first, then by the priority of rules about the account; findings without one come first."""
    return list(Severity).index(finding.severity), _PRIORITY.get(finding.name, 0)


def _changes_section(audit: Audit) -> ReportSection | None:
    notes = [f"This audit could not be saved for the next one: {audit.not_kept}."] if audit.not_kept else []
    if audit.last_audit_at is None:
        return (
            ReportSection("Changes", notes=("There is no earlier audit to compare with.", *notes))
            if audit.entries
            else None
        )
    title = f"Changes since {audit.last_audit_at:%Y-%m-%d %H:%M} UTC"
    if not audit.compared_all:
        notes.append("One of the two audits did not see all keys, so new and vanished keys are unknown.")
    if not audit.changes:
        return ReportSection(title, notes=("None that are visible." if notes else "None.", *notes))
    # All of them: the next audit compares with this one, so they are reported only now.
    return ReportSection(title, ("key", "name", "change"), tuple(map(_change, audit.changes)), tuple(notes))


def _change(change: KeyChange) -> tuple[str, str, str]:
    if change.kind is ChangeKind.NEW:
        text = f"new: {change.after}"
    elif change.kind is ChangeKind.VANISHED:
        text = f"vanished (was: {change.before})"
    else:
        text = f"{_CHANGED[change.kind]}: {change.before} → {change.after}"
    return change.key, change.name or "", text


def _keys_section(audit: Audit) -> ReportSection:
    columns = ("key", "name", "permissions", "allowed IPs", "created", "")
    rows = [
        (f"{audit.verdict.key} (this bot's)", *_key_columns(facts), _findings_of_own_key(audit))
        for facts in audit.entries
    ]
    siblings = audit.account.siblings
    if isinstance(siblings, NotReported):
        note = f"Other keys of the account: not reported ({siblings.reason})."
        return ReportSection("Keys", columns, tuple(rows), (note,))
    risky = [(sibling, risks) for sibling in siblings if (risks := sibling_risks(sibling))]
    risky.sort(key=lambda pair: len(pair[1]), reverse=True)
    listed, remaining = _first(risky, _MAX_ROWS)
    rows += [(sibling.masked_id, *_key_columns(sibling.facts), ", ".join(risks)) for sibling, risks in listed]
    notes = []
    if remaining:
        notes.append(f"And {remaining:,} more that can do what a bot's key must not; --format json lists all.")
    harmless = [sibling for sibling in siblings if not sibling_risks(sibling)]
    if len(harmless) <= _MAX_ROWS - len(listed):
        rows += [(sibling.masked_id, *_key_columns(sibling.facts), "") for sibling in harmless]
    else:
        notes += _group_lines(harmless)
    return ReportSection(f"Keys ({1 + len(siblings):,})", columns, tuple(rows), tuple(notes))


def _findings_of_own_key(audit: Audit) -> str:
    names = [finding.name for finding in audit.verdict.findings if finding.name not in _ACCOUNT_RULES]
    return join_limited(dict.fromkeys(names))


def _key_columns(facts: KeyFacts | None) -> tuple[str, str, str, str]:
    if facts is None:
        return ("", "not reported", "not reported", "")
    created = f"{facts.created:%Y-%m-%d}" if facts.created else "not reported"
    return (sanitize(facts.name or "", 30), describe_permissions(facts), describe_ip_restriction(facts), created)


def _group_lines(siblings: Iterable[SiblingKey]) -> list[str]:
    groups = Counter(
        f"{describe_permissions(sibling.facts)}; allowed IPs {_scope(sibling.facts)}"
        for sibling in siblings
        if sibling.facts is not None
    )
    listed, remaining = _first(groups.most_common(), 5)
    notes = [f"{_count_of(number, 'more key')} cannot withdraw: {group}." for group, number in listed]
    return [*notes, f"And {remaining:,} other kinds of such keys."] if remaining else notes


def _scope(facts: KeyFacts) -> str:
    if isinstance(facts.ip_restriction, RestrictedTo):
        return f"{_count_of(count_addresses(facts.ip_restriction.networks), 'address', 'addresses')} each"
    return describe_ip_restriction(facts)


def _account_section(audit: Audit) -> ReportSection:
    own = merge_entries(audit.entries)
    rows = [
        ("two-factor", _two_factor(audit.account.two_factor)),
        ("withdrawal addresses", _withdrawal_addresses(audit.account.withdrawal_addresses)),
        ("user, account", f"{sanitize(own.user_id or '?')}, {sanitize(own.account_id or '?')}"),
    ]
    return ReportSection("Account", ("", ""), tuple((name, sanitize(text, 200)) for name, text in rows))


def _two_factor(is_on: bool | NotReported) -> str:
    if isinstance(is_on, NotReported):
        return f"not reported ({is_on.reason})"
    return "on" if is_on else "off"


def _withdrawal_addresses(addresses: tuple[WithdrawalAddress, ...] | NotReported) -> str:
    if isinstance(addresses, NotReported):
        return f"not reported ({addresses.reason})"
    skipping = sum(bool(address.skipped_safeguards) for address in addresses)
    return f"{_count_of(len(addresses), 'saved address', 'saved addresses')}, {skipping:,} skip confirmation or 2FA"


def _events_section(audit: Audit) -> ReportSection:
    event_log = audit.account.event_log
    title = f"Events since {audit.since:%Y-%m-%d}"
    if isinstance(event_log, NotReported):
        return ReportSection(title, notes=(f"Not reported ({sanitize(event_log.reason, 200)}).",))
    events = event_log.since(audit.since)
    relevant = [event for event in events if event.security_relevant]
    others = [event for event in events if not event.security_relevant]
    if len(events) <= _MAX_EVENTS:
        relevant, others = list(events), []
    listed, remaining = _first(relevant, _MAX_EVENTS)
    notes = [f"And {remaining:,} more; --format json lists all."] if remaining else []
    creation = event_log.creation_of(merge_entries(audit.entries))
    if any(event.security_relevant and event is not creation for event in listed):
        notes.append("(!) changes who can access the money, or moves some. Check that you know of each.")
    notes += _events_by_type(others)
    if not events:
        notes.append("None.")
    if not event_log.covers(audit.since):
        notes.append("The exchange did not report all of them: earlier events may be missing.")
    rows = tuple(_event(event, creation) for event in listed)
    return ReportSection(title, ("when (UTC)", "what", "from", "status"), rows, tuple(notes))


def _event(event: AccountEvent, creation: AccountEvent | None) -> tuple[str, str, str, str]:
    text = sanitize(event.type, 40)
    if event is creation:
        text += " (this bot's)"
    elif event.security_relevant:
        text += " (!)"
    return (f"{event.time:%Y-%m-%d %H:%M}", text, sanitize(event.ip or "", 45), sanitize(event.status or "", 20))


def _events_by_type(events: Sequence[AccountEvent]) -> list[str]:
    types = Counter(event.type for event in events)
    notes = []
    for name, number in types.most_common(8):
        ips = Counter(sanitize(event.ip or "an unknown address", 45) for event in events if event.type == name)
        senders = join_limited(ip for ip, _ in ips.most_common())
        notes.append(f"{sanitize(name, 40)}: {_count_of(number, 'time')}, from {senders}.")
    return notes


def _first(items: Sequence[_T], limit: int) -> tuple[Sequence[_T], int]:
    return items[:limit], max(0, len(items) - limit)
