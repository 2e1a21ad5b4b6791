"""freqtrade's `demo_trading` on Bybit: the key is checked on the hosts that the bot will use, and on no others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client import exchange_client
from freqtrade_bitmex_guard.exchanges.bybit import PROFILE
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.bybit import SimulatedBybit
from tests.exchanges.contract_cases import errors, prepare_bot


@pytest.fixture
def live() -> Iterator[SimulatedBybit]:
    """Bybit itself, which does not know the key."""
    with SimulatedBybit([SimulatedBybit.random_key()]) as exchange:
        yield exchange


@pytest.fixture
def demo() -> Iterator[SimulatedBybit]:
    """Bybit's demo trading."""
    with SimulatedBybit([SimulatedBybit.random_key()]) as exchange:
        yield exchange


@pytest.fixture
def bot(live: SimulatedBybit, demo: SimulatedBybit, tmp_path: Path) -> DemoBot:
    """A bot with a key of demo trading."""
    bot = prepare_bot(demo, tmp_path)
    urls = {"api": live.api_urls(), "demotrading": demo.api_urls()}
    bot.config["exchange"] |= {"ccxt_config": {"urls": urls}, "demo_trading": True}
    return bot


def test_the_demo_host_is_queried(bot: DemoBot, live: SimulatedBybit, demo: SimulatedBybit) -> None:
    verdict = LocalCheck(bot.config).run().verdict

    assert errors(verdict) == []
    assert verdict.servers == (demo.url,)
    assert (len(live.requests), len(demo.requests)) == (0, 1)


@pytest.mark.parametrize("written", [False, None])
def test_without_the_setting_the_live_host_is_queried(
    bot: DemoBot, live: SimulatedBybit, demo: SimulatedBybit, written: Any
) -> None:
    bot.config["exchange"]["demo_trading"] = written

    assert errors(LocalCheck(bot.config).run().verdict) == ["key-unknown"]
    assert (len(live.requests), len(demo.requests)) == (1, 0)


def test_the_demo_hosts_of_ccxt_are_allowed() -> None:
    client = exchange_client.build_client({"name": "bybit", "demo_trading": True}, PROFILE, list(PROFILE.hosts))

    assert {server.host for server in client.connection.servers} == {"api-demo.bybit.com"}
    assert client.clone().connection.servers == client.connection.servers


def test_demo_trading_in_a_sandbox_is_misconfigured() -> None:
    exchange = {"name": "bybit", "demo_trading": True, "ccxt_config": {"sandbox": True}}
    with pytest.raises(GuardError, match="client-settings"):
        exchange_client.build_client(exchange, PROFILE, list(PROFILE.hosts))


@pytest.mark.slow
def test_freqtrade_trades_on_the_demo_host_alone(
    bot: DemoBot, live: SimulatedBybit, demo: SimulatedBybit, wheel: Path
) -> None:
    process = bot.trade(python=str(wheel))
    try:
        assert process.wait_for_output(), process.output
    finally:
        process.stop()

    assert "admitted" in process.output
    assert live.requests == []
    assert {request.key for request in demo.requests} <= {demo.keys[0].id, None}
