"""Paths of the section: expanded, taken from the config's folder, and shown whole unless they may be a secret."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.config.paths import config_folder
from freqtrade_bitmex_guard.config.stores import CommandStoreConfig, FileStoreConfig
from freqtrade_bitmex_guard.credentials.command_failures import explain_start_failure
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.credentials import KEY
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.redaction.paths import sanitize_path, sanitize_program
from tests.support.factories import SECRET, store_config

BASE64_SECRET = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="


def config_in(folder: Path, **more: Any) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.json"
    path.write_text(json.dumps({"exchange": {"name": "bitmex"}, **more}))
    return read_config([str(path)])


def key_file(written: str, config: dict[str, Any] | None = None) -> str:
    section = {"credentials": {"store": "files", "key_file": written}}
    store = parse_section(section, PROFILE, config=config).credentials
    assert isinstance(store, FileStoreConfig)
    return str(store.key_file)


def failure(**credentials: Any) -> str:
    config = {"exchange": {"name": "bitmex"}, "api_key_guard": {"credentials": credentials}}
    findings = LocalCheck(config).run().verdict.findings
    return "".join(finding.message + finding.fix for finding in findings)


def test_a_home_and_variables_are_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BOT", "north")
    assert key_file("~/keys/$BOT/key") == key_file("${HOME}/keys/north/../${BOT}/key") == f"{tmp_path}/keys/north/key"


@pytest.mark.parametrize("written", ["$NOT_SET_HERE/key", "/x/${NOT_SET_HERE}"])
def test_a_variable_that_is_not_set_is_misconfigured(written: str) -> None:
    with pytest.raises(GuardError, match=r"key_file is a path with the variable NOT_SET_HERE, which is not set"):
        key_file(written)


def test_a_user_who_is_not_known_is_misconfigured() -> None:
    with pytest.raises(GuardError, match="key_file is in the home of a user who is not known"):
        key_file("~nobody-of-that-name/key")


def test_a_relative_path_begins_in_the_folder_of_the_config(tmp_path: Path) -> None:
    assert key_file("keys/key", config_in(tmp_path / "bot")) == f"{tmp_path}/bot/keys/key"
    assert key_file("key") == f"{os.getcwd()}/key"


def test_it_is_the_folder_of_the_first_file_that_was_named(tmp_path: Path) -> None:
    config_in(tmp_path / "included")
    config_in(tmp_path / "first", add_config_files=["../included/config.json"])
    config_in(tmp_path / "second", add_config_files=["../included/config.json"])
    named = [str(tmp_path / name / "config.json") for name in ("first", "second")]

    assert config_folder(read_config(named)) == tmp_path / "first"
    assert config_folder(read_config(named[::-1])) == tmp_path / "second"


def test_the_program_of_a_command_and_homes_are_paths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    config = config_in(tmp_path / "bot")
    section = {"store": "command", "key_command": ["bin/key", "bot/$1"], "secret_command": ["cat", "~/secret", "a~/b"]}
    store = parse_section({"credentials": section}, PROFILE, config=config).credentials
    assert isinstance(store, CommandStoreConfig)
    assert store.key_command == [f"{tmp_path}/bot/bin/key", "bot/$1"]
    assert store.secret_command == ["cat", f"{tmp_path}/secret", "a~/b"]


LONG = "a-name-that-is-far-longer-than-any-token-0123456789-Abc1Def2Ghi3"


def test_a_path_is_shown_whole(tmp_path: Path) -> None:
    for written in (tmp_path / LONG / "key", tmp_path / f"{'x' * 120}" / f"{'y' * 120}"):
        assert f"There is no file {written}." in failure(store="files", key_file=str(written))
    assert sanitize_path(tmp_path / LONG) == str(tmp_path / LONG)


def test_an_existing_name_is_shown_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / LONG).touch()
    (tmp_path / LONG).chmod(0o666)
    assert f"{tmp_path}/{LONG} can be written" in failure(store="files", key_file=LONG, secret_file="/dev/null")


def test_a_program_is_shown_by_its_whole_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / LONG).touch(0o755)
    assert sanitize_program(LONG, LONG) == sanitize_program(str(tmp_path / LONG), LONG) == LONG


@pytest.mark.parametrize("secret", [SECRET, BASE64_SECRET, f"/{BASE64_SECRET}"], ids=["plain", "base64", "slash"])
def test_a_secret_in_place_of_a_path_is_not_shown(secret: str) -> None:
    store = store_config(store="command", key_command=[secret], secret_command=["true"])
    assert isinstance(store, CommandStoreConfig)
    shown = failure(store="files", key_file=secret) + str(
        explain_start_failure(store.command(KEY), FileNotFoundError())
    )

    pieces = [secret[:12], secret[-12:], *filter(None, secret.split("/"))]
    assert [piece for piece in pieces if piece in shown] == []
