"""`health` beside a real bot."""

from __future__ import annotations

from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.e2e.commands import run
from tests.e2e.running_bot import Start

pytestmark = pytest.mark.slow


def test_health_follows_a_running_bot_until_its_end(start: Start, exchange: SimulatedBitMEX, wheel: Path) -> None:
    running = start()
    running.until("MANAGES BTC/USDT")
    options = ("health", "--user-data-dir", str(running.bot.folder / "user_data"))
    good = run(wheel, running.bot, *options)
    assert (good.returncode, good.stdout[:8]) == (0, "HEALTHY:"), good.stdout + good.stderr
    exchange.keys[0].permissions = ["order", "withdraw"]
    running.until("to: PAUSED")
    held = run(wheel, running.bot, *options)
    assert held.returncode == 1
    assert "withdraw-permission" in held.stdout
