"""The dialogues at a real terminal: `setup` from no key to a guarded bot, and what may go wrong on the way."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from tests.support.factories import KEY_ID, OTHER_ID, OTHER_SECRET, SECRET, belongs, key, new_key
from tests.support.pty import DOWN, END_OF_FILE, ENTER, GUARD, INTERRUPT, Session, environment

pytestmark = pytest.mark.slow


NEW = new_key()


CONFIG = """\
{
    // The bot of the north.
    "bot_name": "North",
    "exchange": {
        "name": "bitmex",
        "key": "", "secret": "",
        "pair_whitelist": ["BTC/USDT"],
        "ccxt_config": {"urls": {"api": {"public": "URL", "private": "URL"}}},   /* a look-alike */
    },
    "dry_run": false // really
}
"""


def written(folder: Path, exchange: SimulatedBitMEX, text: str = CONFIG) -> Path:
    path = folder / "config.json"
    path.write_bytes(text.replace("URL", exchange.url).encode())
    return path


def session(path: Path, vault: Path, *arguments: str, **extra: str) -> Session:
    return Session(
        *GUARD, *(arguments or ("setup",)), "-c", path.name, env=environment(vault, extra), folder=path.parent
    )


def to_the_store(talk: Session) -> None:
    talk.answer("Is that yours?", "y")


def to_the_address(talk: Session) -> None:
    talk.answer("already?")
    talk.answer("for your account?", "y")
    talk.answer("know it later:")
    talk.answer("first-last):", f"127.0.0.1{ENTER}")
    talk.answer("like this?", "y")


def give(talk: Session, which: Key) -> None:
    talk.answer("Key id:", f"{which.id}{ENTER}")
    talk.answer("Secret:", f"{which.secret}{ENTER}")


def walk(talk: Session, which: Key) -> None:
    to_the_store(talk)
    talk.answer("kept?")
    to_the_address(talk)
    give(talk, which)


def stored(service: str = "freqtrade-bitmex") -> dict[str, str]:
    entry = json.loads(keyring.get_password(service, "credentials") or "{}")
    return {name: value for name, value in entry.items() if name != "stored_at"}


def secretless(text: str) -> bool:
    return not any(value in text for value in (SECRET[:8], NEW.secret[:8], KEY_ID[:5], NEW.id[:5]))


GOOD = {"key": KEY_ID, "secret": SECRET}


def test_setup_walks_from_no_key_to_a_guarded_bot(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    path = written(tmp_path, exchange)
    talk = session(path, vault)
    walk(talk, key())
    assert talk.end() == 0
    for word in (
        "1. Two-factor",
        "www.bitmex.com/app/apiKeys",
        "Press Create API Key",
        "north-btc-usdt",
        "tick Order",
        "Never tick Withdraw",
        "CIDR: 127.0.0.1/32",
        "It admits 1 address.",
        "ADMITTED",
        "freqtrade trade -c config.json",
    ):
        assert word in talk.shown
    assert secretless(talk.shown)
    assert stored() == GOOD
    assert path.read_text().startswith(CONFIG.replace("URL", exchange.url).split("false")[0])
    assert "// really\n" in path.read_text()
    config = read_config([str(path)])
    assert config["api_key_guard"] == {
        "credentials": {"store": "keyring", "service": "freqtrade-bitmex"},
        "policy": {"ip_within": ["127.0.0.1/32"]},
        "allowed_hosts": ["127.0.0.1"],
    }
    assert LocalCheck(config).run().verdict.admitted
    assert exchange.paths().count("GET /apiKey") == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["config.json", "vault.json"]


def test_a_range_is_turned_into_a_block_and_its_size_is_told(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    exchange.keys[:] = [key(cidr="127.0.0.0/30")]
    path = written(tmp_path, exchange)
    talk = session(path, vault)
    to_the_store(talk)
    talk.answer("kept?")
    talk.answer("already?", f"{DOWN}{ENTER}")
    talk.answer("first-last):", f"everywhere{ENTER}")
    talk.sees("Write an address")
    talk.answer("", "\x15127.0.0.1 - 127.0.0.2\r")
    talk.sees("CIDR: 127.0.0.0/30")
    talk.sees("It admits 4 addresses.")
    talk.answer("like this?", "y")
    give(talk, key())
    assert talk.end() == 0
    assert read_config([str(path)])["api_key_guard"]["policy"] == {"ip_within": ["127.0.0.0/30"]}


def test_a_refused_key_leaves_everything_as_it_was_and_setup_begins_anew(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    exchange.keys[:] = [key(permissions=["order", "withdraw"])]
    path = written(tmp_path, exchange)
    before = path.read_bytes()
    talk = session(path, vault)
    walk(talk, key())
    talk.sees("withdraw-permission")
    talk.answer("What now?", f"{DOWN}{DOWN}{ENTER}")
    talk.sees("begins anew")
    assert talk.end() == 2
    assert "leave Withdraw unticked" in talk.shown
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    exchange.keys[:] = [NEW]
    talk = session(path, vault)
    to_the_store(talk)
    talk.answer("kept?")
    talk.answer("already?", f"{DOWN}{ENTER}")
    talk.answer("first-last):", f"127.0.0.1{ENTER}")
    talk.answer("like this?", "y")
    give(talk, NEW)
    assert talk.end() == 0
    assert stored()["key"] == NEW.id


def test_a_key_that_was_changed_is_checked_again_and_another_one_can_be_given(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    exchange.keys[:] = [key(enabled=False), NEW]
    talk = session(written(tmp_path, exchange), vault)
    walk(talk, key())
    talk.answer("What now?")
    talk.answer("What now?", f"{DOWN}{ENTER}")
    give(talk, NEW)
    assert talk.end() == 0
    assert stored()["key"] == NEW.id
    assert exchange.paths().count("GET /apiKey") == 3


QUESTIONS = ["yours?", "kept?", "already?", "account?", "later:", "first-last):", "like this?", "Key id:", "Secret:"]


@pytest.mark.parametrize("pressed", [INTERRUPT, END_OF_FILE])
@pytest.mark.parametrize("at", [0, 1, 5, 7, 8])
def test_broken_off_at_a_question_nothing_was_written(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path, at: int, pressed: str
) -> None:
    path = written(tmp_path, exchange)
    before = path.read_bytes()
    talk = session(path, vault)
    answers = ["y", ENTER, ENTER, "y", ENTER, f"127.0.0.1{ENTER}", "y", f"{KEY_ID}{ENTER}"]
    for question, keys in zip(QUESTIONS[:at], answers, strict=False):
        talk.answer(question, keys)
    if pressed == END_OF_FILE and at in (0, 1):
        pressed = INTERRUPT  # a yes-or-no question takes no end of file
    talk.answer(QUESTIONS[at], pressed)
    assert talk.end() == 130
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    assert exchange.requests == []


def test_a_key_that_lies_in_the_keyring_already_is_gone_on_with(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    keyring.set_password("freqtrade-bitmex", "credentials", json.dumps(GOOD))
    path = written(tmp_path, exchange)
    talk = session(path, vault)
    to_the_store(talk)
    talk.sees("holds a key already: LAqU…")
    talk.answer("kept?", f"{DOWN}{ENTER}")
    talk.answer("first-last):", f"127.0.0.1{ENTER}")
    talk.answer("like this?", "y")
    assert talk.end() == 0
    assert LocalCheck(read_config([str(path)])).run().verdict.admitted


def test_enter_alone_leaves_another_bots_key_its_own(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    other = {"key": OTHER_ID, "secret": OTHER_SECRET}
    keyring.set_password("freqtrade-bitmex", "credentials", json.dumps(other))
    path = written(tmp_path, exchange)
    talk = session(path, vault)
    to_the_store(talk)
    talk.answer("kept?")
    to_the_address(talk)
    give(talk, key())
    assert talk.end() == 0
    assert (stored(), stored("freqtrade-bitmex-north")) == (other, GOOD)
    assert LocalCheck(read_config([str(path)])).run().verdict.admitted


def with_a_key_for_two_files(path: Path, vault: Path) -> Session:
    """Setup on a machine without a keyring, as far as a key is given that belongs in two files beside the config."""
    talk = session(path, vault, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    belongs(path.parent / "secrets")
    to_the_store(talk)
    talk.sees("This machine has no keyring.")
    talk.answer("kept?")
    talk.answer("mounts them):", f"secrets{ENTER}")
    to_the_address(talk)
    give(talk, key())
    return talk


def test_without_a_keyring_the_commands_for_two_files_are_shown_and_what_they_stored_is_compared(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    path = written(tmp_path, exchange)
    talk = with_a_key_for_two_files(path, vault)
    talk.answer("Is it there?")
    talk.sees("credentials-missing")
    lines = [line.strip() for line in talk.shown.splitlines() if line.startswith("    ")]
    for line, value in zip(lines, ["", f"{SECRET}\n", f"{KEY_ID}\n"], strict=True):
        subprocess.run(["sh", "-uc", line], input=value, text=True, check=True)  # crossed
    talk.answer("Is it there?")
    talk.sees("something else")
    for line, value in zip(lines, ["", f"{KEY_ID}\n", f"{SECRET}\n"], strict=True):
        subprocess.run(["sh", "-uc", line], input=value, text=True, check=True)
    talk.answer("Is it there?")
    assert talk.end() == 0
    assert LocalCheck(read_config([str(path)])).run().verdict.admitted


def test_a_config_that_was_changed_meanwhile_is_left_alone_and_the_key_that_is_stored_by_then_is_told(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    path = written(tmp_path, exchange)
    talk = with_a_key_for_two_files(path, vault)
    talk.sees("Is it there?")
    (tmp_path / "secrets").mkdir()
    for part, value in (("key", KEY_ID), ("secret", SECRET)):
        (tmp_path / "secrets" / f"bitmex_api_{part}").touch(0o600)
        (tmp_path / "secrets" / f"bitmex_api_{part}").write_text(value)
    path.write_text(changed := path.read_text() + "// mine")
    talk.press(ENTER)
    talk.sees("The key LAqU… is in the store now.")
    talk.sees("changed in the meantime")
    assert talk.end() == 4
    assert path.read_text() == changed


def test_what_is_typed_too_early_is_neither_shown_nor_taken(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    talk = session(written(tmp_path, exchange), vault, "credentials", "set")
    talk.waits_for_silence()
    talk.press(f"too-early-for-a-prompt{ENTER}")
    give(talk, key())
    assert talk.end() == 0
    assert "too-early" not in talk.shown
    assert stored() == GOOD


def test_files_that_only_the_bots_unit_gets_are_not_waited_for(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    path = written(tmp_path, exchange)
    talk = session(path, vault, PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    to_the_store(talk)
    talk.answer("kept?")
    talk.answer("mounts them):")
    to_the_address(talk)
    give(talk, key())
    talk.sees("cannot be read back here")
    talk.answer("Have you stored both?", "y")
    assert talk.end() == 0
    assert read_config([str(path)])["api_key_guard"]["credentials"] == {"store": "files"}
    assert "systemd-creds encrypt" in talk.shown


def test_the_third_bot_of_one_name_gets_an_entry_of_its_own(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    for service in ("freqtrade-bitmex", "freqtrade-bitmex-north"):
        entry = json.dumps({"key": NEW.id, "secret": NEW.secret})
        keyring.set_password(service, "credentials", entry)
    talk = session(written(tmp_path, exchange), vault)
    to_the_store(talk)
    talk.answer("kept?")
    to_the_address(talk)
    give(talk, key())
    assert talk.end() == 0
    assert stored("freqtrade-bitmex-north-2") == GOOD
    assert stored("freqtrade-bitmex-north")["key"] == NEW.id


def test_a_program_that_prints_them_can_be_named(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    path = written(tmp_path, exchange)
    talk = session(path, vault)
    to_the_store(talk)
    talk.answer("kept?", f"{DOWN}{DOWN}{ENTER}")
    for name in ("key id alone:", "secret alone:"):
        talk.answer(name, f"\x15cat '{tmp_path}/the {name[:3]}'{ENTER}")
    to_the_address(talk)
    give(talk, key())
    talk.sees("store the key id so that")
    belongs(tmp_path / "the key", tmp_path / "the sec")
    (tmp_path / "the key").write_text(KEY_ID)
    (tmp_path / "the sec").write_text(SECRET)
    talk.answer("Is it there?")
    assert talk.end() == 0
    assert LocalCheck(read_config([str(path)])).run().verdict.admitted


def test_a_section_that_is_there_is_used_and_switched_on(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    section = '"api_key_guard": {"enabled": false, /* not yet */ "allowed_hosts": ["127.0.0.1"]},\n    "dry_run"'
    path = written(tmp_path, exchange, CONFIG.replace('"dry_run"', section))
    before = path.read_text()
    talk = session(path, vault)
    to_the_address(talk)
    give(talk, key())
    assert talk.end() == 0
    assert path.read_text() == before.replace('"enabled": false', '"enabled": true')
    assert stored() == GOOD


def test_an_address_that_the_written_policy_refuses_is_asked_for_again(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    policy = '"policy": {"ip_within": ["127.0.0.1/32"]}'
    section = f'"api_key_guard": {{"allowed_hosts": ["127.0.0.1"], {policy}}},\n    "dry_run"'
    path = written(tmp_path, exchange, CONFIG.replace('"dry_run"', section))
    before = path.read_bytes()
    talk = session(path, vault)
    talk.answer("already?", f"{DOWN}{ENTER}")
    talk.answer("first-last):", f"127.0.0.2{ENTER}")
    talk.sees("not inside api_key_guard.policy.ip_within")
    talk.answer("first-last):", f"127.0.0.1{ENTER}")
    talk.answer("like this?", "y")
    give(talk, key())
    assert talk.end() == 0
    assert path.read_bytes() == before
    assert stored() == GOOD


def test_of_several_files_the_first_one_named_gets_the_section(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    path, other = written(tmp_path, exchange), tmp_path / "other.json"
    other.write_text('{"max_open_trades": 1} // mine')
    talk = session(path, vault, "setup", "-c", "config.json", "-c", "other.json")
    walk(talk, key())
    assert talk.end() == 0
    assert "api_key_guard" in path.read_text()
    assert other.read_text() == '{"max_open_trades": 1} // mine'


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_a_link_to_another_file_system_and_line_ends_stay(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path, elsewhere: Path, ends: str
) -> None:
    real = written(elsewhere, exchange, CONFIG.replace("\n", ends))
    real.chmod(0o600)
    link = tmp_path / "config.json"
    link.symlink_to(real)
    talk = session(link, vault)
    walk(talk, key())
    assert talk.end() == 0
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    text = real.read_bytes().decode()
    assert text.count("\n") == text.count(ends)
    assert list(elsewhere.iterdir()) == [real]


@pytest.mark.parametrize(
    ("text", "mode", "word"),
    [
        (CONFIG, 0o400, "chmod u+w"),
        ("\ufeff" + CONFIG, 0o600, "byte order mark"),
        (CONFIG.replace('"secret": ""', f'"secret": "{SECRET}"'), 0o600, "credentials migrate -c config.json"),
        (CONFIG.replace("bitmex", "binance"), 0o600, "exchange-unsupported"),
        (CONFIG.replace('"dry_run"', '"api_key_gaurd": {},\n    "dry_run"'), 0o600, "section-misnamed"),
        (CONFIG.replace('"dry_run"', '"api_key_guard": {"policy": 1},\n    "dry_run"'), 0o600, "section-invalid"),
    ],
)
def test_what_stands_in_the_way_is_told_before_anybody_makes_a_key(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path, text: str, mode: int, word: str
) -> None:
    path = written(tmp_path, exchange, text)
    belongs(path)
    path.chmod(mode)
    before = path.read_bytes()
    talk = session(path, vault)
    assert talk.end() == 4
    assert word in talk.shown
    assert SECRET[:8] not in talk.shown
    assert path.read_bytes() == before


def test_without_a_terminal_setup_says_what_to_use_instead(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    command = [
        sys.executable,
        "-m",
        "freqtrade_bitmex_guard",
        "setup",
        "-c",
        str(written(tmp_path, exchange)),
    ]
    done = subprocess.run(command, env=environment(vault), input="", capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "credentials set" in done.stdout


def test_secrets_are_asked_for_without_showing_them_and_delete_asks(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    section = '"api_key_guard": {"allowed_hosts": ["127.0.0.1"]},\n    "dry_run"'
    path = written(tmp_path, exchange, CONFIG.replace('"dry_run"', section))
    talk = session(path, vault, "credentials", "set")
    give(talk, key())
    assert talk.end() == 0
    assert secretless(talk.shown)
    assert stored() == GOOD
    exchange.keys.append(NEW)
    talk = session(path, vault, "credentials", "rotate")
    give(talk, NEW)
    assert talk.end() == 0
    assert secretless(talk.shown)
    assert stored()["key"] == NEW.id
    for answer, left in (("n", NEW.id), ("y", None)):
        talk = session(path, vault, "credentials", "delete")
        talk.sees("Delete the key NEWi… with its secret from this user's keyring (service 'freqtrade-bitmex')?")
        talk.answer("only once.", answer)
        assert talk.end() == 0
        assert stored().get("key") == left


def test_migrate_offers_to_look_whether_git_has_the_file(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    plain: dict[str, Any] = {"exchange": {"name": "bitmex", **GOOD}}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(plain))
    belongs(path, tmp_path / ".git" / "objects")
    for command in (["init", "-q"], ["add", "config.json"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    talk = session(path, vault, "credentials", "migrate")
    talk.answer("Look whether git has it?")
    assert talk.end() == 0
    assert "is tracked by git" in talk.shown
    assert secretless(talk.shown)
    assert stored() == GOOD
