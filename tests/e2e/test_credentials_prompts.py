"""The prompts of `credentials` at a real terminal."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.e2e.wizard_session import (
    CONFIG,
    GOOD,
    NEW,
    enter_credentials,
    shows_no_secret,
    start,
    stored_entry,
    write_config,
)
from tests.support.factories import allow_secrets_in, key
from tests.support.pty import ENTER

pytestmark = pytest.mark.slow


def test_what_is_typed_too_early_is_neither_shown_nor_used(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    session = start(write_config(tmp_path, exchange), vault, "credentials", "set")
    session.waits_for_silence()
    session.press(f"too-early-for-a-prompt{ENTER}")
    enter_credentials(session, key())
    assert session.end() == 0
    assert "too-early" not in session.shown
    assert stored_entry() == GOOD


def test_prompts_do_not_show_secrets_and_delete_asks_first(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    section = '"api_key_guard": {"allowed_hosts": ["127.0.0.1"]},\n    "dry_run"'
    path = write_config(tmp_path, exchange, CONFIG.replace('"dry_run"', section))
    session = start(path, vault, "credentials", "set")
    enter_credentials(session, key())
    assert session.end() == 0
    assert shows_no_secret(session.shown)
    assert stored_entry() == GOOD
    exchange.keys.append(NEW)
    session = start(path, vault, "credentials", "rotate")
    enter_credentials(session, NEW)
    assert session.end() == 0
    assert shows_no_secret(session.shown)
    assert stored_entry()["key"] == NEW.id
    for answer, left in (("n", NEW.id), ("y", None)):
        session = start(path, vault, "credentials", "delete")
        session.sees("Delete the key NEWi… with its secret from this user's keyring (service 'freqtrade-bitmex')?")
        session.answer("only once.", answer)
        assert session.end() == 0
        assert stored_entry().get("key") == left


def test_migrate_offers_to_check_gits_history(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    plain: dict[str, Any] = {"exchange": {"name": "bitmex", **GOOD}}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(plain))
    allow_secrets_in(path, tmp_path / ".git" / "objects")
    for command in (["init", "-q"], ["add", "config.json"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    session = start(path, vault, "credentials", "migrate")
    session.answer("Check whether it was committed to git?")
    assert session.end() == 0
    assert "is in git's index, uncommitted" in session.shown
    assert shows_no_secret(session.shown)
    assert stored_entry() == GOOD
