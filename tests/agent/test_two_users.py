"""Real freqtrade behind a real agent of another user: an honest strategy, and a hostile one."""

from __future__ import annotations

import importlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import Process
from tests.agent.strategies import HOSTILE, TRADES
from tests.support.factories import KEY_ID, SECRET, wait_until
from tests.support.two_users import AS_BOT, TwoUsers, two_users

pytestmark = pytest.mark.slow

ENTERED, LEFT = "LIMIT_BUY has been fulfilled", "LIMIT_SELL has been fulfilled"


@pytest.fixture
def users(exchange: SimulatedBitMEX) -> Iterator[TwoUsers]:
    with two_users(exchange, limits={"order_value": 500, "orders_per_minute": 10}) as users:
        yield users


def start(users: TwoUsers, strategy: str, name: str) -> Process:
    (users.bot.folder / "user_data" / "strategies" / "strategy.py").write_text(strategy)
    users.bot.config["strategy"] = name
    return users.start_bot()


def until(process: Process, text: str, seconds: float = 60) -> None:
    assert wait_until(lambda: text in process.output or process.exit_code is not None, seconds), process.output
    assert text in process.output, process.output


def orders(users: TwoUsers) -> list[str]:
    placed = users.exchange.trading
    assert placed is not None
    return [f"{order['side']} {order['ordStatus']}" for order in placed.orders]


def test_a_bot_enters_and_leaves_a_trade_through_the_agent(users: TwoUsers) -> None:
    users.start_agent()

    bot = start(users, TRADES, "Trades")
    until(bot, LEFT)

    assert orders(users) == ["Buy Filled", "Sell Filled"]
    uses = [entry["use"] for entry in users.record() if "use" in entry]
    assert uses == ["entry", "exit"]
    assert SECRET not in bot.output
    assert "Traceback" not in bot.output
    signed = [request for request in users.exchange.requests if "api-signature" in request.headers]
    assert all(request.status == 200 for request in signed)


def test_a_hostile_strategy_gets_no_secret_and_nothing_outside_the_table(users: TwoUsers) -> None:
    users.exchange.keys[0].permissions[:] = ["order", "orderCancel", "withdraw"]
    # The operator's own folly: nothing but the agent stands between the strategy and the money.
    users.exchange.keys[0].permissions.remove("withdraw")
    users.agent_config["api_key_guard"]["policy"] = {"allowed_permissions": ["order", "position", "orderCancel"]}
    users.start_agent()
    users.exchange.keys[0].permissions.append("withdraw")

    bot = start(users, HOSTILE.replace("AGENT_PID", str(agent_pid(users))), "Hostile")
    until(bot, "ATTACKS DONE", 90)
    until(bot, "HONEST REQUEST WORKS", 30)

    for hidden in (SECRET, SECRET[:8], KEY_ID):
        assert hidden not in bot.output
    assert "GOT" not in bot.output, [line for line in bot.output.splitlines() if "GOT" in line]
    allowed = {"POST /order", "DELETE /order", "GET /order", "GET /user/margin", "GET /execution/tradeHistory"}
    checks = {"GET /apiKey", "GET /user", "GET /address", "GET /userEvent"}
    signed = {
        f"{request.verb} {request.path}"
        for request in users.exchange.requests
        if request.key == KEY_ID and request.status == 200
    }
    assert signed <= allowed | checks
    assert not any("requestWithdrawal" in path for path in users.exchange.paths() if path.startswith("POST"))
    refused = [entry for entry in users.record() if str(entry.get("verdict", "")).startswith("refused")]
    assert {"user/requestWithdrawal", "apiKey", "order"} <= {entry["route"].split()[-1] for entry in refused}
    assert SECRET not in json.dumps(users.record())


def agent_pid(users: TwoUsers) -> int:
    """Return the agent's own process id; `setpriv` becomes the agent."""
    assert users.agent is not None
    return users.agent._process.pid


def test_the_agent_killed_in_between_costs_no_order_and_places_none_twice(users: TwoUsers) -> None:
    users.exchange.trading.fills = False
    agent = users.start_agent()
    bot = start(users, TRADES, "Trades")
    assert wait_until(lambda: orders(users) == ["Buy New"], 60), bot.output

    agent._process.send_signal(signal.SIGKILL)
    agent.wait()
    until(bot, "agent-unavailable")
    users.exchange.trading.fills = True
    users.start_agent()
    until(bot, LEFT)

    assert orders(users) == ["Buy Filled", "Sell Filled"]
    assert [entry["use"] for entry in users.record() if "use" in entry] == ["entry", "exit"]


