"""The verdict for people: a table on a terminal, plain lines in a log."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.key import KeyFacts, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.registry import redact
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize

_HEADLINES = {
    Outcome.ADMITTED: "ADMITTED: the key can do no more than the policy allows.",
    Outcome.REFUSED: "REFUSED: the key breaks the policy. Nothing was started.",
    Outcome.UNVERIFIED: "UNVERIFIED: nothing shows that the key is fine. Nothing was started.",
    Outcome.MISCONFIGURED: "MISCONFIGURED: the check cannot be made like this. Nothing was started.",
}


_OPEN_TRADES_NOTE = (
    "No order was placed. Open trades and orders stay on the exchange, and no bot manages them until one runs again."
)


COLOURS = {
    Outcome.ADMITTED: "bold green",
    Outcome.REFUSED: "bold red",
    Outcome.UNVERIFIED: "bold yellow",
    Outcome.MISCONFIGURED: "bold magenta",
}


_SEVERITIES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


def headline(verdict: Verdict) -> str:
    """The verdict in one sentence."""
    return _HEADLINES[verdict.outcome]


def describe_permissions(facts: KeyFacts) -> str:
    """A key's rights, in the exchange's words."""
    if facts.permissions is None:
        return "not told"
    return (
        join_limited(sorted(facts.permissions), lambda permission: sanitize(permission.name)) or "none (it only reads)"
    )


def describe_ip_restriction(facts: KeyFacts) -> str:
    """The addresses a key works from."""
    if isinstance(facts.ip_restriction, Unrestricted):
        return f"every address ({facts.ip_restriction.reason})"
    if isinstance(facts.ip_restriction, RestrictedTo):
        return (
            join_limited([*map(str, facts.ip_restriction.networks), *map(repr, facts.ip_restriction.unreadable)])
            or "none"
        )
    return facts.ip_restriction.reason


def describe_minutes(minutes: float) -> str:
    """Return "minute" for about one, "5 minutes" for more: "for another minute"."""
    return "minute" if round(minutes) == 1 else f"{minutes:.0f} minutes"


def summary_line(verdict: Verdict) -> str:
    """An admitted start, for the log: masked key, rights, blocks, who told, how long it took."""
    told = "; ".join(
        f"rights {describe_permissions(facts)}; works from {describe_ip_restriction(facts)}" for facts in verdict.facts
    )
    return (
        f"API key {verdict.key} on {verdict.exchange} admitted: {told}; {join_limited(verdict.servers)} told so in "
        f"{verdict.duration_ms} ms."
    )


def render_plain(verdict: Verdict) -> str:
    """The whole verdict as plain lines, for the log of a bot that was not started."""
    lines = [f"API key guard: {headline(verdict)}", f"  {_OPEN_TRADES_NOTE}"]
    lines += [
        f"  Key {verdict.key}: rights {describe_permissions(facts)}; works from {describe_ip_restriction(facts)}"
        for facts in verdict.facts
    ]
    for finding in verdict.findings:
        lines += [f"  [{finding.severity}] {finding.name}: {finding.message}", f"      What to do: {finding.fix}"]
    return redact("\n".join(lines))


def redacted_text(text: str, style: str = "") -> Text:
    """Text for a console. Cleared before it is laid out: in a narrow cell a line may end in the middle of a secret."""
    return Text(redact(text), style=style)


def capture(show: Callable[[Console], None]) -> str:
    """What rich prints for this process's standard output, as text: rich itself ends where the reader is gone.

    Args:
        show: prints to the console it is given.
    """
    console = Console()
    with console.capture() as captured:
        show(console)
    return captured.get()


def render(verdict: Verdict) -> str:
    """The whole verdict, as wide and colourful as standard output takes it."""
    return capture(lambda console: print_table(verdict, console))


def print_table(verdict: Verdict, console: Console) -> None:
    """Print the whole verdict as a table that is read at a glance.

    Args:
        verdict: what to print.
        console: where; it decides on colours and width.
    """
    console.print(redacted_text(headline(verdict), style=COLOURS[verdict.outcome]))
    about = Table.grid(padding=(0, 2))
    about.add_column(style="dim", no_wrap=True)
    about.add_column(overflow="fold")
    about.add_row("exchange", redacted_text(verdict.exchange or "—"))
    about.add_row("key", redacted_text(verdict.key or "— (not read)"))
    for facts in verdict.facts:
        if facts.name:
            about.add_row("name", redacted_text(sanitize(facts.name)))
        about.add_row("rights", redacted_text(describe_permissions(facts)))
        about.add_row("works from", redacted_text(describe_ip_restriction(facts)))
    if verdict.servers:
        about.add_row("asked", redacted_text(join_limited(verdict.servers)))
    about.add_row("requests", redacted_text(f"{verdict.requests} in {verdict.duration_ms} ms"))
    console.print(about)
    if not verdict.findings:
        return
    found = Table(show_lines=True, expand=False)
    found.add_column("rule", no_wrap=True)
    found.add_column("what was found", overflow="fold")
    for finding in verdict.findings:
        found.add_row(redacted_text(finding.name, style=_SEVERITIES[finding.severity]), redacted_text(finding.message))
    console.print(found)
    console.print(redacted_text("What to do:", style="bold"))
    for fix in dict.fromkeys(finding.fix for finding in verdict.findings):
        # On a line of its own, not in a cell: a command in it must come out whole when it is copied.
        console.print(redacted_text(f"- {fix}"), soft_wrap=True)
