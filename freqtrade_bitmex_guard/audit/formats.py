"""An audit as text for a terminal, as a Markdown page, and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.audit.diff import KeyChange
from freqtrade_bitmex_guard.audit.run import Audit
from freqtrade_bitmex_guard.audit.sections import TO_DO, ReportSection, first_steps, headline, report_sections
from freqtrade_bitmex_guard.model.account import AccountEvent, AccountFacts, SiblingKey
from freqtrade_bitmex_guard.model.key import NotReported
from freqtrade_bitmex_guard.redaction.registry import redact
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.report import json as check_json
from freqtrade_bitmex_guard.report.text import COLOURS, capture, print_copyable, redacted_text
from freqtrade_bitmex_guard.rules.account import sibling_risks

_ACTIVE_MARKUP = re.compile(r"[@#]|:(?=//)|w(?=ww\.)")


def print_text(audit: Audit, console: Console) -> None:
    """Print an audit for a person at a terminal."""
    console.print(redacted_text(headline(audit), style=COLOURS[audit.verdict.outcome]))
    for section in report_sections(audit):
        console.print()
        console.print(redacted_text(section.title, style="bold"))
        if section.title == TO_DO:
            _print_steps(section, console)
        elif section.columns:
            console.print(_table(section))
        for note in section.notes:
            console.print(redacted_text(note))
    # Again, because the beginning of a long report has scrolled away.
    console.print()
    console.print(redacted_text(headline(audit), style=COLOURS[audit.verdict.outcome]))
    for line in first_steps(audit):
        print_copyable(console, line)


def _print_steps(section: ReportSection, console: Console) -> None:
    """Print what to do as a list: in a table of five columns no sentence fits a line."""
    for number, what, why, how, help_path in section.rows:
        console.print(redacted_text(f"{number} {what}"))
        console.print(Padding(redacted_text(why), (0, 0, 0, 2)))
        print_copyable(console, f"  {how}")
        print_copyable(console, f"  Help: {help_path}")


def render_text(audit: Audit) -> str:
    """Return an audit for a person, as wide and colourful as standard output takes it."""
    return capture(lambda console: print_text(audit, console))


def _table(section: ReportSection) -> Table:
    table = Table(box=SIMPLE_HEAD, show_header=any(section.columns), pad_edge=False)
    for column in section.columns:
        table.add_column(column, overflow="fold")
    for row in section.rows:
        table.add_row(*map(redacted_text, row))
    return table


def render_markdown(audit: Audit) -> str:
    """Return an audit as a Markdown page, in which text from outside stays text."""
    lines = ["# API key audit", "", headline(audit), "", _context_line(audit)]
    link = _page_link(audit.verdict.exchange)
    for section in report_sections(audit):
        lines += ["", f"## {section.title}", ""]
        if section.columns:
            lines += [_row(section.columns), _row(["---"] * len(section.columns)), *map(_row, section.rows), ""]
        lines += [f"- {note}" for note in section.notes]
    lines += ["", *first_steps(audit)]
    return link("\n".join(lines)).rstrip() + "\n"


def _page_link(exchange: str | None) -> Callable[[str], str]:
    """Return what makes the address of the exchange's page a link; no other address becomes one."""
    if exchange not in exchanges.supported_ids():
        return lambda text: text
    found = re.search(r"\(((?:[\w-]+\.)+[a-z]+(?:/[^\s)]*)?)\)", exchanges.get_adapter(exchange).profile.page.location)
    if found is None:
        return lambda text: text
    address, escaped = found[1], _escape_markdown(found[1])
    return lambda text: text.replace(f"({escaped})", f"(<https://{address}>)").replace(
        f"({address})", f"(<https://{address}>)"
    )


def _context_line(audit: Audit) -> str:
    verdict = audit.verdict
    subject = f"{verdict.exchange or 'no exchange'}, key {verdict.key or 'not read'}"
    return f"{subject}, {verdict.checked_at:%Y-%m-%d %H:%M} UTC."


def _row(cells: Any) -> str:
    return f"| {' | '.join(map(_escape_markdown, cells))} |"


def _escape_markdown(cell: str) -> str:
    """Return text that stays text in a wiki or an issue: no column, mention, reference, link or emphasis.

    It is redacted before it is changed, because afterwards a secret could not be recognised.
    """
    return _ACTIVE_MARKUP.sub(lambda match: f"{match[0]}\u200b", redact(cell).replace("|", "/")).replace("_", r"\_")


def to_dict(audit: Audit) -> dict[str, Any]:
    """Return an audit as plain data.

    Returns:
        What `report.json.to_dict` returns, and `since`, `last_audit_at`, `not_kept` (None, or why the next audit will
        not be compared with this one), `keys` (the account's other keys, or None if not reported), `account`
        (`two_factor`, `withdrawal_addresses`; None if not reported), `events` (None if not reported),
        `events_whole_since`, `changes`.
    """
    event_log = None if isinstance(audit.account.event_log, NotReported) else audit.account.event_log
    siblings = None if isinstance(audit.account.siblings, NotReported) else audit.account.siblings
    return {
        **check_json.to_dict(audit.verdict),
        "since": audit.since.isoformat(timespec="seconds"),
        "last_audit_at": audit.last_audit_at.isoformat(timespec="seconds") if audit.last_audit_at else None,
        "not_kept": audit.not_kept,
        "keys": None if siblings is None else [_key(sibling) for sibling in siblings],
        "account": _account(audit.account),
        "events": None if event_log is None else [_event(event) for event in event_log.since(audit.since)],
        "events_whole_since": event_log.complete_since.isoformat() if event_log and event_log.complete_since else None,
        "changes": [_change(change) for change in audit.changes],
    }


def _account(account: AccountFacts) -> dict[str, Any]:
    addresses = account.withdrawal_addresses
    return {
        "two_factor": None if isinstance(account.two_factor, NotReported) else account.two_factor,
        "withdrawal_addresses": None
        if isinstance(addresses, NotReported)
        else [{"name": sanitize(address.name), "skips": list(address.skipped_safeguards)} for address in addresses],
    }


def _change(change: KeyChange) -> dict[str, Any]:
    return {
        "change": change.kind.value,
        "key": change.key,
        "name": change.name,
        "before": change.before,
        "after": change.after,
    }


def _key(sibling: SiblingKey) -> dict[str, Any]:
    return {
        "key": sibling.masked_id,
        "fingerprint": sibling.fingerprint,
        "facts": None if sibling.facts is None else check_json.facts_to_dict(sibling.facts),
        "dangers": sibling_risks(sibling),
    }


def _event(event: AccountEvent) -> dict[str, Any]:
    return {
        "what": sanitize(event.type),
        "at": event.time.isoformat(),
        "from": None if event.ip is None else sanitize(event.ip),
        "status": None if event.status is None else sanitize(event.status),
        "security_relevant": event.security_relevant,
    }


def to_json(audit: Audit) -> str:
    """Return the same as JSON, ASCII only, on several lines."""
    return json.dumps(to_dict(audit), indent=2)
