"""Shows the guard at work: checks four keys, then starts real freqtrade with a bad one and a good one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report.text import COLOURS, describe_ip_restriction, describe_permissions
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX, random_key
from freqtrade_bitmex_guard.simulator.bot import DemoBot

_T = TypeVar("_T")


@dataclass(frozen=True)
class Scenario:
    """One key of the demo, and its verdict."""

    title: str
    key: Key
    expected: Outcome


def scenarios() -> list[Scenario]:
    """Return the four keys; the exchange is on loopback, so the good key is restricted to that."""
    return [
        Scenario("can withdraw", random_key(permissions=["order", "withdraw"]), Outcome.REFUSED),
        Scenario("open to every address", random_key(cidr=""), Outcome.REFUSED),
        Scenario("read-only", random_key(permissions=[]), Outcome.REFUSED),
        Scenario("good", random_key(), Outcome.ADMITTED),
    ]


def run_demo(console: Console | None = None) -> int:
    """Run the demo, in under a minute, with no account and no network.

    Returns:
        0 if everything came out as it should, else 1.
    """
    console = console or Console()
    console.print(
        "BitMEX closed on 2026-09-23, so this demo simulates it on loopback. ccxt and freqtrade are the real ones.\n",
        highlight=False,
    )
    keys = scenarios()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with (
        SimulatedBitMEX(scenario.key for scenario in keys) as exchange,
        tempfile.TemporaryDirectory(prefix="guard-demo-") as folder,
        Progress(*columns, console=console, transient=True) as progress,
    ):
        bot = DemoBot(Path(folder) / "bot", exchange)
        verdicts = _with_spinner(progress, "checking four keys", lambda: [_check(bot, scenario) for scenario in keys])
        progress.console.print(_table(keys, verdicts), "")
        starts = []
        for name, scenario in (("the key that can withdraw", keys[0]), ("the good key", keys[-1])):
            title = f"freqtrade trade, with {name}"
            starts.append(_with_spinner(progress, title, partial(_trade, bot, scenario)))
            progress.console.print(Text.assemble(f"{title}: ", starts[-1].summary))
        orders = [path for path in exchange.paths() if path.startswith(("POST", "PUT", "DELETE"))]
    as_expected = all(verdict.outcome is scenario.expected for verdict, scenario in zip(verdicts, keys, strict=True))
    if as_expected and all(start.as_expected for start in starts) and not orders:
        console.print("\nThat is all it does: no bot starts on a key that can do more than trade.", highlight=False)
        return 0
    console.print("\nThe demo failed. Please report it with the lines below.", style="bold red")
    console.print(Text("\n".join(start.output for start in starts)))
    return 1


def _with_spinner(progress: Progress, title: str, work: Callable[[], _T]) -> _T:
    task = progress.add_task(title, total=None)
    try:
        return work()
    finally:
        progress.remove_task(task)


@dataclass(frozen=True)
class RunResult:
    """The end of one start of freqtrade."""

    summary: Text
    as_expected: bool
    output: str


def _check(bot: DemoBot, scenario: Scenario) -> Verdict:
    bot.store(scenario.key)
    return LocalCheck(bot.config).run().verdict


def _trade(bot: DemoBot, scenario: Scenario) -> RunResult:
    bot.store(scenario.key)
    process = bot.trade()
    if scenario.expected is Outcome.ADMITTED:
        runs = process.wait_for_output()
        code = process.stop()
        summary = f"running, until it was stopped (exit code {code})" if runs else f"did not run (exit code {code})"
        return RunResult(Text(summary, style="bold green" if runs else "bold red"), runs, process.output)
    code = process.wait()
    report = next((line for line in process.output.splitlines() if "API key guard:" in line), "")
    summary = f"exit code {code}\n  {report.partition('API key guard: ')[2]}"
    return RunResult(Text(summary, style="bold red"), code == 2 and "REFUSED" in report, process.output)


def _describe(finding: Finding) -> str:
    return f"{finding.name} (warning)" if finding.severity is Severity.WARNING else finding.name


def _table(keys: list[Scenario], verdicts: list[Verdict]) -> Table:
    table = Table("key", "permissions", "allowed IPs")
    table.add_column("verdict", no_wrap=True)
    for scenario, verdict in zip(keys, verdicts, strict=True):
        facts = verdict.facts[0] if verdict.facts else None
        table.add_row(
            scenario.title,
            Text(describe_permissions(facts) if facts else "—"),
            Text(describe_ip_restriction(facts) if facts else "—"),
            Text(
                "\n".join([verdict.outcome.value, *map(_describe, verdict.findings)]),
                style=COLOURS[verdict.outcome],
            ),
        )
    return table
