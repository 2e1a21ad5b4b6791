"""The open entries of a bot that the guard holds; real bots are in tests/e2e/test_open_entries.py."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from freqtrade.enums import State
from freqtrade.persistence import Order, Trade, init_db

from freqtrade_bitmex_guard.plugin import entries, loop_hook
from freqtrade_bitmex_guard.report.chat import Entries
from tests.unit.plugin.watched_bot import BAD, GOOD, WatchedBot


@pytest.mark.parametrize("on_violation", ["pause", "stop"])
def test_a_held_bot_makes_no_entry_whoever_asks(on_violation: str) -> None:
    watched = WatchedBot(on_violation=on_violation)
    assert watched.bot.execute_entry("BTC/USDT")
    watched.verdict = BAD
    watched.iterate()
    assert not watched.bot.execute_entry("ETH/USDT")
    watched.verdict = GOOD
    watched.iterate()
    assert watched.bot.execute_entry("LTC/USDT")
    assert watched.entered == ["BTC/USDT", "LTC/USDT"]


def test_a_bot_without_a_monitor_makes_entries() -> None:
    watched = WatchedBot()
    del watched.bot.__dict__[loop_hook.MONITOR_ATTRIBUTE]
    assert watched.bot.execute_entry("BTC/USDT")


@pytest.mark.parametrize("state", [State.RUNNING, State.PAUSED, State.STOPPED])
def test_entries_are_cancelled_once_held_and_with_each_recheck(monkeypatch: pytest.MonkeyPatch, state: State) -> None:
    states: list[State] = []

    def cancel(bot: Any) -> Entries:
        states.append(bot.state)
        return Entries(remaining=("BTC/USDT",))

    monkeypatch.setattr(loop_hook, "cancel_open_entries", cancel)
    watched = WatchedBot(state)
    watched.iterate()
    assert states == [], "a key that passes cancels nothing"
    watched.verdict = BAD
    watched.iterate()
    held = State.STOPPED if state is State.STOPPED else State.PAUSED
    assert states == [held], "the bot was held first"
    assert "could not be cancelled may still fill: BTC/USDT" in watched.messages[0]
    watched.iterate(1)
    assert len(states) == 1
    watched.iterate(5)
    assert len(states) == 2
    assert len(watched.messages) == 1


def test_a_failure_to_cancel_is_in_the_message_and_holds_the_bot() -> None:
    watched = WatchedBot()
    watched.verdict = BAD
    assert watched.iterate() is State.PAUSED, "it has no lock, so cancelling raises"
    assert "could not be cancelled and may still fill: cancel them on the exchange" in watched.messages[0]


class TradingBot:
    """What the guard calls of a bot, with freqtrade's own database behind it."""

    def __init__(self, closes: tuple[str, ...] = ()) -> None:
        self._exit_lock = threading.Lock()
        self.closes = closes
        self.asked: list[tuple[str, list[str]]] = []

    def cancel_open_orders_of_trade(self, trade: Any, sides: list[str], reason: str) -> None:
        self.asked.append((trade.pair, sides))
        if trade.pair not in self.closes:
            raise ValueError("the exchange does not answer")
        for order in trade.open_orders:
            if order.side in sides:
                order.ft_is_open, order.status = False, "canceled"


@pytest.fixture
def database() -> Iterator[None]:
    init_db("sqlite://")
    yield
    Trade.session.remove()
    del Trade.session, Order.session


def trade(pair: str, *orders: str, short: bool = False) -> None:
    made = Trade(
        pair=pair, exchange="bitmex", is_open=True, is_short=short, leverage=1.0, fee_open=0.0, fee_close=0.0,
        open_rate=1.0, amount=1.0, stake_amount=1.0,
    )  # fmt: skip
    for number, side in enumerate(orders):
        made.orders.append(
            Order(
                order_id=f"{pair}-{number}",
                ft_order_side=side,
                ft_pair=pair,
                symbol=pair,
                ft_is_open=True,
                side="buy" if side == "stoploss" else side,
                status="open",
                ft_amount=1.0,
                ft_price=1.0,
                amount=1.0,
                price=1.0,
                filled=0.0,
                remaining=1.0,
            )
        )
    Trade.session.add(made)
    Trade.commit()


@pytest.mark.usefixtures("database")
def test_only_entries_are_cancelled_long_and_short() -> None:
    trade("A/USDT", "buy")
    trade("B/USDT", "sell")
    trade("C/USDT", "sell", short=True)
    trade("D/USDT", "buy", "stoploss", short=True)
    trade("E/USDT", "stoploss")
    bot = TradingBot(closes=("A/USDT",))
    told = entries.cancel_open_entries(bot)
    assert bot.asked == [("A/USDT", ["buy"]), ("C/USDT", ["sell"])]
    assert told == Entries(cancelled=("A/USDT",), remaining=("C/USDT",)), "one that fails keeps no other"
    assert not bot._exit_lock.locked()


@pytest.mark.usefixtures("database")
def test_without_open_entries_nothing_is_asked_or_said() -> None:
    trade("B/USDT", "sell")
    bot = TradingBot()
    assert str(entries.cancel_open_entries(bot)) == ""
    assert bot.asked == []
