"""Commands that are killed at each of their writes.

Either the old state or the new one is complete afterwards, and another run finishes the change.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.config.stores import KeyringStoreConfig
from freqtrade_bitmex_guard.credentials.access import load_if_present
from freqtrade_bitmex_guard.credentials.keyring import KeyringStore
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in, new_key, store_config
from tests.support.kill_at_write import forked
from tests.support.pty import DOWN, ENTER, Session, environment

pytestmark = pytest.mark.slow
NEW = new_key()
OLD_ENTRY = json.dumps({"key": KEY_ID, "secret": SECRET})
MOST_WRITES = 60
NEVER = 10_000


def held_key() -> str | None:
    """Return the key that a bot would load now, or None."""
    config = store_config(store="keyring")
    assert isinstance(config, KeyringStoreConfig)
    found = load_if_present(KeyringStore(config), PROFILE)
    if found is None:
        return None
    assert found.part("secret").matches({KEY_ID: SECRET, NEW.id: NEW.secret}[found.part("key").reveal()])
    return found.part("key").reveal()


def at_every_write(attempt: Callable[[int], int]) -> int:
    """Kill at the first write, at the second, and so on, until a run ends by itself.

    Returns:
        The number of kills.
    """
    for at in range(1, MOST_WRITES):
        code = attempt(at)
        if code == 0:
            return at - 1
        assert code == -signal.SIGKILL
    raise AssertionError("it never came through")


def secret_files(folder: Path) -> set[str]:
    """Return the files, besides the keyring's own, that hold a secret."""
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
        and not path.name.startswith("vault.")
        and any(value in path.read_text() for value in (SECRET, NEW.secret))
    }


