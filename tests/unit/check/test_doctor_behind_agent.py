"""`doctor` of a bot whose key a signing agent holds."""

from __future__ import annotations

import json
from pathlib import Path

from freqtrade_bitmex_guard.check.doctor import examine
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.diagnosis import State
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import bot_config


def test_it_asks_the_agent_and_reads_no_store(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    socket = str(tmp_path / "agent.sock")
    config = bot_config(tmp_path, exchange)
    config["api_key_guard"]["credentials"] = {"store": "agent", "socket": socket}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))

    diagnosis = examine([str(path)])

    assert [finding.name for finding in diagnosis.verdict.findings] == ["agent-unavailable"]
    assert {each.name: each.state for each in diagnosis.subjects}["store"] is State.ERROR
    assert diagnosis.verdict.outcome is Outcome.UNVERIFIED
    assert diagnosis.verdict.store == f"the signing agent ({socket})"
    assert exchange.requests == []
