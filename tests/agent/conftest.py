"""An agent that serves in this process, on a simulated BitMEX."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.agent.serving import Serving


@pytest.fixture
def serving(tmp_path: Path, exchange: SimulatedBitMEX) -> Iterator[Serving]:
    """An agent that serves this process's own user."""
    running = Serving(tmp_path, exchange)
    yield running
    running.stop()
