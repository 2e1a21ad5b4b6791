"""Which exchange `demo` plays, and with what keys."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.installed_ccxt import exchange_class
from freqtrade_bitmex_guard.demo.run import demo_ids, find_exchange, scenarios
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.simulator import simulated, simulated_ids


def without_bitmex(profile: Any) -> Any:
    if profile.id == "bitmex":
        raise GuardError
    return exchange_class(profile)


def test_it_plays_every_exchange_that_is_supported_and_simulated() -> None:
    assert {"bitmex", "binance", "bybit", "okx", "kraken", "gate"} <= set(demo_ids())
    assert set(demo_ids()) == set(simulated_ids()) & set(exchanges.supported_ids())


@pytest.mark.bitmex
def test_without_a_name_it_plays_bitmex() -> None:
    assert find_exchange(None).id == "bitmex"


def test_without_a_name_and_without_bitmex_it_plays_binance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[find_exchange.__module__], "exchange_class", without_bitmex)

    assert find_exchange(None).id == "binance"


@pytest.mark.parametrize("typed", ["kraken", "Kraken", "KRAKEN"])
def test_a_name_counts_in_any_case(typed: str) -> None:
    assert find_exchange(typed).id == "kraken"


def test_a_former_name_is_known() -> None:
    assert find_exchange("gateio").id == "gate"


def test_a_name_that_is_none_gets_the_nearest_ones() -> None:
    with pytest.raises(GuardError, match="usage") as raised:
        find_exchange("krakn")

    (finding,) = raised.value.findings
    assert finding.fix.startswith("Did you mean kraken? There are binance, ")
    assert "krakn" not in f"{finding.message}{finding.fix}"


@pytest.mark.parametrize("name", ["bitvavo", "interface", "../binance", ""])
def test_what_cannot_be_played_is_wrong_usage(name: str) -> None:
    with pytest.raises(GuardError, match="usage"):
        find_exchange(name)


def test_an_exchange_that_ccxt_does_not_have_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import ccxt

    monkeypatch.delattr(ccxt, "kraken")
    with pytest.raises(GuardError, match="ccxt-class-missing"):
        find_exchange("kraken")


@pytest.mark.parametrize("name", demo_ids())
def test_the_keys_are_those_that_the_exchange_knows(name: str) -> None:
    simulator = simulated(name)
    titles = [scenario.title for scenario in scenarios(simulator)]

    assert titles[0] == "can withdraw"
    assert titles[-1] == "good"
    assert ("open to every address" in titles) == simulator.limits_addresses
    with simulator(scenario.key for scenario in scenarios(simulator)) as exchange:
        assert all(exchange.words_of(key) is not None for key in exchange.keys)
