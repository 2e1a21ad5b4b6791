"""Whole checks with real ccxt on the simulated Kraken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from freqtrade_bitmex_guard.simulator.kraken import SimulatedKraken
from tests.exchanges.contract import ExchangeContract
from tests.exchanges.contract_cases import check, errors
from tests.exchanges.simulated.unguarded import ccxt_client


class TestContract(ExchangeContract):
    """A bot that trades spot."""

    simulator = SimulatedKraken
    has_test_network = False
    outside = "key-unknown"  # what Kraken answers is not known; the simulator answers this

    def test_a_wrong_clock_is_named(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        ahead = ccxt_client(exchange, options={"timeDifference": -3_600_000})
        ahead.privatePostGetApiKeyInfo()

        verdict = check(exchange, tmp_path)

        assert errors(verdict) == ["clock-skew"]
        assert "another program" in verdict.findings[0].message

    def test_a_key_that_ends_is_reported_as_such(self, exchange: SimulatedKraken, tmp_path: Path) -> None:
        exchange.keys[0].days_left = 30

        (facts,) = check(exchange, tmp_path).facts

        assert facts.expires is not None
        assert 29 <= (facts.expires - datetime.now(UTC)).days <= 30

    @pytest.mark.parametrize("documented_names", [True, False])
    def test_both_spellings_are_judged_alike(
        self, exchange: SimulatedKraken, tmp_path: Path, documented_names: bool
    ) -> None:
        exchange.documented_names = documented_names
        exchange.keys[0].networks = None

        assert errors(check(exchange, tmp_path)) == ["ip-unrestricted"]

    def test_a_secret_that_was_cut_off_is_named(self, exchange: SimulatedKraken, tmp_path: Path) -> None:
        cut = replace(exchange.keys[0], secret=exchange.keys[0].secret[:-3])

        verdict = check(exchange, tmp_path, cut)

        assert errors(verdict) == ["credentials-malformed"]
        assert exchange.requests == []
