"""An agent that serves in this process, on a simulated BitMEX."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.agent.serving import Serving
from tests.conftest import skip_without_bitmex
from tests.support.factories import key


@pytest.fixture
def serving(tmp_path: Path, exchange: SimulatedBitMEX) -> Iterator[Serving]:
    """An agent that serves this process's own user."""
    running = Serving(tmp_path, exchange)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def shared(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """An agent that serves all tests of a module, so that each hostile message meets one that others have met."""
    skip_without_bitmex(pytestconfig)
    with SimulatedBitMEX([key()]) as exchange:
        running = Serving(tmp_path_factory.mktemp("shared"), exchange)
        yield running.start()
        running.stop()
