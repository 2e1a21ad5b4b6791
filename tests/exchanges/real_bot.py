"""Real `freqtrade trade`, from an installed wheel, on an exchange's simulator. Subclass `RealBot` as the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from tests.exchanges.contract_cases import TRADES
from tests.exchanges.simulated.unguarded import watched_credentials
from tests.support.factories import belongs


@pytest.mark.slow
class RealBot:
    """A bot starts with a good key, and with no other.

    Attributes:
        simulator: of the exchange.
        trading_mode: of the bot.
        requests: how many requests a check of a good key sends.
    """

    simulator: ClassVar[type[SimulatedExchange[Any]]]
    trading_mode: ClassVar[str] = "spot"
    requests: ClassVar[int] = 1

    def test_freqtrade_runs_and_signs_with_a_good_key(self, tmp_path: Path, wheel: Path) -> None:
        with self.simulator([self.simulator.random_key()], trading_mode=self.trading_mode) as exchange:
            process = _prepare(exchange, tmp_path).trade(python=str(wheel))
            try:
                assert process.wait_for_output(), process.output
            finally:
                process.stop()

            key = exchange.keys[0]
            assert all(request.key == key.id for request in exchange.requests[: self.requests])
            of_the_bot = exchange.requests[self.requests :]
            assert {request.key for request in of_the_bot} == {key.id, None}

    def test_freqtrade_does_not_start_with_a_key_that_withdraws(self, tmp_path: Path, wheel: Path) -> None:
        key = self.simulator.random_key(permissions=[*TRADES, Kind.WITHDRAW])
        with self.simulator([key], trading_mode=self.trading_mode) as exchange:
            process = _prepare(exchange, tmp_path).trade(python=str(wheel))

            assert process.wait() == 2, process.output
            assert "[error] withdraw-permission:" in process.output
            assert len(exchange.requests) == self.requests


def _prepare(exchange: SimulatedExchange[KeyState], folder: Path) -> DemoBot:
    bot = DemoBot(folder / "bot", exchange)
    belongs(*(bot.folder / part for part in exchange.credential_parts))
    watched_credentials(exchange)
    bot.store(exchange.keys[0])
    return bot
