"""The verdict for people: a table on a terminal, plain lines in a log."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from freqtrade_bitmex_guard.facts import Everywhere, KeyFacts, Only
from freqtrade_bitmex_guard.findings import Outcome, Severity
from freqtrade_bitmex_guard.redaction import cleared, harmless, some
from freqtrade_bitmex_guard.verdict import Verdict

_HEADLINES = {
    Outcome.ADMITTED: "ADMITTED: the key can do no more than the policy allows.",
    Outcome.REFUSED: "REFUSED: the key breaks the policy. Nothing was started.",
    Outcome.UNVERIFIED: "UNVERIFIED: nothing shows that the key is fine. Nothing was started.",
    Outcome.MISCONFIGURED: "MISCONFIGURED: the check cannot be made like this. Nothing was started.",
}
_LEFT_ALONE = (
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


def rights(facts: KeyFacts) -> str:
    """A key's rights, in the exchange's words."""
    if facts.permissions is None:
        return "not told"
    return some(sorted(facts.permissions), lambda permission: harmless(permission.word)) or "none (it only reads)"


def blocks(facts: KeyFacts) -> str:
    """The addresses a key works from."""
    if isinstance(facts.addresses, Everywhere):
        return f"every address ({facts.addresses.why})"
    if isinstance(facts.addresses, Only):
        return some([*map(str, facts.addresses.networks), *map(repr, facts.addresses.unreadable)]) or "none"
    return facts.addresses.why


def one_line(verdict: Verdict) -> str:
    """An admitted start, for the log: masked key, rights, blocks, who told, how long it took."""
    told = "; ".join(f"rights {rights(facts)}; works from {blocks(facts)}" for facts in verdict.facts)
    return (
        f"API key {verdict.key} on {verdict.exchange} admitted: {told}; {some(verdict.asked)} told so in "
        f"{verdict.duration_ms} ms."
    )


def plain(verdict: Verdict) -> str:
    """The whole verdict as plain lines, for the log of a bot that was not started."""
    lines = [f"API key guard: {headline(verdict)}", f"  {_LEFT_ALONE}"]
    lines += [f"  Key {verdict.key}: rights {rights(facts)}; works from {blocks(facts)}" for facts in verdict.facts]
    for finding in verdict.findings:
        lines += [f"  [{finding.severity}] {finding.rule}: {finding.message}", f"      What to do: {finding.fix}"]
    return cleared("\n".join(lines))


def shown(text: str, style: str = "") -> Text:
    """Text for a console. Cleared before it is laid out: in a narrow cell a line may end in the middle of a secret."""
    return Text(cleared(text), style=style)


def printed(show: Callable[[Console], None]) -> str:
    """What rich prints for this process's standard output, as text: rich itself ends where the reader is gone.

    Args:
        show: prints to the console it is given.
    """
    console = Console()
    with console.capture() as captured:
        show(console)
    return captured.get()


def of(verdict: Verdict) -> str:
    """The whole verdict, as wide and colourful as standard output takes it."""
    return printed(lambda console: table(verdict, console))


def table(verdict: Verdict, console: Console) -> None:
    """Print the whole verdict as a table that is read at a glance.

    Args:
        verdict: what to print.
        console: where; it decides on colours and width.
    """
    console.print(shown(headline(verdict), style=COLOURS[verdict.outcome]))
    about = Table.grid(padding=(0, 2))
    about.add_column(style="dim", no_wrap=True)
    about.add_column(overflow="fold")
    about.add_row("exchange", shown(verdict.exchange or "—"))
    about.add_row("key", shown(verdict.key or "— (not read)"))
    for facts in verdict.facts:
        if facts.name:
            about.add_row("name", shown(harmless(facts.name)))
        about.add_row("rights", shown(rights(facts)))
        about.add_row("works from", shown(blocks(facts)))
    if verdict.asked:
        about.add_row("asked", shown(some(verdict.asked)))
    about.add_row("requests", shown(f"{verdict.requests} in {verdict.duration_ms} ms"))
    console.print(about)
    if not verdict.findings:
        return
    found = Table(show_lines=True, expand=False)
    found.add_column("rule", no_wrap=True)
    found.add_column("what was found", overflow="fold")
    for finding in verdict.findings:
        found.add_row(shown(finding.rule, style=_SEVERITIES[finding.severity]), shown(finding.message))
    console.print(found)
    console.print(shown("What to do:", style="bold"))
    for fix in dict.fromkeys(finding.fix for finding in verdict.findings):
        # On a line of its own, not in a cell: a command in it must come out whole when it is copied.
        console.print(shown(f"- {fix}"), soft_wrap=True)
