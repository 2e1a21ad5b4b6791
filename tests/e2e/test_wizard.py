"""`setup` at a real terminal, from no key to a guarded bot, and what may go wrong on the way."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.e2e.wizard_session import (
    CONFIG,
    GOOD,
    NEW,
    accept_host,
    enter_credentials,
    go_to_credentials,
    shows_no_secret,
    start,
    stored_entry,
    walk_through,
    write_config,
)
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in, key
from tests.support.pty import DOWN, END_OF_FILE, ENTER, INTERRUPT, environment

pytestmark = pytest.mark.slow


def test_setup_walks_from_no_key_to_a_guarded_bot(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    path = write_config(tmp_path, exchange)
    session = start(path, vault)
    walk_through(session, key())
    assert session.end() == 0
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
        assert word in session.shown
    assert shows_no_secret(session.shown)
    assert stored_entry() == GOOD
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


def test_a_range_becomes_a_block_and_its_size_is_shown(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    exchange.keys[:] = [key(cidr="127.0.0.0/30")]
    path = write_config(tmp_path, exchange)
    session = start(path, vault)
    accept_host(session)
    session.answer("be stored?")
    session.answer("already?", f"{DOWN}{ENTER}")
    session.answer("first-last):", f"everywhere{ENTER}")
    session.sees("Write an address")
    session.answer("", "\x15127.0.0.1 - 127.0.0.2\r")
    session.sees("CIDR: 127.0.0.0/30")
    session.sees("It admits 4 addresses.")
    session.answer("Use it like this?", f"y{ENTER}")
    enter_credentials(session, key())
    assert session.end() == 0
    assert read_config([str(path)])["api_key_guard"]["policy"] == {"ip_within": ["127.0.0.0/30"]}


def test_a_refused_key_changes_nothing_and_setup_can_start_over(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    exchange.keys[:] = [key(permissions=["order", "withdraw"])]
    path = write_config(tmp_path, exchange)
    before = path.read_bytes()
    session = start(path, vault)
    walk_through(session, key())
    session.sees("withdraw-permission")
    session.answer("What now?", f"{DOWN}{DOWN}{ENTER}")
    session.sees("starts over")
    assert session.end() == 2
    assert "leave Withdraw unticked" in session.shown
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    exchange.keys[:] = [NEW]
    session = start(path, vault)
    accept_host(session)
    session.answer("be stored?")
    session.answer("already?", f"{DOWN}{ENTER}")
    session.answer("first-last):", f"127.0.0.1{ENTER}")
    session.answer("Use it like this?", f"y{ENTER}")
    enter_credentials(session, NEW)
    assert session.end() == 0
    assert stored_entry()["key"] == NEW.id


def test_a_changed_key_is_checked_again_and_another_can_be_entered(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    exchange.keys[:] = [key(enabled=False), NEW]
    session = start(write_config(tmp_path, exchange), vault)
    walk_through(session, key())
    for keys in (ENTER, f"{DOWN}{ENTER}"):
        session.sees("What now?")
        session.answer("Use arrow keys", keys)
    enter_credentials(session, NEW)
    assert session.end() == 0
    assert stored_entry()["key"] == NEW.id
    assert exchange.paths().count("GET /apiKey") == 3


QUESTIONS = [
    "yours?",
    "be stored?",
    "already?",
    "account?",
    "later:",
    "first-last):",
    "Use it like this?",
    "Key id:",
    "Secret:",
]


@pytest.mark.parametrize("pressed", [INTERRUPT, END_OF_FILE])
@pytest.mark.parametrize("at", [0, 1, 5, 7, 8])
def test_an_interrupt_at_any_question_writes_nothing(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path, at: int, pressed: str
) -> None:
    path = write_config(tmp_path, exchange)
    before = path.read_bytes()
    session = start(path, vault)
    yes = f"y{ENTER}"
    answers = [yes, ENTER, ENTER, yes, ENTER, f"127.0.0.1{ENTER}", yes, f"{KEY_ID}{ENTER}"]
    for question, keys in zip(QUESTIONS[:at], answers, strict=False):
        session.answer(question, keys)
    if pressed == END_OF_FILE and at in (0, 1):
        pressed = INTERRUPT  # a yes-or-no question takes no end of file
    session.answer(QUESTIONS[at], pressed)
    assert session.end() == 130
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    assert exchange.requests == []


def test_a_disabled_section_is_used_and_enabled(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    section = '"api_key_guard": {"enabled": false, /* not yet */ "allowed_hosts": ["127.0.0.1"]},\n    "dry_run"'
    path = write_config(tmp_path, exchange, CONFIG.replace('"dry_run"', section))
    before = path.read_text()
    session = start(path, vault)
    go_to_credentials(session)
    enter_credentials(session, key())
    assert session.end() == 0
    assert path.read_text() == before.replace('"enabled": false', '"enabled": true')
    assert stored_entry() == GOOD


def test_an_address_against_the_written_policy_is_asked_for_again(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    policy = '"policy": {"ip_within": ["127.0.0.1/32"]}'
    section = f'"api_key_guard": {{"allowed_hosts": ["127.0.0.1"], {policy}}},\n    "dry_run"'
    path = write_config(tmp_path, exchange, CONFIG.replace('"dry_run"', section))
    before = path.read_bytes()
    session = start(path, vault)
    session.answer("already?", f"{DOWN}{ENTER}")
    session.answer("first-last):", f"127.0.0.2{ENTER}")
    session.sees("not inside api_key_guard.policy.ip_within")
    session.answer("first-last):", f"127.0.0.1{ENTER}")
    session.answer("Use it like this?", f"y{ENTER}")
    enter_credentials(session, key())
    assert session.end() == 0
    assert path.read_bytes() == before
    assert stored_entry() == GOOD


def test_the_first_of_several_files_gets_the_section(tmp_path: Path, exchange: SimulatedBitMEX, vault: Path) -> None:
    path, other = write_config(tmp_path, exchange), tmp_path / "other.json"
    other.write_text('{"max_open_trades": 1} // mine')
    session = start(path, vault, "setup", "-c", "config.json", "-c", "other.json")
    walk_through(session, key())
    assert session.end() == 0
    assert "api_key_guard" in path.read_text()
    assert other.read_text() == '{"max_open_trades": 1} // mine'


@pytest.fixture
def other_file_system() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_symbolic_links_and_line_ends_are_preserved(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path, other_file_system: Path, ends: str
) -> None:
    real = write_config(other_file_system, exchange, CONFIG.replace("\n", ends))
    real.chmod(0o600)
    link = tmp_path / "config.json"
    link.symlink_to(real)
    session = start(link, vault)
    walk_through(session, key())
    assert session.end() == 0
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    text = real.read_bytes().decode()
    assert text.count("\n") == text.count(ends)
    assert list(other_file_system.iterdir()) == [real]


@pytest.mark.parametrize(
    ("text", "mode", "word"),
    [
        (CONFIG, 0o400, "chmod u+w"),
        ("\ufeff" + CONFIG, 0o600, "byte order mark"),
        (CONFIG.replace('"secret": ""', f'"secret": "{SECRET}"'), 0o600, "credentials migrate -c config.json"),
        (CONFIG.replace("bitmex", "poloniex"), 0o600, "exchange-unsupported"),
        (CONFIG.replace('"dry_run"', '"api_key_gaurd": {},\n    "dry_run"'), 0o600, "section-misnamed"),
        (CONFIG.replace('"dry_run"', '"api_key_guard": {"policy": 1},\n    "dry_run"'), 0o600, "section-invalid"),
    ],
)
def test_an_obstacle_is_found_before_anybody_makes_a_key(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path, text: str, mode: int, word: str
) -> None:
    path = write_config(tmp_path, exchange, text)
    allow_secrets_in(path)
    path.chmod(mode)
    before = path.read_bytes()
    session = start(path, vault)
    assert session.end() == 4
    assert word in session.shown
    assert SECRET[:8] not in session.shown
    assert path.read_bytes() == before


def test_without_a_terminal_setup_names_the_other_commands(
    tmp_path: Path, exchange: SimulatedBitMEX, vault: Path
) -> None:
    command = [
        sys.executable,
        "-m",
        "freqtrade_bitmex_guard",
        "setup",
        "-c",
        str(write_config(tmp_path, exchange)),
    ]
    done = subprocess.run(command, env=environment(vault), input="", capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "credentials set" in done.stdout
