"""A bot's config as a person wrote it, a keyring of its own, and the commands run in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest

from freqtrade_bitmex_guard import cli
from tests.vault import Vault

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of the keyring that is in use."""
    before = keyring.get_keyring()
    keyring.set_keyring(Vault())
    monkeypatch.setenv("VAULT", str(tmp_path / "vault.json"))
    yield tmp_path / "vault.json"
    keyring.set_keyring(before)


@pytest.fixture
def run(vault: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command with standard input, and gives its exit code and all that it printed."""

    def act(*arguments: str, stdin: str = "") -> tuple[int, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        monkeypatch.setenv("COLUMNS", "200")
        code = cli.main(list(arguments))
        printed = capfd.readouterr()
        assert "Traceback" not in printed.err
        return code, printed.out + printed.err

    return act
