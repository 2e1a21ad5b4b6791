"""Where `setup` stores the credentials: the keyring, files, a program."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import keyring
import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.e2e.wizard_session import (
    GOOD,
    NEW,
    accept_host,
    enter_credentials,
    go_to_credentials,
    start,
    stored_entry,
    write_config,
)
from tests.support.factories import KEY_ID, OTHER_ID, OTHER_SECRET, SECRET, allow_secrets_in, key
from tests.support.pty import DOWN, ENTER, Session

pytestmark = pytest.mark.slow


def test_a_key_in_the_keyring_can_be_used(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    keyring.set_password("freqtrade-bitmex", "credentials", json.dumps(GOOD))
    path = write_config(tmp_path, exchange)
    session = start(path, vault)
    accept_host(session)
    session.sees("already has a key: LAqU…")
    session.answer("be stored?", f"{DOWN}{ENTER}")
    session.answer("first-last):", f"127.0.0.1{ENTER}")
    session.answer("Use it like this?", f"y{ENTER}")
    assert session.end() == 0
    assert LocalCheck(read_config([str(path)])).run().verdict.admitted


def test_the_default_choice_leaves_another_bots_key_alone(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    other = {"key": OTHER_ID, "secret": OTHER_SECRET}
    keyring.set_password("freqtrade-bitmex", "credentials", json.dumps(other))
    path = write_config(tmp_path, exchange)
    session = start(path, vault)
    accept_host(session)
    session.answer("be stored?")
    go_to_credentials(session)
    enter_credentials(session, key())
    assert session.end() == 0
    assert (stored_entry(), stored_entry("freqtrade-bitmex-north")) == (other, GOOD)
    assert LocalCheck(read_config([str(path)])).run().verdict.admitted


def choose_two_files(path: Path, vault: Path) -> Session:
    """Setup on a machine without a keyring, as far as a key is given that belongs in two files beside the config."""
    session = start(path, vault, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    allow_secrets_in(path.parent / "secrets")
    accept_host(session)
    session.sees("This keyring cannot be used")
    session.answer("be stored?", f"{DOWN}{ENTER}")
    session.answer("them):", f"secrets{ENTER}")
    go_to_credentials(session)
    enter_credentials(session, key())
    return session


def test_without_a_keyring_the_commands_for_files_are_shown_and_compared(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    path = write_config(tmp_path, exchange)
    session = choose_two_files(path, vault)
    session.answer("Have you created all 2 of them?")
    session.sees("credentials-missing")
    lines = [line.strip() for line in session.shown.splitlines() if line.startswith(("    mkdir", "    (trap"))]
    for line, value in zip(lines, ["", f"{SECRET}\n", f"{KEY_ID}\n"], strict=True):
        subprocess.run(["sh", "-uc", line], input=value, text=True, check=True)  # crossed
    session.answer("Have you created all 2 of them?")
    session.sees("swapped")
    for line, value in zip(lines, ["", f"{OTHER_ID}\n", f"{OTHER_SECRET}\n"], strict=True):
        subprocess.run(["sh", "-uc", line], input=value, text=True, check=True)
    session.answer("Have you created all 2 of them?")
    session.sees("something else")
    for line, value in zip(lines, ["", f"{KEY_ID}\n", f"{SECRET}\n"], strict=True):
        subprocess.run(["sh", "-uc", line], input=value, text=True, check=True)
    session.answer("Have you created all 2 of them?")
    assert session.end() == 0
    assert LocalCheck(read_config([str(path)])).run().verdict.admitted


def test_a_config_that_changed_in_the_meantime_is_left_alone(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    path = write_config(tmp_path, exchange)
    session = choose_two_files(path, vault)
    session.sees("Have you created all 2 of them?")
    (tmp_path / "secrets").mkdir()
    for part, value in (("key", KEY_ID), ("secret", SECRET)):
        (tmp_path / "secrets" / f"bitmex_api_{part}").touch(0o600)
        (tmp_path / "secrets" / f"bitmex_api_{part}").write_text(value)
    path.write_text(changed := path.read_text() + "// mine")
    session.press(ENTER)
    session.sees("The key LAqU… is stored.")
    session.sees("changed in the meantime")
    assert session.end() == 4
    assert path.read_text() == changed


def test_without_a_keyring_one_private_file_is_the_default(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow_secrets_in(tmp_path / "xdg")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    path = write_config(tmp_path, exchange)
    session = start(path, vault, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    accept_host(session)
    session.answer("be stored?")
    go_to_credentials(session)
    enter_credentials(session, key())
    assert session.end() == 0
    file = tmp_path / "xdg" / "freqtrade-bitmex-guard" / "bitmex-north.json"
    assert read_config([str(path)])["api_key_guard"]["credentials"] == {"store": "files", "file": str(file)}
    assert LocalCheck(read_config([str(path)])).run().verdict.admitted


def test_files_of_the_bots_unit_are_not_read_back(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    path = write_config(tmp_path, exchange)
    session = start(path, vault, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    accept_host(session)
    session.answer("be stored?", f"{DOWN}{ENTER}")
    session.answer("them):")
    go_to_credentials(session)
    enter_credentials(session, key())
    session.sees("cannot be read back")
    session.answer("Have you stored all of them?", f"y{ENTER}")
    assert session.end() == 0
    assert read_config([str(path)])["api_key_guard"]["credentials"] == {"store": "files"}
    assert "systemd-creds encrypt" in session.shown


def test_the_third_bot_of_one_name_gets_an_entry_of_its_own(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    for service in ("freqtrade-bitmex", "freqtrade-bitmex-north"):
        entry = json.dumps({"key": NEW.id, "secret": NEW.secret})
        keyring.set_password(service, "credentials", entry)
    session = start(write_config(tmp_path, exchange), vault)
    accept_host(session)
    session.answer("be stored?")
    go_to_credentials(session)
    enter_credentials(session, key())
    assert session.end() == 0
    assert stored_entry("freqtrade-bitmex-north-2") == GOOD
    assert stored_entry("freqtrade-bitmex-north")["key"] == NEW.id


def test_a_program_that_prints_the_credentials_can_be_chosen(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    path = write_config(tmp_path, exchange)
    session = start(path, vault)
    accept_host(session)
    session.answer("be stored?", f"{DOWN}{DOWN}{DOWN}{ENTER}")
    for name in ("key id alone:", "secret alone:"):
        session.answer(name, f"\x15cat '{tmp_path}/the {name[:3]}'{ENTER}")
    go_to_credentials(session)
    enter_credentials(session, key())
    session.sees("store the key id so that")
    allow_secrets_in(tmp_path / "the key", tmp_path / "the sec")
    (tmp_path / "the key").write_text(KEY_ID)
    (tmp_path / "the sec").write_text(SECRET)
    session.answer("Have you created all 2 of them?")
    assert session.end() == 0
    assert LocalCheck(read_config([str(path)])).run().verdict.admitted
