"""An audit for a terminal, for a page, or for a machine."""

from __future__ import annotations

import json
import re
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from freqtrade_bitmex_guard.audit.audit import Audit
from freqtrade_bitmex_guard.audit.report import Section, headline, sections
from freqtrade_bitmex_guard.facts import NotTold
from freqtrade_bitmex_guard.posture import Event, OtherKey
from freqtrade_bitmex_guard.redaction import cleared, harmless
from freqtrade_bitmex_guard.report import json as check_json
from freqtrade_bitmex_guard.report.text import COLOURS, printed, shown
from freqtrade_bitmex_guard.rules.account import dangers

_ACTIVE = re.compile(r"[@#]|:(?=//)|w(?=ww\.)")


def print_text(audit: Audit, console: Console) -> None:
    """Print an audit for a person at a terminal."""
    console.print(shown(headline(audit), style=COLOURS[audit.verdict.outcome]))
    for section in sections(audit):
        console.print()
        console.print(shown(section.title, style="bold"))
        if section.columns:
            console.print(_table(section))
        for note in section.notes:
            console.print(shown(note))


def text(audit: Audit) -> str:
    """An audit for a person, as wide and colourful as standard output takes it."""
    return printed(lambda console: print_text(audit, console))


def _table(section: Section) -> Table:
    table = Table(box=SIMPLE_HEAD, show_header=any(section.columns), pad_edge=False)
    for column in section.columns:
        table.add_column(column, overflow="fold")
    for row in section.rows:
        table.add_row(*map(shown, row))
    return table


def markdown(audit: Audit) -> str:
    """An audit as a page in Markdown. All text from outside is harmless in it."""
    lines = ["# API key audit", "", headline(audit), "", _origin(audit)]
    for section in sections(audit):
        lines += ["", f"## {section.title}", ""]
        if section.columns:
            lines += [_row(section.columns), _row(["---"] * len(section.columns)), *map(_row, section.rows), ""]
        lines += [f"- {note}" for note in section.notes]
    return "\n".join(lines).rstrip() + "\n"


def _origin(audit: Audit) -> str:
    verdict = audit.verdict
    place = f"{verdict.exchange or 'no exchange'}, key {verdict.key or 'not read'}"
    return f"{place}, {verdict.checked_at:%Y-%m-%d %H:%M} UTC."


def _row(cells: Any) -> str:
    return f"| {' | '.join(map(_inert, cells))} |"


def _inert(cell: str) -> str:
    """Text that stays text in a wiki or an issue: no column, mention, reference, link or emphasis.

    Cleared before it is changed: afterwards nobody would know a secret again.
    """
    return _ACTIVE.sub(lambda found: f"{found[0]}\u200b", cleared(cell).replace("|", "/")).replace("_", r"\_")


def document(audit: Audit) -> dict[str, Any]:
    """An audit as plain data: all of a check's report, and `keys`, `account`, `events`, `changes`.

    Returns:
        What `report.json.document` returns, and `since`, `last_audit_at`, `not_kept` (None or why this audit will
        not be compared with), `keys` (the account's other keys, or None if not told), `account` (`two_factor`,
        `withdrawal_addresses`; None if not told), `events` (None if not told), `events_whole_since`, `changes`.
    """
    account, timeline = audit.account, audit.account.timeline
    told = None if isinstance(timeline, NotTold) else timeline
    others = None if isinstance(account.others, NotTold) else account.others
    addresses = account.withdrawal_addresses
    return {
        **check_json.document(audit.verdict),
        "since": audit.since.isoformat(timespec="seconds"),
        "last_audit_at": audit.last_at.isoformat(timespec="seconds") if audit.last_at else None,
        "not_kept": audit.not_kept,
        "keys": None if others is None else [_key(other) for other in others],
        "account": {
            "two_factor": None if isinstance(account.two_factor, NotTold) else account.two_factor,
            "withdrawal_addresses": None
            if isinstance(addresses, NotTold)
            else [{"name": harmless(address.name), "skips": list(address.skips)} for address in addresses],
        },
        "events": None if told is None else [_event(event) for event in told.since(audit.since)],
        "events_whole_since": told.whole_since.isoformat() if told and told.whole_since else None,
        "changes": [
            {
                "change": change.kind.value,
                "key": change.key,
                "name": change.name,
                "before": change.before,
                "after": change.after,
            }
            for change in audit.changes
        ],
    }


def _key(other: OtherKey) -> dict[str, Any]:
    facts = None if other.facts is None else check_json.facts(other.facts)
    return {"key": other.shown, "mark": other.mark, "facts": facts, "dangers": dangers(other)}


def _event(event: Event) -> dict[str, Any]:
    return {
        "what": harmless(event.word),
        "at": event.moment.isoformat(),
        "from": None if event.address is None else harmless(event.address),
        "status": None if event.status is None else harmless(event.status),
        "weighty": event.weighty,
    }


def json_text(audit: Audit) -> str:
    """The same as JSON, ASCII only, on several lines."""
    return json.dumps(document(audit), indent=2)
