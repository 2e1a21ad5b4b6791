"""Whole checks with real ccxt on the simulated Gate and Gate EU."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from freqtrade_bitmex_guard.simulator.gate import UNIFIED, SimulatedGate
from freqtrade_bitmex_guard.simulator.gateeu import SimulatedGateEU
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import Kind
from tests.exchanges.contract import ExchangeContract
from tests.exchanges.contract_cases import check, errors, replay_answers


class TestSpot(ExchangeContract):
    """A bot that trades spot."""

    simulator: ClassVar = SimulatedGate
    requests = 2
    answers: ClassVar = {"empty object": "key-not-listed", "empty list": "key-not-listed", "maintenance": "overloaded"}

    def test_the_answer_about_another_key_is_not_taken(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        own, other = exchange.keys[0], SimulatedGate.random_key()
        exchange.keys[:] = [other]
        replay_answers(exchange, tmp_path / "other", other)

        assert errors(check(exchange, tmp_path / "own", own)) == ["key-not-listed"]

    def test_the_address_that_the_exchange_saw_is_shown(self, exchange: SimulatedGate, tmp_path: Path) -> None:
        exchange.keys[0].networks = ["203.0.113.7"]

        verdict = check(exchange, tmp_path)

        assert errors(verdict) == ["address-not-allowed"]
        assert " saw the address 127.0.0.1." in verdict.findings[0].message

    def test_a_key_without_the_permission_account_cannot_be_verified(
        self, exchange: SimulatedGate, tmp_path: Path
    ) -> None:
        exchange.keys[0].permissions = ["spot"]

        assert errors(check(exchange, tmp_path)) == ["access-denied"]

    def test_a_key_that_trades_the_other_mode_too_is_admitted(self, exchange: SimulatedGate, tmp_path: Path) -> None:
        exchange.keys[0].permissions = [Kind.READ, Kind.TRADE, "futures", "wallet:read", "margin:read"]

        assert check(exchange, tmp_path).admitted

    def test_a_sibling_that_withdraws_is_found(self, exchange: SimulatedGate, tmp_path: Path) -> None:
        exchange.keys[0].siblings = [SimulatedGate.random_key(permissions=[Kind.WITHDRAW])]

        verdict = check(exchange, tmp_path)

        assert verdict.admitted
        assert "sibling-keys" in [found.name for found in verdict.findings]


class TestFutures(TestSpot):
    """The same of a bot that trades futures."""

    trading_mode = "futures"

    def test_a_key_that_trades_the_other_mode_too_is_admitted(self, exchange: SimulatedGate, tmp_path: Path) -> None:
        exchange.keys[0].permissions = [Kind.READ, Kind.TRADE, "spot"]

        assert check(exchange, tmp_path).admitted

    def test_a_unified_account_is_admitted(self, exchange: SimulatedGate, tmp_path: Path) -> None:
        exchange.account_mode = UNIFIED

        assert check(exchange, tmp_path).admitted


class TestGateEU(TestSpot):
    """The same of the regional twin."""

    simulator: ClassVar = SimulatedGateEU
