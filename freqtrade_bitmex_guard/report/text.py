"""The verdict for people: a table on a terminal, plain lines in a log."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported, RestrictedTo, RestrictedUndisclosed, Unrestricted
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.registry import redact
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize
from freqtrade_bitmex_guard.report import advice
from freqtrade_bitmex_guard.report.faults import describe_unverified, headline

_OPEN_TRADES_NOTE = (
    "No order was placed. Open trades and orders stay on the exchange, and no bot manages them until one runs again."
)

COLOURS = {
    Outcome.ADMITTED: "bold green",
    Outcome.REFUSED: "bold red",
    Outcome.UNVERIFIED: "bold yellow",
    Outcome.MISCONFIGURED: "bold magenta",
}

_SEVERITY_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def describe_permissions(facts: KeyFacts) -> str:
    """Return a key's permissions, in the exchange's words."""
    if facts.permissions is None:
        return "not reported"
    return (
        join_limited(sorted(facts.permissions), lambda permission: sanitize(permission.name)) or "none (it only reads)"
    )


def describe_ip_restriction(facts: KeyFacts) -> str:
    """Return the addresses from which a key works."""
    restriction = facts.ip_restriction
    if isinstance(restriction, RestrictedTo):
        return join_limited([*map(str, restriction.networks), *map(repr, restriction.unreadable)]) or "none"
    if isinstance(restriction, Unrestricted):
        return f"no restriction ({restriction.reason})"
    if isinstance(restriction, RestrictedUndisclosed):
        return f"restricted, but to what is not reported ({restriction.reason})"
    if isinstance(restriction, NotReported):
        return f"not reported ({restriction.reason})"
    return f"not supported ({restriction.reason})"


def describe_notes(facts: KeyFacts) -> list[str]:
    """Return what else the key's permissions allow: the exchange does not let anybody split it from them."""
    return [
        f"{sanitize(permission.name)}: {permission.note} (The exchange does not separate this.)"
        for permission in sorted(facts.permissions or ())
        if permission.note
    ]


def describe_expiry(facts: KeyFacts) -> str:
    """Return when a key ends, or an empty text if it does not or that is not reported."""
    return f"{facts.expires:%Y-%m-%d %H:%M} UTC" if facts.expires else ""


def describe_minutes(minutes: float) -> str:
    """Return "minute" or "5 minutes", as it goes on after "for another"."""
    return "minute" if round(minutes) <= 1 else f"{minutes:.0f} minutes"


def describe_finding(finding: Finding) -> str:
    """Return name, message and page of a finding, for one line of a log."""
    return f"{finding.name}: {finding.message} See {finding.help_path}"


def summary_line(verdict: Verdict) -> str:
    """Return an admitted start in one line, for the log."""
    unverified = f"; without verification: {describe_unverified(verdict)}" if verdict.unverified else ""
    return (
        f"API key {verdict.key} on {verdict.exchange} admitted: {'; '.join(map(_describe_facts, verdict.facts))}; "
        f"checked with {join_limited(verdict.servers)} in {verdict.duration_ms} ms{unverified}."
    )


def render_plain(verdict: Verdict) -> str:
    """Return the whole verdict as plain lines, for the log of a bot that was not started."""
    lines = [f"API key guard: {opening(verdict)}", f"  {_OPEN_TRADES_NOTE}"]
    lines += [f"  {line}" for line in _subject_lines(verdict)]
    for facts in verdict.facts:
        lines += [f"  Key {verdict.key}: {_describe_facts(facts)}", *(f"  {note}" for note in describe_notes(facts))]
    if verdict.unverified:
        lines.append(f"  Not verified, as the policy accepts it: {describe_unverified(verdict)}")
    if not verdict.admitted:
        lines += [f"  Type: {advice.command(verdict)}"]
    for finding, fix in zip(verdict.findings, advice.fixes(verdict), strict=True):
        lines += [
            f"  [{finding.severity}] {finding.name}: {finding.message}",
            f"      What to do: {fix}",
            f"      Help: {finding.help_path}",
        ]
    return redact("\n".join(lines))


