"""The prompts of `credentials` at a real terminal."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import keyring
import psutil  # type: ignore[import-untyped]
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
from tests.support.factories import KEY_ID, allow_secrets_in, key
from tests.support.pty import DOWN, ENTER, GUARD, Session, environment

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
        session.sees("Delete the key NEWi… with its secret from this user's")
        session.sees("keyring (service 'freqtrade-bitmex')?")
        session.answer("only once.", answer)
        session.press(ENTER)
        assert session.end() == 0
        assert stored_entry().get("key") == left


def test_y_waits_for_enter_and_can_be_taken_back(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    keyring.set_password("freqtrade-bitmex", "credentials", json.dumps(GOOD))
    section = '"api_key_guard": {},\n    "dry_run"'
    path = write_config(tmp_path, exchange, CONFIG.replace('"dry_run"', section))
    session = start(path, vault, "credentials", "delete")
    session.answer("only once.", "y")
    session.press(f"n{ENTER}")
    assert session.end() == 0
    assert stored_entry() == GOOD


def test_a_mistyped_secret_can_be_typed_again(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    session = start(write_config(tmp_path, exchange), vault, "credentials", "set")
    session.answer("Key id:", f"{KEY_ID}{ENTER}")
    session.answer("Secret:", f"cut-off{ENTER}")
    session.sees("credentials-malformed")
    session.sees("Enter them again")
    enter_credentials(session, key())
    assert session.end() == 0
    assert stored_entry() == GOOD


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_and_the_files_as_they_were(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path, number: int
) -> None:
    path = write_config(tmp_path, exchange)
    script = '"$@"; echo "ended with $?"; stty -a'
    around = ("sh", "-c", script, "sh", *GUARD, "credentials", "set", "-c", path.name)
    session = Session(*around, env=environment(vault), folder=tmp_path)
    session.sees("Key id:")
    (child,) = psutil.Process(session.pid).children()
    child.send_signal(number)
    session.sees("ended with 130")
    assert session.end() == 0
    assert re.search(r"(?<!-)\becho\b", session.shown)
    assert re.search(r"(?<!-)\bicanon\b", session.shown)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_text_wraps_at_words_and_commands_stay_whole(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    path = write_config(tmp_path, exchange)
    session = Session(*GUARD, "setup", "-c", path.name, env=environment(vault), folder=tmp_path, size=(24, 80))
    session.answer("(y/N)", f"y{ENTER}")
    session.answer("be stored?")
    session.answer("already?", f"{DOWN}{ENTER}")
    session.sees("first-last):")
    lines = [line.rstrip() for line in session.shown.splitlines()]
    assert "From no key to a guarded bot on BitMEX, step by step. Nothing is written before" in lines
    assert "? The config sends signed requests to 127.0.0.1, not to" in lines
    assert "    curl https://icanhazip.com" in lines


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
