"""Helpers for tests of `credentials`: a config, the keyring entry, and the command itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import (
    KEY_ID,
    NEW_ID,
    NEW_SECRET,
    SECRET,
    bot_config,
)

Run = Callable[..., tuple[int, str]]
OLD, NEW = f"{KEY_ID}\n{SECRET}\n", f"{NEW_ID}\n{NEW_SECRET}\n"


def write_config(folder: Path, exchange: SimulatedBitMEX, **section: Any) -> str:
    content = bot_config(folder, exchange)
    content["api_key_guard"] = {"allowed_hosts": ["127.0.0.1"], **section}
    (folder / "config.json").write_text(json.dumps(content))
    return str(folder / "config.json")


def stored_entry() -> dict[str, str]:
    found: dict[str, str] = json.loads(keyring.get_password("freqtrade-bitmex", "credentials") or "{}")
    return found


def run_credentials(run: Run, action: str, config: str, *flags: str, stdin: bytes | str = "", code: int = 0) -> str:
    ended, printed = run("credentials", action, "-c", config, *flags, stdin=stdin)
    assert ended == code, printed
    for hidden in (SECRET[:8], NEW_SECRET[:8], KEY_ID[:5], NEW_ID[:5]):
        assert hidden not in printed
    return printed
