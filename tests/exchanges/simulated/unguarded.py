"""A real freqtrade bot without the guard, on a simulated exchange."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange


def unguarded_bot(folder: Path, exchange: SimulatedExchange[Any]) -> DemoBot:
    """Make a bot that finds the credentials of the exchange's first key where freqtrade alone looks for them."""
    bot = DemoBot(folder / "bot", exchange)
    bot.config.pop("api_key_guard")
    bot.config["exchange"] |= exchange.credentials(exchange.keys[0])
    return bot


def assert_bot_runs(folder: Path, exchange: SimulatedExchange[Any], *expected: str) -> None:
    """Start such a bot; it must reach RUNNING, make the expected requests, and get a good answer to every one."""
    process = unguarded_bot(folder, exchange).trade()
    try:
        assert process.wait_for_output(), process.output
        # Candles come last, after the state is announced.
        assert process.wait_for_output("Bot heartbeat", 30), process.output
    finally:
        process.stop()
    failed = [f"{one.status} {one.verb} {one.path}" for one in exchange.requests if one.status != 200]
    assert failed == []
    assert set(expected) <= set(exchange.paths())
