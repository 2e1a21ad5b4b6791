"""A diagnosis for people: one line a subject, with the verdict above and below."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.diagnosis import Diagnosis, State, Subject
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.report import advice
from freqtrade_bitmex_guard.report.text import COLOURS, capture, print_copyable, redacted_text

_READY = "READY: all is fine that can be known without the exchange. The key itself was not checked."

_HEADLINES = {
    Outcome.MISCONFIGURED: "MISCONFIGURED: the guard would refuse a start. No request was sent.",
    Outcome.REFUSED: "REFUSED: the policy would refuse a start. No request was sent.",
    Outcome.UNVERIFIED: "UNVERIFIED: the guard could not verify the key at a start. No request was sent.",
}

_WORDS = {
    State.OK: ("ok", "green"),
    State.WARNING: ("warning", "yellow"),
    State.ERROR: ("WRONG", "bold red"),
    State.UNKNOWN: ("unknown", "dim"),
    State.NOT_EXAMINED: ("skipped", "dim"),
}


_NOT_EXAMINED = "not examined: it needs what is wrong above"


def render(diagnosis: Diagnosis) -> str:
    """Return the whole diagnosis, as wide and colourful as standard output takes it."""
    lines = capture(lambda console: _print(diagnosis, console)).splitlines()
    return "\n".join(line.rstrip() for line in lines)


def _print(diagnosis: Diagnosis, console: Console) -> None:
    verdict = diagnosis.verdict
    headline = _READY if diagnosis.is_ready else _HEADLINES[verdict.outcome]
    style = COLOURS[Outcome.ADMITTED if diagnosis.is_ready else verdict.outcome]
    console.print(redacted_text(f"{verdict.bot}: {headline}" if verdict.bot else headline, style=style))
    fixes = dict(zip(verdict.findings, advice.fixes(verdict), strict=True))
    for subject in diagnosis.subjects:
        _print_subject(subject, fixes, console)
    print_copyable(console, f"{diagnosis.word.upper()}. Type: {advice.command(verdict)}", style=style)


def _print_subject(subject: Subject, fixes: dict[Finding, str], console: Console) -> None:
    if not subject.findings:
        _print_line(subject, subject.detail or _NOT_EXAMINED, console)
        return
    for finding, following in zip(subject.findings, (*subject.findings[1:], None), strict=True):
        _print_line(subject, finding.message, console)
        if following is None or fixes[following] != fixes[finding]:
            print_copyable(console, f"        What to do: {fixes[finding]}")


def _print_line(subject: Subject, text: str, console: Console) -> None:
    word, style = _WORDS[subject.state]
    line = Table.grid(padding=(0, 1))
    for width in (7, 11, None):
        line.add_column(width=width)
    line.add_row(redacted_text(word, style=style), redacted_text(subject.name), redacted_text(text))
    console.print(line)
