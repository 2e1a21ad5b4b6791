"""The check of a fleet for people: a table whose first screen says all that matters, and progress meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from freqtrade_bitmex_guard.fleet.run import FleetVerdict, OnChecked
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import HELP_PAGE, Finding
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.sanitize import join_limited
from freqtrade_bitmex_guard.report.text import COLOURS, capture, redacted_text

_MAX_NAMES = 6
_MAX_KEYS = 3


@dataclass(frozen=True, slots=True)
class _Row:
    """What one or several bots have in common.

    Attributes:
        outcome: the verdict.
        exchange: its ccxt id.
        finding: what to know first.
        next_step: what to do about it first; `check` has the rest.
        is_quiet: whether there is nothing but warnings of the bots' own checks.
    """

    outcome: Outcome
    exchange: str
    finding: str
    next_step: str
    is_quiet: bool = False


def render(fleet: FleetVerdict) -> str:
    """Return the check, as wide and colourful as standard output takes it."""
    return capture(lambda console: print_fleet(fleet, console))


def print_fleet(fleet: FleetVerdict, console: Console) -> None:
    """Print the check: a row for each bot, those with the same finding together; then what holds across; the counts."""
    total = len(fleet.bots) + len(fleet.not_checked)
    console.print(redacted_text(f"{total} bots: {_describe_counts(fleet)}", style=COLOURS[fleet.outcome]))
    if fleet.bots:
        console.print(_table(fleet))
    for across in fleet.across:
        finding = across.finding
        console.print(redacted_text(f"[{finding.severity}] {finding.name}: {finding.message}"), soft_wrap=True)
        console.print(redacted_text(f"    What to do: {finding.fix}"), soft_wrap=True)
    if fleet.not_checked:
        console.print(redacted_text(f"Interrupted. Not checked: {', '.join(fleet.not_checked)}"), soft_wrap=True)
    names = [each.finding.name for each in fleet.across]
    names += [finding.name for _, verdict in fleet.bots if not verdict.admitted for finding in verdict.findings[:1]]
    if names:
        pages = join_limited(dict.fromkeys(names), lambda name: f"#{name}", limit=8)
        console.print(redacted_text(f"Help: {HELP_PAGE}, {pages}"), soft_wrap=True)
    seconds = fleet.duration_ms / 1000
    console.print(
        redacted_text(f"{total} bots in {seconds:.1f} s with {fleet.requests} requests: {_describe_counts(fleet)}")
    )


def _describe_counts(fleet: FleetVerdict) -> str:
    counts = [f"{count} {name}" for name, count in fleet.counts.items() if count]
    if fleet.not_checked:
        counts.append(f"{len(fleet.not_checked)} not checked")
    return f"{', '.join(counts)}."


def _table(fleet: FleetVerdict) -> Table:
    table = Table(show_lines=True)
    for column in ("bot", "exchange", "key", "verdict"):
        table.add_column(column, overflow="fold")
    table.add_column("first finding", overflow="fold", ratio=1)
    table.add_column("next step", overflow="fold", ratio=1)
    for row, bots in _rows(fleet).items():
        names = join_limited([name for name, _ in bots], limit=_MAX_NAMES)
        keys = dict.fromkeys(verdict.key for _, verdict in bots if verdict.key)
        table.add_row(
            redacted_text(names if len(bots) == 1 else f"{len(bots)} bots: {names}"),
            redacted_text(row.exchange),
            redacted_text(join_limited(keys, limit=_MAX_KEYS) or "—"),
            redacted_text(row.outcome.value, style=COLOURS[row.outcome]),
            redacted_text(row.finding),
            redacted_text(row.next_step),
        )
    return table


def _rows(fleet: FleetVerdict) -> dict[_Row, list[tuple[str, Verdict]]]:
    """Return the rows, the most urgent first. What several bots have in common is one row."""
    rows: defaultdict[_Row, list[tuple[str, Verdict]]] = defaultdict(list)
    for name, verdict in fleet.bots:
        across = [each.finding for each in fleet.across if name in each.bots]
        rows[_row(verdict, across)].append((name, verdict))
    # What holds across bots matters more than a mere warning of one bot.
    return dict(sorted(rows.items(), key=lambda row: row[0].is_quiet))


def _row(verdict: Verdict, across: Sequence[Finding]) -> _Row:
    exchange = verdict.exchange or "—"
    names = [finding.name for finding in verdict.findings]
    if verdict.admitted and not across:
        step = "Look at one of them with `check -c CONFIG`." if names else "—"
        return _Row(verdict.outcome, exchange, join_limited(dict.fromkeys(names), limit=2) or "—", step, is_quiet=True)
    first, *rest = [*across, *verdict.findings] if verdict.admitted else [*verdict.findings, *across]
    more = "" if verdict.admitted or not rest else f" (and {len(rest)} more)"
    return _Row(
        verdict.outcome, exchange, f"{first.name}: {_first_sentence(first.message)}{more}", _first_sentence(first.fix)
    )


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].removesuffix(".") + "."


@contextmanager
def progress(total: int) -> Iterator[OnChecked]:
    """Show on standard error how many bots were checked, if that is a terminal.

    Args:
        total: how many there are.
    """
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("", total=total)

        def checked(name: str, verdict: Verdict) -> None:
            shown.update(task, advance=1, description=redacted_text(f"{name}: {verdict.outcome}").plain)

        yield checked
