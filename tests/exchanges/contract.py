"""The contract of the exchanges, with real bots in an environment that has the wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from freqtrade_bitmex_guard.testing import exchanges


class BasicContract(exchanges.BasicContract):
    """The tests that each trading mode and each regional twin must pass."""

    @pytest.fixture
    def python(self, wheel: Path) -> str:
        return str(wheel)


class ExchangeContract(BasicContract, exchanges.ExchangeContract):
    """All tests that an exchange must pass, in one of its trading modes."""