def test_a_frozen_agent_is_waited_out_and_places_nothing_twice(users: TwoUsers) -> None:
    users.bot.config["exchange"]["ccxt_config"]["timeout"] = 2000
    agent = users.start_agent()
    bot = start(users, TRADES, "Trades")
    until(bot, ENTERED)

    agent._process.send_signal(signal.SIGSTOP)
    time.sleep(9)
    agent._process.send_signal(signal.SIGCONT)
    until(bot, LEFT)

    assert orders(users) == ["Buy Filled", "Sell Filled"]


def test_without_an_agent_the_start_is_refused_with_exit_code_2(users: TwoUsers) -> None:
    bot = start(users, TRADES, "Trades")
    # The launcher returns the guard's own code; plain freqtrade ends with 2.
    assert bot.wait() == 3
    assert "[error] agent-unavailable:" in bot.output
    assert "to: RUNNING" not in bot.output
    assert users.exchange.requests == []


def test_a_key_that_gains_withdraw_pauses_the_bot_by_the_agents_standing(users: TwoUsers) -> None:
    users.agent_config["api_key_guard"] |= {"recheck_minutes": 0.03}
    users.exchange.trading.fills = False
    users.start_agent()
    bot = start(users, TRADES, "Trades")
    until(bot, "to: RUNNING")

    users.exchange.keys[0].permissions.append("withdraw")

    until(bot, "to: PAUSED", 30)
    assert "withdraw-permission" in bot.output


def test_status_is_a_health_probe_for_either_user(users: TwoUsers) -> None:
    users.start_agent()
    command = users.agent_command("status", "--socket", str(users.socket), "--format", "json")

    for prefix in (AS_BOT, []):
        done = subprocess.run([*prefix, *command], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        content = json.loads(done.stdout)
        assert content["standing"] == "all"
        assert content["verdict"]["verdict"] == "admitted"
        assert SECRET not in done.stdout

    users.stop()
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert "agent-unavailable" in done.stdout


def test_another_key_of_the_same_config_needs_another_agent(users: TwoUsers) -> None:
    users.start_agent()
    second = users.start_agent(wait=False)
    assert second.wait() == 4
    assert "Another agent serves this socket" in second.output


def test_learn_and_record_print_what_the_page_says(users: TwoUsers) -> None:
    agent = users.start_agent("learn")
    bot = start(users, TRADES, "Trades")
    until(bot, LEFT)
    bot.stop()
    agent._process.send_signal(signal.SIGTERM)
    assert agent.wait() == 0

    section = json.loads(agent.output[agent.output.index("{\n") :])["agent"]
    assert section["pairs"] == ["BTC/USDT"]
    assert section["order_types"] == ["limit"]
    assert section["limits"]["order_value"] == 50

    (file,) = (users.agent_folder / "record-learned").glob("record-*.jsonl")
    command = [sys.executable, "-m", "freqtrade_bitmex_guard", "agent", "record", "--verify", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert "each follows the one before it. Head: " in done.stdout
    file.write_text(file.read_text().replace("64000", "64001", 1))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 4
    assert "record-damaged" in done.stdout


OTHERS = [("binance", "futures"), ("bybit", "futures"), ("bybit", "spot"), ("kraken", "spot")]


@pytest.mark.parametrize(("exchange_id", "mode"), OTHERS)
def test_a_bot_on_another_exchange_runs_behind_the_agent(exchange_id: str, mode: str) -> None:
    simulator = importlib.import_module(f"freqtrade_bitmex_guard.simulator.{exchange_id}").SIMULATOR
    agent = {"trading_mode": mode, "pairs": ["BTC/USDT:USDT" if mode == "futures" else "BTC/USDT"]}
    with simulator([simulator.random_key()], trading_mode=mode) as exchange, two_users(exchange, **agent) as users:
        users.start_agent()
        (users.bot.folder / "user_data" / "strategies" / "strategy.py").write_text(TRADES)
        users.bot.config["strategy"] = "NeverTrades"
        bot = users.start_bot()
        until(bot, "Bot heartbeat", 90)

        key_id, secret = exchange.keys[0].id, exchange.keys[0].secret
        assert "Traceback" not in bot.output
        assert secret not in bot.output
        refused = [entry for entry in users.record() if str(entry.get("verdict", "")).startswith("refused")]
        assert refused == []
        statuses = {request.status for request in exchange.requests if request.key == key_id}
        assert statuses == {200}
