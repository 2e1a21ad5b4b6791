"""The audit of a bot, as a command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.audit_command import AuditCommand
from tests.support.factories import KEY_ID, OTHER_ID, bot_config


@pytest.fixture
def config(tmp_path: Path, exchange: SimulatedBitMEX) -> Path:
    """A config file with a user-data folder beside it."""
    (tmp_path / "user_data").mkdir()
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**bot_config(tmp_path, exchange), "user_data_dir": str(tmp_path / "user_data")}))
    return path


@pytest.fixture
def audit(config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[AuditCommand]:
    """The audit of that config, on a wide terminal; its records are private and hold no key id."""
    monkeypatch.setenv("COLUMNS", "160")
    yield AuditCommand(config, capsys)
    for path in config.parent.rglob("audit-*"):
        assert KEY_ID not in path.read_text()
        assert OTHER_ID not in path.read_text()
        assert path.stat().st_mode & 0o077 == 0
