"""The one file of the store `files`: private, replaced in one step, and never in the bot's own folder."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.config.stores import FileStoreConfig
from freqtrade_bitmex_guard.credentials import files
from freqtrade_bitmex_guard.credentials.access import load_if_present
from freqtrade_bitmex_guard.credentials.file_writer import WritableFileStore
from freqtrade_bitmex_guard.credentials.writable import open_writable_store
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.support.factories import NEW_ID, NEW_SECRET, allow_secrets_in, pair, store_config


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "private" / "deep"
    allow_secrets_in(tmp_path / "private")
    return folder / "key.json"


def store(path: Path) -> WritableFileStore:
    opened = open_writable_store(store_config(store="files", file=str(path)), "bitmex")
    assert isinstance(opened, WritableFileStore)
    return opened


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_file_and_its_folders_are_for_their_owner_alone(path: Path) -> None:
    store(path).add(pair())

    assert mode(path) == 0o600
    assert {mode(folder) for folder in (path.parent, path.parent.parent)} == {0o700}
    assert list(path.parent.iterdir()) == [path]


def test_a_change_replaces_the_file_and_leaves_nothing_beside_it(path: Path) -> None:
    store(path).add(pair())
    before = path.stat().st_ino
    left = path.with_name(f".{path.name}.killed.new")
    left.write_text("left by a process that was killed")

    store(path).replace(pair(), pair(NEW_ID, NEW_SECRET))

    assert path.stat().st_ino != before
    assert list(path.parent.iterdir()) == [path]


def test_a_failing_write_leaves_the_old_key(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store(path).add(pair())

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(GuardError, match="store-not-written.*No space left"):
        patched.setattr(os, "replace", fail)
        store(path).replace(pair(), pair(NEW_ID, NEW_SECRET))
    assert store(path).load(PROFILE.credentials).matches(pair())
    assert list(path.parent.iterdir()) == [path]


def test_nothing_is_written_where_others_can_exchange_it(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.parent.chmod(0o777)
    with pytest.raises(GuardError, match="file-exposed.*nothing was written"):
        store(path).add(pair())
    assert list(path.parent.iterdir()) == []


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(parents=True)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    store(link).add(pair())
    assert link.is_symlink()
    assert store(path).load(PROFILE.credentials).matches(pair())


def test_what_an_orchestrator_hands_in_is_only_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_RUN_SECRETS", path.parent)
    path.parent.mkdir(parents=True)
    assert open_writable_store(store_config(store="files", file=str(path)), "bitmex") is None


def test_a_deleted_file_is_gone_with_what_was_left_beside_it(path: Path) -> None:
    store(path).add(pair())
    path.with_name(f".{path.name}.killed.new").write_text("left")
    assert store(path).delete()
    assert list(path.parent.iterdir()) == []
    assert load_if_present(store(path), PROFILE) is None


@pytest.mark.parametrize("place", ["bot/key.json", "bot/deep/key.json", "data/key.json"])
def test_it_is_never_in_the_bots_own_folder(tmp_path: Path, place: str) -> None:
    (tmp_path / "bot").mkdir()
    config = tmp_path / "bot" / "config.json"
    config.write_text(json.dumps({"exchange": {"name": "bitmex"}, "user_data_dir": str(tmp_path / "data")}))
    section = {"credentials": {"store": "files", "file": str(tmp_path / place)}}
    with pytest.raises(GuardError, match="file is in the folder of the config or of user_data"):
        parse_section(section, PROFILE, config=read_config([str(config)]))


def test_a_config_in_the_home_leaves_the_users_own_config_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    (tmp_path / "config.json").write_text('{"exchange": {"name": "bitmex"}}')
    section = {"credentials": {"store": "files", "file": "$XDG_CONFIG_HOME/freqtrade-bitmex-guard/bitmex.json"}}
    parsed = parse_section(section, PROFILE, config=read_config([str(tmp_path / "config.json")])).credentials
    assert isinstance(parsed, FileStoreConfig)
    assert parsed.file == f"{tmp_path}/.config/freqtrade-bitmex-guard/bitmex.json"


def test_one_file_and_one_for_each_part_are_misconfigured() -> None:
    with pytest.raises(GuardError, match="key_file is not needed: `file` has all parts"):
        store_config(store="files", file="/x/y.json", key_file="/x/key")
