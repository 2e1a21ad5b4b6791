"""Starts a bot that wants to trade."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.e2e.freqtrade_process import API_SERVER, assert_no_secret, free_port
from tests.e2e.running_bot import Running, Start
from tests.e2e.trading_bot import Receiver, rests_an_order, wants_to_trade


@pytest.fixture
def start(bot: DemoBot, wheel: Path) -> Iterator[Start]:
    processes = []
    with Receiver() as receiver:

        def begin(*, open_trade: bool = True, exit_order: str = "", unfilled: bool = False, **section: Any) -> Running:
            port = free_port()
            wants_to_trade(bot, open_trade=open_trade)
            if exit_order:
                rests_an_order(bot, exit_order, "sell")
            if unfilled:  # freqtrade itself cancels nothing meanwhile
                bot.config["unfilledtimeout"] = {"entry": 1_000, "exit": 1_000, "unit": "minutes"}
            bot.config["api_server"] = {**API_SERVER, "listen_port": port}
            bot.config["webhook"] = receiver.config()
            bot.config["api_key_guard"] |= {"recheck_minutes": 0.03, **section}
            processes.append(bot.trade(python=str(wheel)))
            running = Running(bot, processes[0], receiver, port)
            running.until("Uvicorn running")
            return running

        yield begin
        for process in processes:
            process.stop()
            assert_no_secret(process.output)