def test_rotate(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    exchange.keys.append(NEW)
    rotate(tmp_path, exchange, vault)


def test_rotate_in_one_file(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.keys.append(NEW)
    allow_secrets_in(tmp_path / "private")
    (tmp_path / "bot").mkdir()
    path, file = tmp_path / "bot" / "config.json", tmp_path / "private" / "key.json"
    section = {"allowed_hosts": ["127.0.0.1"], "credentials": {"store": "files", "file": str(file)}}
    bot = {"exchange": {"name": "bitmex", "ccxt_config": exchange.ccxt_config()}, "api_key_guard": section}
    path.write_text(json.dumps(bot))
    file.parent.mkdir(0o700)
    seen = set()

    def attempt(at: int) -> int:
        file.unlink(missing_ok=True)
        file.touch(0o600)
        file.write_text(OLD_ENTRY)
        code = forked(at, str(tmp_path), ["credentials", "rotate", "-c", str(path)], f"{NEW.id}\n{NEW.secret}\n")
        seen.add(json.loads(file.read_text())["key"])
        verdict = LocalCheck(read_config([str(path)])).run().verdict
        assert verdict.admitted
        assert verdict.key is not None
        return code

    assert at_every_write(attempt) >= 3
    assert seen == {KEY_ID, NEW.id}
    assert list(file.parent.iterdir()) == [file]


def test_rotate_in_a_keyring_that_deletes_before_it_writes(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_DELETES_FIRST", "yes")
    exchange.keys.append(NEW)
    rotate(tmp_path, exchange, vault)


def rotate(folder: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    path = folder / "config.json"
    bot = {"exchange": {"name": "bitmex", "ccxt_config": exchange.ccxt_config()}}
    path.write_text(json.dumps({**bot, "api_key_guard": {"allowed_hosts": ["127.0.0.1"]}}))
    before = path.read_bytes()
    seen = set()

    def attempt(at: int) -> int:
        vault.write_text(json.dumps({"freqtrade-bitmex/credentials": OLD_ENTRY}))
        arguments = ["credentials", "rotate", "-c", str(path)]
        stdin = f"{NEW.id}\n{NEW.secret}\n"
        code = forked(at, str(folder), arguments, stdin)
        seen.add(held_key())
        assert held_key() in (KEY_ID, NEW.id)
        assert path.read_bytes() == before
        assert secret_files(folder) == set()
        if held_key() == KEY_ID:
            assert forked(NEVER, str(folder), arguments, stdin) == 0
        assert held_key() == NEW.id
        return code

    assert at_every_write(attempt) >= 6
    assert seen == {KEY_ID, NEW.id}
    assert list(json.loads(vault.read_text())) == ["freqtrade-bitmex/credentials"]


def test_migrate(tmp_path: Path, vault: Path) -> None:
    texts = {
        "config.json": '{"exchange": {"name": "bitmex", "key": "KEY"}, "add_config_files": ["private.json"],} // KEY',
        "private.json": '{"exchange": {"secret": "SECRET", "ccxt_config": {"apiKey": "KEY", "secret": "SECRET"}}}\r\n',
    }
    old = {name: text.replace("KEY", KEY_ID).replace("SECRET", SECRET) for name, text in texts.items()}
    new = {name: text.replace("KEY", "").replace("SECRET", "") for name, text in texts.items()}
    seen = set()

    def attempt(at: int) -> int:
        vault.unlink(missing_ok=True)
        allow_secrets_in(*(tmp_path / name for name in old))
        for name, text in old.items():
            (tmp_path / name).write_bytes(text.encode())
        arguments = ["credentials", "migrate", "-c", str(tmp_path / "config.json")]
        code = forked(at, str(tmp_path), arguments)
        now = {name: (tmp_path / name).read_bytes().decode() for name in texts}
        assert all(now[name] in (old[name], new[name]) for name in texts)
        assert held_key() == KEY_ID or now == old  # only what is in the store is blanked
        assert secret_files(tmp_path) <= {"private.json"}
        seen.add((held_key(), *(now[name] == new[name] for name in texts)))
        assert forked(NEVER, str(tmp_path), arguments) == 0
        assert {name: (tmp_path / name).read_bytes().decode() for name in texts} == new
        assert held_key() == KEY_ID
        left = {path.name for path in tmp_path.iterdir()} - {"vault.new"}
        assert left <= {"config.json", "private.json", "vault.json"} or code == -signal.SIGKILL
        return code

    assert at_every_write(attempt) >= 10
    assert (None, False, False) in seen
    assert (KEY_ID, True, True) in seen


def test_setup(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    path = tmp_path / "config.json"
    old = json.dumps({"exchange": {"name": "bitmex", "ccxt_config": exchange.ccxt_config()}}, indent=4) + " // mine\n"
    seen = set()

    def attempt(at: int) -> int:
        vault.unlink(missing_ok=True)
        path.write_text(old)
        code = walk(at)
        is_written = path.read_text() != old
        is_new = (held_key(), is_written) not in seen
        seen.add((held_key(), is_written))
        assert secret_files(tmp_path) == set()
        if is_written:
            assert LocalCheck(read_config([str(path)])).run().verdict.admitted
        elif is_new:  # a wizard run takes long
            assert walk(NEVER) == 0
            assert LocalCheck(read_config([str(path)])).run().verdict.admitted
            assert {each.name for each in tmp_path.iterdir()} - {"vault.new"} == {"config.json", "vault.json"}
        assert path.read_text().endswith(" // mine\n")
        return code

    def walk(at: int) -> int:
        killed = [sys.executable, "-m", "tests.support.kill_at_write", str(at), str(tmp_path), "setup", "-c", str(path)]
        talk = Session(*killed, env=environment(vault), folder=tmp_path)
        try:
            talk.answer("yours?", f"y{ENTER}")
            talk.answer("be stored?", ENTER if held_key() is None else f"{DOWN}{ENTER}")
            if held_key() is None:
                talk.answer("already?", f"{DOWN}{ENTER}")
            talk.answer("first-last):", f"127.0.0.1{ENTER}")
            talk.answer("like this?", f"y{ENTER}")
            if held_key() is None:
                talk.answer("Key id:", f"{KEY_ID}{ENTER}")
                talk.answer("Secret:", f"{SECRET}{ENTER}")
        except AssertionError:
            code = talk.end()
            assert code == -signal.SIGKILL
            return code
        return talk.end()

    assert at_every_write(attempt) >= 8
    assert seen == {(None, False), (KEY_ID, False), (KEY_ID, True)}
