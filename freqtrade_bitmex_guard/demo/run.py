"""Shows what the guard does: four keys checked, then real freqtrade refused on the first and running on the last."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report.text import COLOURS, describe_ip_restriction, describe_permissions
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX, random_key
from freqtrade_bitmex_guard.simulator.bot import DemoBot


@dataclass(frozen=True)
class Scenario:
    """One key of the demo and what should become of it."""

    title: str
    key: Key
    expected: Outcome


def scenarios() -> list[Scenario]:
    """The four keys: the look-alike serves on loopback, so that is the address a good key is restricted to."""
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
        "BitMEX closed on 2026-09-23, so a look-alike on this machine's loopback plays it. "
        "ccxt and freqtrade are the real ones.\n",
        highlight=False,
    )
    cast = scenarios()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with (
        SimulatedBitMEX(scene.key for scene in cast) as exchange,
        tempfile.TemporaryDirectory(prefix="guard-demo-") as folder,
        Progress(*columns, console=console, transient=True) as progress,
    ):
        bot = DemoBot(Path(folder) / "bot", exchange)
        checked = progress.add_task("checking four keys", total=None)
        verdicts = [_check(bot, scene) for scene in cast]
        progress.remove_task(checked)
        progress.console.print(_table(cast, verdicts))

        refused = progress.add_task("freqtrade trade, with the key that can withdraw", total=None)
        bad = _trade(bot, cast[0])
        progress.remove_task(refused)
        progress.console.print(Text.assemble("\nfreqtrade trade, with the key that can withdraw: ", bad.told))

        running = progress.add_task("freqtrade trade, with the good key", total=None)
        good = _trade(bot, cast[-1])
        progress.remove_task(running)
        progress.console.print(Text.assemble("freqtrade trade, with the good key: ", good.told))
        ordered = [path for path in exchange.paths() if path.startswith(("POST", "PUT", "DELETE"))]
    as_expected = all(verdict.outcome is scene.expected for verdict, scene in zip(verdicts, cast, strict=True))
    if as_expected and bad.as_expected and good.as_expected and not ordered:
        console.print("\nThat is all it does: a key that can do more than trade starts no bot.", highlight=False)
        return 0
    console.print("\nThis did not come out as it should. Please report it with the lines below.", style="bold red")
    console.print(Text(f"{bad.output}\n{good.output}"))
    return 1


@dataclass(frozen=True)
class RunResult:
    """How a start of freqtrade came out."""

    told: Text
    as_expected: bool
    output: str


def _check(bot: DemoBot, scene: Scenario) -> Verdict:
    bot.store(scene.key)
    return LocalCheck(bot.config).run().verdict


def _trade(bot: DemoBot, scene: Scenario) -> RunResult:
    bot.store(scene.key)
    process = bot.trade()
    if scene.expected is Outcome.ADMITTED:
        runs = process.wait_for_output()
        code = process.stop()
        told = f"running, until it was stopped (exit code {code})" if runs else f"did not run (exit code {code})"
        return RunResult(Text(told, style="bold green" if runs else "bold red"), runs, process.output)
    code = process.wait()
    said = next((line for line in process.output.splitlines() if "API key guard:" in line), "")
    told = f"exit code {code}\n  {said.partition('API key guard: ')[2]}"
    return RunResult(Text(told, style="bold red"), code == 2 and "REFUSED" in said, process.output)


def _table(cast: list[Scenario], verdicts: list[Verdict]) -> Table:
    table = Table("key", "rights", "works from")
    table.add_column("verdict", no_wrap=True)
    for scene, verdict in zip(cast, verdicts, strict=True):
        facts = verdict.facts[0] if verdict.facts else None
        table.add_row(
            scene.title,
            Text(describe_permissions(facts) if facts else "—"),
            Text(describe_ip_restriction(facts) if facts else "—"),
            Text(
                "\n".join([verdict.outcome.value, *(finding.name for finding in verdict.findings)]),
                style=COLOURS[verdict.outcome],
            ),
        )
    return table