def opening(verdict: Verdict) -> str:
    """Return the first line of a report: the bot, its host and the headline."""
    return f"{verdict.bot}: {headline(verdict)}" if verdict.bot else headline(verdict)


def _subject_lines(verdict: Verdict) -> list[str]:
    return [f"The key is in {verdict.store}."] if verdict.store else []


def _describe_facts(facts: KeyFacts) -> str:
    expiry = f"; expires {describe_expiry(facts)}" if facts.expires else ""
    return f"permissions {describe_permissions(facts)}; allowed IPs {describe_ip_restriction(facts)}{expiry}"


def redacted_text(text: str, style: str = "") -> Text:
    """Return text for a console, without secrets.

    It is redacted before it is laid out: in a narrow cell a line may end in the middle of a secret.
    """
    return Text(redact(text), style=style)


def capture(show: Callable[[Console], None]) -> str:
    """Return what rich would print, as wide as standard output; rich itself ends the process if its reader is gone.

    Args:
        show: prints to the console that it is given.
    """
    console = Console()
    with console.capture() as captured:
        show(console)
    return captured.get()


def render(verdict: Verdict) -> str:
    """Return the whole verdict, as wide and colourful as standard output takes it."""
    return capture(lambda console: print_table(verdict, console))


def print_table(verdict: Verdict, console: Console) -> None:
    """Print the whole verdict so that it is read at a glance.

    Args:
        verdict: what to print.
        console: where; it decides on colours and width.
    """
    console.print(redacted_text(opening(verdict), style=COLOURS[verdict.outcome]))
    console.print(_summary_grid(verdict))
    print_findings(verdict, console)
    if not verdict.admitted:
        print_copyable(console, f"Type: {advice.command(verdict)}", style="bold")


def print_findings(verdict: Verdict, console: Console) -> None:
    """Print each finding with its severity, its fix and its page, in the verdict's order."""
    for finding, fix in zip(verdict.findings, advice.fixes(verdict), strict=True):
        console.print()
        style = _SEVERITY_COLOURS.get(finding.severity, "cyan")
        console.print(redacted_text(f"{finding.name}: {describe_severity(finding)}", style=style))
        console.print(Padding(redacted_text(finding.message), (0, 0, 0, 2)))
        print_copyable(console, f"  What to do: {fix}")
        print_copyable(console, f"  Help: {finding.help_path}")


def describe_severity(finding: Finding) -> str:
    """Return in words what a finding does to a start."""
    return {
        Severity.ERROR: "error, keeps the bot from starting",
        Severity.WARNING: "warning, the bot starts all the same",
        Severity.INFO: "for information",
    }[finding.severity]


def print_copyable(console: Console, line: str, style: str = "") -> None:
    """Print a line that the console does not break: a command in it must come out whole when it is copied."""
    console.print(redacted_text(line, style=style), soft_wrap=True)


def _summary_grid(verdict: Verdict) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row("exchange", redacted_text(verdict.exchange or "—"))
    grid.add_row("key", redacted_text(verdict.key or "— (not read)"))
    if verdict.store:
        grid.add_row("stored in", redacted_text(verdict.store))
    for facts in verdict.facts:
        if facts.name:
            grid.add_row("name", redacted_text(sanitize(facts.name)))
        grid.add_row("permissions", redacted_text(describe_permissions(facts)))
        for note in describe_notes(facts):
            grid.add_row("", redacted_text(note))
        grid.add_row("allowed IPs", redacted_text(describe_ip_restriction(facts)))
        if facts.expires:
            grid.add_row("expires", redacted_text(describe_expiry(facts)))
    if verdict.unverified:
        grid.add_row("not verified", redacted_text(describe_unverified(verdict)))
    if verdict.servers:
        grid.add_row("servers", redacted_text(join_limited(verdict.servers)))
    grid.add_row("requests", redacted_text(f"{verdict.requests} in {verdict.duration_ms} ms"))
    return grid
