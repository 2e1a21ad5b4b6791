"""The commands, run in this process with a keyring of the test's own."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.cli import dispatch

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(vault: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command with standard input, and gives its exit code and all that it printed."""

    def act(*arguments: str, stdin: bytes | str = "") -> tuple[int, str]:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
        monkeypatch.setenv("COLUMNS", "200")
        code = dispatch.main(list(arguments))
        printed = capfd.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out + printed.err

    return act
