"""Whole checks with real ccxt on the simulated BingX."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import ClassVar, Literal

import pytest

from freqtrade_bitmex_guard.simulator.bingx import SimulatedBingX, error
from freqtrade_bitmex_guard.simulator.keys import Kind
from tests.exchanges.contract import ExchangeContract
from tests.exchanges.contract_cases import check, errors


class TestContract(ExchangeContract):
    """A bot that trades spot, the only mode that freqtrade has on BingX."""

    simulator = SimulatedBingX
    answers: ClassVar = {"maintenance": "overloaded"}

    @pytest.mark.parametrize("shape", ["wrapped", "flags"])
    def test_each_documented_shape_is_read(
        self, exchange: SimulatedBingX, tmp_path: Path, shape: Literal["wrapped", "flags"]
    ) -> None:
        exchange.shape = shape

        verdict = check(exchange, tmp_path / "good")
        assert verdict.admitted
        assert ("ip-undisclosed" in [found.name for found in verdict.findings]) == (shape == "flags")

        for word, name in ((Kind.WITHDRAW, "withdraw-permission"), ("enableNew", "permission-not-allowed")):
            exchange.keys[0].permissions = [Kind.READ, Kind.TRADE, word]
            assert errors(check(exchange, tmp_path / name)) == [name]

    def test_an_id_that_is_shown_whole_is_compared(self, exchange: SimulatedBingX, tmp_path: Path) -> None:
        exchange.masks_ids = False

        assert check(exchange, tmp_path / "own").admitted

        exchange.keys[0].overrides = {"apiKey": SimulatedBingX.random_key().id}
        assert errors(check(exchange, tmp_path / "other")) == ["key-not-listed"]

    def test_a_key_that_trades_futures_too_is_admitted(self, exchange: SimulatedBingX, tmp_path: Path) -> None:
        exchange.keys[0].permissions = [Kind.READ, Kind.TRADE, "3"]

        assert check(exchange, tmp_path).admitted

    def test_a_key_that_cannot_read_is_not_verified(self, exchange: SimulatedBingX, tmp_path: Path) -> None:
        exchange.keys[0].permissions = [Kind.TRADE]

        assert errors(check(exchange, tmp_path)) == ["access-denied"]

    def test_no_log_shows_the_signature(
        self, exchange: SimulatedBingX, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        exchange.respond_always("/v1/account/apiPermissions", error(31415, "something new"))

        verdict = check(exchange, tmp_path)

        assert errors(verdict) == ["exchange-error"]
        assert "signature=…" in caplog.text  # urllib3 logs the path
        assert exchange.requests[0].request.query["signature"] not in caplog.text
