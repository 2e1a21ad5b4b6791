"""`doctor` as a real process from an installed wheel."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.e2e.commands import run
from tests.support.factories import SECRET, credentials_in_config

pytestmark = pytest.mark.slow


def test_a_good_bot_is_ready_and_nothing_is_sent_or_written(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    path = str(bot.write())
    before = {each: each.stat().st_mtime_ns for each in bot.folder.rglob("*")}

    done = run(wheel, bot, "doctor", "-c", path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert ": READY: " in done.stdout.splitlines()[0]
    assert done.stdout.splitlines()[-1] == f"READY. Type: freqtrade-bitmex-guard check -c {path}"
    assert "plain `freqtrade trade` is guarded" in done.stdout
    assert exchange.requests == []
    assert {each: each.stat().st_mtime_ns for each in bot.folder.rglob("*")} == before


def test_a_plain_key_without_the_plug_in_is_reported_as_json(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path]
) -> None:
    credentials_in_config(bot)

    done = run(environment("no pth"), bot, "doctor", "-c", str(bot.write()), "--format", "json")

    report = json.loads(done.stdout)
    states = {subject["name"]: subject["state"] for subject in report["subjects"]}
    assert (done.returncode, report["verdict"]) == (4, "misconfigured")
    assert (states["credentials"], states["plug-in"]) == ("error", "warning")
    assert SECRET not in done.stdout + done.stderr
    assert exchange.requests == []
