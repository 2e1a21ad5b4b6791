"""A real bot that is held while an entry rests on the exchange."""

from __future__ import annotations

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.e2e.running_bot import Start
from tests.e2e.trading_bot import rests_an_order

pytestmark = pytest.mark.slow


def entry(bot: DemoBot, exchange: SimulatedBitMEX) -> str:
    """Have an entry rest on the exchange, and the bot know it."""
    number = exchange.orders.rest("Buy", 70_000, 65_000)
    rests_an_order(bot, number)
    return number


@pytest.mark.parametrize(
    ("on_violation", "becomes"), [("pause", "from RUNNING to: PAUSED"), ("stop", "from RUNNING to: STOPPED")]
)
def test_a_held_bot_cancels_its_open_entry(
    start: Start, bot: DemoBot, exchange: SimulatedBitMEX, on_violation: str, becomes: str
) -> None:
    number = entry(bot, exchange)
    running = start(open_trade=False, on_violation=on_violation, unfilled=True)
    running.until("ITERATION", running.until("ITERATION"))
    assert exchange.orders.status(number) == "New"
    exchange.keys[0].permissions = ["order", "withdraw"]
    running.until(becomes)
    (message,) = running.messages(1)
    assert exchange.orders.status(number) == "Canceled"
    assert "Its open entries were cancelled: BTC/USDT." in message
    running.until("Buy order fully cancelled. Removing")


def test_an_exit_rests_on_while_the_bot_is_held(start: Start, bot: DemoBot, exchange: SimulatedBitMEX) -> None:
    number = exchange.orders.rest("Sell", 90_000, 65_000)
    running = start(exit_order=number, unfilled=True)
    running.until("ITERATION", running.until("ITERATION"))
    exchange.keys[0].permissions = ["order", "withdraw"]
    running.until("ITERATION", running.until("from RUNNING to: PAUSED"))
    (message,) = running.messages(1)
    assert "entr" not in message
    assert exchange.orders.status(number) == "New"


@pytest.mark.parametrize("on_violation", ["pause", "stop"])
def test_an_entry_that_cannot_be_cancelled_is_in_the_message(
    start: Start, bot: DemoBot, exchange: SimulatedBitMEX, on_violation: str
) -> None:
    number = entry(bot, exchange)
    exchange.orders.cancels = False
    running = start(open_trade=False, on_violation=on_violation, unfilled=True)
    running.until("ITERATION", running.until("ITERATION"))
    exchange.keys[0].permissions = ["order", "withdraw"]
    (message,) = running.messages(1)
    assert "An open entry that could not be cancelled may still fill: BTC/USDT. Cancel it on the exchange." in message
    exchange.orders.cancels = True
    running.until("Buy order fully cancelled. Removing")
    assert exchange.orders.status(number) == "Canceled", "it is tried again with each recheck"


def test_a_refused_reload_cancels_the_open_entry_too(start: Start, bot: DemoBot, exchange: SimulatedBitMEX) -> None:
    number = entry(bot, exchange)
    running = start(open_trade=False, recheck_minutes=0, unfilled=True)
    running.until("ITERATION", running.until("ITERATION"))
    running.bot.config["api_key_guard"]["policy"] = {"required_permissions": ["order", "position"]}
    running.bot.write()
    running.command("reload_config")
    running.until("to: PAUSED", running.until("did not load the new config"))
    assert "Its open entries were cancelled: BTC/USDT." in running.messages(1)[0]
    assert exchange.orders.status(number) == "Canceled"
