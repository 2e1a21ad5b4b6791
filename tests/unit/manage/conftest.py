"""The commands, run in this process with a keyring of the test's own."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import pytest

from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, NEW_ID, NEW_SECRET, SECRET, bot_config

OLD, NEW = f"{KEY_ID}\n{SECRET}\n", f"{NEW_ID}\n{NEW_SECRET}\n"


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


@pytest.fixture
def config(tmp_path: Path, exchange: SimulatedBitMEX) -> str:
    return written(tmp_path, exchange)


def written(folder: Path, exchange: SimulatedBitMEX, **section: Any) -> str:
    content = bot_config(folder, exchange)
    content["api_key_guard"] = {"allowed_hosts": ["127.0.0.1"], **section}
    (folder / "config.json").write_text(json.dumps(content))
    return str(folder / "config.json")


def entry() -> dict[str, str]:
    found: dict[str, str] = json.loads(keyring.get_password("freqtrade-bitmex", "credentials") or "{}")
    return found


def credentials(run: Run, action: str, config: str, *flags: str, stdin: bytes | str = "", code: int = 0) -> str:
    ended, printed = run("credentials", action, "-c", config, *flags, stdin=stdin)
    assert ended == code, printed
    for hidden in (SECRET[:8], NEW_SECRET[:8], KEY_ID[:5], NEW_ID[:5]):
        assert hidden not in printed
    return printed
