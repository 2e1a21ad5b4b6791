"""A bot whose key can turn bad, moment by moment.

A class with freqtrade's three methods stands in for `FreqtradeBot`: the races between its loop and its RPC threads
cannot be timed in a real one, which `tests/e2e/test_running_bot.py` starts.
"""

from __future__ import annotations

from typing import Any

from freqtrade.enums import State

from freqtrade_bitmex_guard.check.monitor import KeyMonitor
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin import loop_hook
from tests.support.factories import facts

GOOD = Verdict(findings=(), facts=(facts("order"),))

BAD = Verdict(findings=(error("withdraw-permission", "it can withdraw", "make a new key"),))


class WatchedBot:
    """One bot whose key can turn bad."""

    def __init__(self, state: State = State.RUNNING, **written: Any) -> None:
        class Bot:
            def __init__(self) -> None:
                self.config = {"bot_name": "the watched bot"}
                self.state = State.STOPPED
                self.state = state

            def process(self) -> None:
                watched.processed += 1

            def process_stopped(self) -> None:
                pass

            def execute_entry(self, pair: str) -> bool:
                watched.entered.append(pair)
                return True

            def cancel_open_orders_of_trade(self, trade: Any, sides: list[str], reason: str) -> None:
                raise AssertionError("there is no database")

            def notify_status(self, message: str) -> None:
                watched.messages.append(message)

        watched = self
        self.messages: list[str] = []
        self.entered: list[str] = []
        self.processed = 0
        self.now = 0.0
        self.verdict = GOOD
        loop_hook.install_loop_hook(Bot)
        self.bot: Any = Bot()
        section = parse_section(written, PROFILE)
        self.monitor = KeyMonitor(lambda: self.verdict, section, clock=lambda: self.now, jitter=lambda: 0)
        loop_hook.attach_monitor(self.bot, self.monitor)

    def iterate(self, minutes: float = 61) -> State:
        self.now += 60 * minutes
        before = self.bot.state
        if before in (State.RUNNING, State.PAUSED):
            self.bot.process()
        elif before is State.STOPPED:
            self.bot.process_stopped()
        state: State = self.bot.state
        return state
