"""A real running bot: its key changes, the exchange goes away, its config is reloaded."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.e2e.freqtrade_process import assert_no_secret
from tests.e2e.running_bot import Start
from tests.e2e.trading_bot import Receiver

pytestmark = pytest.mark.slow


def test_a_key_that_gains_withdraw_pauses_a_bot_with_its_trade_managed(start: Start, exchange: SimulatedBitMEX) -> None:
    running = start()
    running.until("MANAGES BTC/USDT")
    exchange.keys[0].permissions = ["order", "withdraw"]
    paused = running.until("from RUNNING to: PAUSED")
    running.until("MANAGES BTC/USDT", paused)
    (message,) = running.messages(1)
    assert " is paused: " in message
    assert "withdraw-permission" in message

    running.command("start")
    turned_back = running.until("not RUNNING but PAUSED", paused)
    running.until("MANAGES BTC/USDT", running.until("MANAGES BTC/USDT", turned_back))
    assert "to: RUNNING" not in running.process.output[paused:]
    running.messages(1)

    exchange.keys[0].permissions = ["order"]
    messages = running.messages(2)
    assert "the key passes again" in messages[1]
    running.until("MANAGES BTC/USDT", running.until("MANAGES BTC/USDT", len(running.process.output)))
    assert "to: RUNNING" not in running.process.output[paused:], "nothing is resumed by itself"
    running.command("start")
    running.until("from PAUSED to: RUNNING", paused)
    running.messages(2)
    assert not [path for path in exchange.paths() if not path.startswith("GET")]


def test_a_key_that_loses_its_ip_restriction_pauses_the_bot(start: Start, exchange: SimulatedBitMEX) -> None:
    running = start()
    running.until("MANAGES BTC/USDT")
    exchange.keys[0].cidr = "0.0.0.0/0"
    running.until("MANAGES BTC/USDT", running.until("from RUNNING to: PAUSED"))
    assert "ip-unrestricted" in running.messages(1)[0]


def test_a_paused_bot_opens_no_new_trade(start: Start, exchange: SimulatedBitMEX) -> None:
    running = start(open_trade=False)
    running.until("WANTS TO ENTER")
    exchange.keys[0].cidr = ""
    paused = running.until("is paused: The key has no IP restriction")
    running.until("ITERATION", running.until("ITERATION", running.until("to: PAUSED", paused)))
    assert "WANTS TO ENTER" not in running.process.output[paused:]
    assert "ip-unrestricted" in running.messages(1)[0]


def test_a_disabled_key_stops_a_bot_that_is_configured_to_stop(start: Start, exchange: SimulatedBitMEX) -> None:
    running = start(on_violation="stop")
    running.until("MANAGES BTC/USDT")
    exchange.keys[0].enabled = False
    stopped = running.until("is stopped: The key is disabled")
    running.until("from RUNNING to: STOPPED", stopped)
    running.command("start")
    turned_back = running.until("not RUNNING but STOPPED", stopped)
    time.sleep(2)
    assert "MANAGES" not in running.process.output[stopped:]
    assert "to: RUNNING" not in running.process.output[turned_back:]
    assert "key-disabled" in running.messages(1)[0]
    exchange.keys[0].enabled = True
    assert "the key passes again" in running.messages(2)[1], "a stopped bot's key is checked, too"


def test_an_exchange_that_is_down_is_tolerated_for_the_grace_period(start: Start, exchange: SimulatedBitMEX) -> None:
    running = start(recheck_grace_minutes=0.1)
    running.until("MANAGES BTC/USDT")
    exchange.respond_always("/apiKey", error(503, "down for maintenance"))
    tolerated = running.until("the key could not be checked; the bot goes on")
    running.until("MANAGES BTC/USDT", tolerated)
    assert "PAUSED" not in running.process.output
    running.until("from RUNNING to: PAUSED", tolerated)
    assert "could not be checked for" in running.messages(1)[0]


def test_a_refused_reload_leaves_the_running_bot_paused_with_its_trade_managed(
    start: Start, exchange: SimulatedBitMEX
) -> None:
    running = start(recheck_minutes=0)
    running.until("MANAGES BTC/USDT")
    running.bot.config["api_key_guard"]["policy"] = {"required_permissions": ["order", "position"]}
    running.bot.write()
    running.command("reload_config")
    refused = running.until("did not load the new config")
    running.until("MANAGES BTC/USDT", running.until("to: PAUSED", refused))
    assert "permission-missing" in running.messages(1)[0]
    assert "Cleaning up modules" not in running.process.output
    assert exchange.paths().count("GET /apiKey") == 2

    running.bot.config["api_key_guard"]["policy"] = {}
    path = running.bot.write()
    path.write_text(path.read_text()[:-3])  # invalid JSON from now on
    running.command("reload_config")
    running.until("MANAGES BTC/USDT", running.until("did not load the new config", refused))
    running.messages(2)

    running.command("start")
    running.until("from PAUSED to: RUNNING", refused)
    running.bot.write()
    running.command("reload_config")
    reloaded = running.until("after config reloaded", refused)
    running.until("MANAGES BTC/USDT", reloaded)
    assert exchange.paths().count("GET /apiKey") == 3, "one check for one reload"
    running.messages(2)


def test_a_refused_reload_leaves_a_stopped_bot_stopped(start: Start, exchange: SimulatedBitMEX) -> None:
    running = start(recheck_minutes=0)
    running.until("MANAGES BTC/USDT")
    running.command("stop")
    stopped = running.until("to: STOPPED")
    exchange.keys[0].permissions = ["withdraw"]
    running.command("reload_config")
    running.until("from RELOAD_CONFIG to: STOPPED", stopped)
    assert "stopped, as it was" in running.messages(1)[0]
    assert "MANAGES" not in running.process.output[stopped:]


def test_a_refused_start_is_reported_once_an_hour(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    exchange.keys[0].permissions = ["order", "withdraw"]
    with Receiver() as receiver:
        bot.config["webhook"] = receiver.config()
        for _ in range(2):
            process = bot.trade(python=str(wheel))
            assert process.wait() == 2
            assert_no_secret(process.output)
        (message,) = receiver.from_the_guard
        assert " was not started: The key has the permission" in message.partition("\n")[0]
        exchange.keys[0].permissions = ["order"]
        exchange.keys[0].cidr = ""
        assert bot.trade(python=str(wheel)).wait() == 2
        assert len(receiver.from_the_guard) == 2, "another refusal is sent at once"
        assert len(receiver.received) == 2
