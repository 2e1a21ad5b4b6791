"""The contracts, as somebody else imports them: from the installed package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from guard_extras.simulator import SimulatedBitstamp

from freqtrade_bitmex_guard.model.credentials import CredentialField
from freqtrade_bitmex_guard.testing.exchanges import ExchangeContract
from freqtrade_bitmex_guard.testing.stores import StoreContract


class TestBitstamp(ExchangeContract):
    simulator = SimulatedBitstamp
    has_test_network = False


class TestBox(StoreContract):
    @pytest.fixture(autouse=True)
    def own_box(self, tmp_path: Path) -> None:
        self.path = tmp_path / "box.json"

    def section(self, fields: tuple[CredentialField, ...]) -> dict[str, Any]:
        return {"store": "box", "path": str(self.path)}

    def put(self, values: Mapping[str, str]) -> None:
        self.path.write_text(json.dumps(dict(values)), encoding="utf-8")
