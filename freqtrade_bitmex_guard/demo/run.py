"""Shows the guard at work: checks a few keys, then starts real freqtrade with a bad one and a good one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client.installed_ccxt import exchange_class
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, Severity, fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report.text import COLOURS, describe_ip_restriction, describe_permissions
from freqtrade_bitmex_guard.simulator import simulated, simulated_ids
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind

_T = TypeVar("_T")


@dataclass(frozen=True)
class Scenario:
    """One key of the demo, and its verdict."""

    title: str
    key: KeyState
    expected: Outcome


_TRADES = (Kind.READ, Kind.TRADE, Kind.CANCEL)
_PREFERRED = ("bitmex", "binance")
"""What is simulated if nobody names an exchange: the first that the installed ccxt has."""


def scenarios(simulator: type[SimulatedExchange[Any]]) -> list[Scenario]:
    """Return the keys that an exchange can have; it is on loopback, so the good key is restricted to that.

    Args:
        simulator: of the exchange.
    """
    make = simulator.random_key
    bad = [Scenario("can withdraw", make(permissions=[*_TRADES, Kind.WITHDRAW]), Outcome.REFUSED)]
    if simulator.limits_addresses:
        bad.append(Scenario("open to every address", make(networks=None), Outcome.REFUSED))
    if simulator.has_read_only:
        bad.append(Scenario("read-only", make(permissions=[Kind.READ]), Outcome.REFUSED))
    return [*bad, Scenario("good", make(), Outcome.ADMITTED)]


def demo_ids() -> list[str]:
    """Return the exchanges that the demo can play: those that are supported and simulated."""
    return [name for name in simulated_ids() if name in exchanges.supported_ids()]


def find_exchange(name: str | None) -> ExchangeProfile:
    """Return the profile of the exchange to play.

    Args:
        name: its ccxt id, in any case; None for one that the installed ccxt has.

    Raises:
        GuardError: misconfigured, if it cannot be played. What was typed is not repeated: it may be a secret.
    """
    if name is None:
        for preferred in _PREFERRED[:-1]:
            profile = exchanges.get_adapter(preferred).profile
            try:
                exchange_class(profile)
            except GuardError:
                continue
            return profile
        name = _PREFERRED[-1]
    wanted = exchanges.FORMER_NAMES.get(name.lower(), name.lower())
    if wanted not in demo_ids():
        similar = get_close_matches(wanted, demo_ids(), n=3)
        fail(
            "usage",
            "Wrong usage: --exchange: expected an exchange that the demo can simulate.",
            (f"Did you mean {' or '.join(similar)}? " if similar else "") + f"There are {', '.join(demo_ids())}.",
        )
    profile = exchanges.get_adapter(wanted).profile
    exchange_class(profile)  # raises if this ccxt does not have it
    return profile


_NEXT = """
Next, with the config of your own bot. Is the key that it has now all right?
  freqtrade-bitmex-guard check --as-is -c config.json
From no key to a guarded bot:
  freqtrade-bitmex-guard setup -c config.json"""


def run_demo(name: str | None = None, console: Console | None = None) -> int:
    """Run the demo, in under a minute, with no account and no network.

    Args:
        name: of the exchange to play; None for one that the installed ccxt has.
        console: where to print.

    Returns:
        0 if everything came out as it should, else 1.

    Raises:
        GuardError: misconfigured, if the exchange cannot be played.
    """
    profile = find_exchange(name)
    console = console or Console()
    console.print(
        f"This demo simulates {profile.title} on loopback. ccxt and freqtrade are the real ones."
        + (f" {profile.notice}" if profile.notice else "")
        + "\n",
        highlight=False,
    )
    simulator = simulated(profile.id)
    keys = scenarios(simulator)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with (
        simulator(scenario.key for scenario in keys) as exchange,
        tempfile.TemporaryDirectory(prefix="guard-demo-") as folder,
        Progress(*columns, console=console, transient=True) as progress,
    ):
        bot = DemoBot(Path(folder) / "bot", exchange)
        title = f"checking {len(keys)} keys"
        verdicts = _with_spinner(progress, title, lambda: [_check(bot, scenario) for scenario in keys])
        progress.console.print(_table(keys, verdicts), "")
        starts = []
        for label, scenario, verdict in (
            ("the key that can withdraw", keys[0], verdicts[0]),
            ("the good key", keys[-1], verdicts[-1]),
        ):
            title = f"freqtrade trade, with {label}"
            starts.append(_with_spinner(progress, title, partial(_trade, bot, scenario, verdict.requests)))
            progress.console.print(Text.assemble(f"{title}: ", starts[-1].summary))
    as_expected = all(verdict.outcome is scenario.expected for verdict, scenario in zip(verdicts, keys, strict=True))
    if as_expected and all(start.as_expected for start in starts):
        console.print(
            f"\nThat is all it does: no bot starts on a key that can do more than trade.\n{_NEXT}", highlight=False
        )
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


def _trade(bot: DemoBot, scenario: Scenario, requests_of_a_check: int) -> RunResult:
    bot.store(scenario.key)
    before = len(bot.exchange.requests)
    process = bot.trade()
    if scenario.expected is Outcome.ADMITTED:
        runs = process.wait_for_output()
        code = process.stop()
        summary = f"running, until it was stopped (exit code {code})" if runs else f"did not run (exit code {code})"
        return RunResult(Text(summary, style="bold green" if runs else "bold red"), runs, process.output)
    code = process.wait()
    report = next((line for line in process.output.splitlines() if "API key guard:" in line), "")
    summary = f"exit code {code}\n  {report.partition('API key guard: ')[2]}"
    # freqtrade itself sent nothing: no request but those of the check.
    sent = len(bot.exchange.requests) - before
    is_refused = code == 2 and "REFUSED" in report and sent == requests_of_a_check
    return RunResult(Text(summary, style="bold red"), is_refused, process.output)


def _describe(finding: Finding) -> str:
    return f"{finding.name} (warning)" if finding.severity is Severity.WARNING else finding.name


def _table(keys: list[Scenario], verdicts: list[Verdict]) -> Table:
    table = Table("key")
    table.add_column("permissions", overflow="fold")
    table.add_column("allowed IPs", overflow="fold")
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
