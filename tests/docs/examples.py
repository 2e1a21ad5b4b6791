"""The example configs, and what systemd and Docker would hand over to a bot that uses them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.cli import dispatch
from freqtrade_bitmex_guard.cli.freqtrade_args import parse_as_freqtrade
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.config.section import GuardConfig
from freqtrade_bitmex_guard.exchanges import get_adapter
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.plugin import launch

EXAMPLES = Path(__file__).parents[2] / "example_config"
NAMES = ["keyring", "files", "command", "bitmex"]
"""What the names of the example configs end with: their store, or the exchange that is left of an old ccxt."""


def load_example(name: str) -> dict[str, Any]:
    """Return an example config as freqtrade reads it."""
    return read_config([str(EXAMPLES / f"config-{name}.json")])


def profile_of(config: dict[str, Any]) -> ExchangeProfile:
    """Return the profile of a config's exchange."""
    return get_adapter(config["exchange"]["name"]).profile


def parse_example(name: str) -> GuardConfig:
    """Return the section of an example config, validated."""
    config = load_example(name)
    return parse_section(config["api_key_guard"], profile_of(config))


def value_of(name: str) -> str:
    """Return what a secret file holds, in the form of BitMEX's keys."""
    return f"{name}-made-up".ljust(24 if name.endswith("key") else 48, "0")


def write_secrets(folder: Path, names: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Write secret files where systemd puts them; the content says which file it is."""
    folder.mkdir()
    for name in names:
        (folder / name).touch(0o600)
        (folder / name).write_text(f"{value_of(name)}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))


def parse_launch(command: list[str], monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], float]:
    """Return what a command would start: freqtrade's parsed arguments, and the seconds to wait."""
    starts: list[tuple[dict[str, Any], float]] = []

    def trade(argv: list[str], config_files: list[str], *, wait_seconds: float) -> int:
        assert parse_as_freqtrade(argv)["config"] == config_files
        starts.append((parse_as_freqtrade(argv), wait_seconds))
        return 0

    monkeypatch.setattr(launch, "trade", trade)
    assert dispatch.main(command) == 0
    return starts[0]
