"""The commands, run in this process with a keyring of the test's own."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.unit.manage import credential_commands
from tests.unit.manage.credential_commands import Run


@pytest.fixture
def run(vault: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command with standard input; return its exit code and all that it printed."""

    def act(*arguments: str, stdin: bytes | str = "") -> tuple[int, str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        monkeypatch.setenv("COLUMNS", "200")
        code = dispatch.main(list(arguments))
        printed = capfd.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out + printed.err

    return act


@pytest.fixture
def config(tmp_path: Path, exchange: SimulatedBitMEX) -> str:
    return credential_commands.write_config(tmp_path, exchange)
