"""What to run for stores that are only read here: the commands work as they are printed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.config.stores import CommandStoreConfig, FileStoreConfig
from freqtrade_bitmex_guard.credentials.files import FileStore
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.manage import instructions
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import (
    KEY_ID,
    NEW_ID,
    NEW_SECRET,
    OTHER_ID,
    OTHER_SECRET,
    SECRET,
    allow_secrets_in,
    bot_config,
    store_config,
)
from tests.unit.manage.conftest import NEW, Run, credentials, written


def lines(lines: list[str]) -> str:
    """What a person would paste, the remarks left out."""
    return "\n".join(line.partition("   #")[0] for line in lines)


def test_the_commands_for_files_work_as_they_are_printed(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    folder = tmp_path / "a place"
    store = store_config(store="files", key_file=str(folder / "key"), secret_file=str(folder / "secret"))
    assert isinstance(store, FileStoreConfig)

    def paste(script: str, first: str, second: str) -> int:
        for line, value in zip(script.splitlines(), ["", first, second, "", ""], strict=False):
            done = subprocess.run(["sh", "-uc", line], input=value, text=True, check=False)
        return done.returncode

    assert paste(lines(instructions.store_steps(store, PROFILE)), f"{KEY_ID}\n", f"{SECRET}\n") == 0
    assert FileStore(store, "bitmex").load(PROFILE.credentials).part("key").matches(KEY_ID)
    *inserted, checked, moved = instructions.replace_steps(store, PROFILE, "-c c.json")
    assert checked.endswith("freqtrade-bitmex-guard --check-only -c c.json")
    assert checked.count("FREQTRADE__API_KEY_GUARD__CREDENTIALS__") == 2
    paste(lines(["true", *inserted, moved]), f"{NEW_ID}\n", f"{NEW_SECRET}\n")
    assert FileStore(store, "bitmex").load(PROFILE.credentials).part("secret").matches(NEW_SECRET)
    subprocess.run(["sh", "-euc", lines(instructions.delete_steps(store, PROFILE))], check=True)
    assert list(folder.iterdir()) == []


def test_new_files_are_checked_by_variables_before_they_replace_the_old(
    run: Run, tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = bot_config(tmp_path, exchange)["api_key_guard"]["credentials"]
    config = written(tmp_path, exchange, credentials=files)
    printed = credentials(run, "rotate", config, code=4)
    (check,) = (line for line in printed.splitlines() if "--check-only" in line)
    for name, value in (("key", OTHER_ID), ("secret", OTHER_SECRET)):
        allow_secrets_in(tmp_path / f"{name}.new")
        (tmp_path / f"{name}.new").write_text(value)
        (tmp_path / f"{name}.new").chmod(0o600)
    for word in check.split():
        name, is_variable, value = word.partition("=")
        if is_variable:
            monkeypatch.setenv(name, value)
    assert run("--check-only", "-c", config)[0] == 3  # unknown to the exchange, so the new pair was read


@pytest.mark.parametrize("action", ["set", "rotate", "delete"])
@pytest.mark.parametrize(
    "store",
    [
        {"store": "files"},
        {"store": "command", "key_command": ["pass", "show", "a b"], "secret_command": ["pass", "show", "c"]},
        {"store": "command", "key_command": ["op", "read", "k"], "secret_command": ["vault", "kv", "get", "s"]},
    ],
)
def test_read_only_stores_get_the_commands_to_run(
    run: Run, tmp_path: Path, exchange: SimulatedBitMEX, store: dict[str, Any], action: str
) -> None:
    config = written(tmp_path, exchange, credentials=store)
    printed = credentials(run, action, config, *(["--yes"] if action == "delete" else []), stdin=NEW, code=4)
    assert "store-read-only" in printed
    assert "Run instead" in printed
    expected = {"files": "bitmex_api_key", "command": "'a b'" if "pass" in str(store) else "op"}[store["store"]]
    assert expected in printed
    assert not os.path.exists(os.environ["VAULT"])


def test_pass_gets_its_own_commands() -> None:
    store = store_config(store="command", key_command=["pass", "show", "a"], secret_command=["pass", "show", "b"])
    assert isinstance(store, CommandStoreConfig)
    assert lines(instructions.store_steps(store, PROFILE)) == "pass insert a\npass insert b"
    inserted, _, check, *moved = instructions.replace_steps(store, PROFILE, "-c c.json")
    assert lines([inserted]) == "pass insert a.new"
    assert """KEY_COMMAND='["pass", "show", "a.new"]'""" in check
    assert moved == ["pass mv -f a.new a", "pass mv -f b.new b"]
    assert instructions.delete_steps(store, PROFILE) == ["pass rm a", "pass rm b"]


def test_any_other_program_is_shown_only_by_its_name(run: Run, tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    store = {"store": "command", "key_command": ["/usr/bin/echo", KEY_ID], "secret_command": ["printf", "%s", SECRET]}
    config = written(tmp_path, exchange, credentials=store)
    allow_secrets_in(Path(config))
    for action, expected in {
        "set": "with echo, store the key id so that key_command prints it alone",
        "rotate": """SECRET_COMMAND='["printf", "…"]' freqtrade-bitmex-guard --check-only""",
        "delete": "with printf, delete what secret_command prints",
    }.items():
        printed = credentials(run, action, config, *(["--yes"] if action == "delete" else []), stdin=NEW, code=4)
        assert expected in printed
    # And what is printed before anything was read, so before anything is hidden:
    plain = store_config(store="command", key_command=["op", KEY_ID], secret_command=["op", SECRET])
    assert isinstance(plain, CommandStoreConfig)
    ways = (
        instructions.store_steps(plain, PROFILE),
        instructions.replace_steps(plain, PROFILE, ""),
        instructions.delete_steps(plain, PROFILE),
    )
    told = [line for way in ways for line in way]
    assert not any(hidden in line for line in told for hidden in (KEY_ID, SECRET))
