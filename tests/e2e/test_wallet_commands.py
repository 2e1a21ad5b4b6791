"""A user of Hyperliquid, whose key is an address and a private key: from no key to a bot that is checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.hyperliquid import SimulatedHyperliquid
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from tests.e2e.wizard_session import accept_host, start, stored_entry
from tests.support.factories import allow_secrets_in
from tests.support.leak_search import watch
from tests.support.pty import DOWN, ENTER, Session

pytestmark = pytest.mark.slow
SERVICE = "freqtrade-hyperliquid"


def watched_key(**changed: object) -> KeyState:
    key = SimulatedHyperliquid.random_key(**changed)
    watch("a private key", key.private_key[2:])
    return key


@pytest.fixture
def exchange() -> Iterator[SimulatedHyperliquid]:
    with SimulatedHyperliquid([watched_key()]) as running:
        yield running


def write_config(folder: Path, exchange: SimulatedHyperliquid, **plain: str) -> Path:
    bot = DemoBot(folder / "bot", exchange)
    del bot.config["api_key_guard"]
    bot.config["exchange"] |= plain
    allow_secrets_in(*([bot.folder / "config.json"] if plain else []))
    return bot.write()


def enter(session: Session, key: KeyState) -> None:
    session.answer("Wallet address:", f"{key.wallet_address}{ENTER}")
    session.answer("Private key:", f"{key.private_key}{ENTER}")


def test_setup_asks_nothing_that_hyperliquid_does_not_have(
    tmp_path: Path, exchange: SimulatedHyperliquid, vault: Path
) -> None:
    path = write_config(tmp_path, exchange)
    session = start(path, vault)
    accept_host(session)
    session.answer("be stored?")
    session.answer("already?")
    session.answer("recognise it later:")
    enter(session, exchange.keys[0])

    assert session.end() == 0, session.shown
    for word in ("1. The page", "2. A new key", "app.hyperliquid.xyz/API", "4. Credentials", "ADMITTED"):
        assert word in session.shown
    for word in ("Two-factor authentication", "Permissions\n", "Allowed IPs", "first-last"):
        assert word not in session.shown
    section = json.loads(path.read_text())["api_key_guard"]
    assert section == {"credentials": {"store": "keyring", "service": SERVICE}, "allowed_hosts": ["127.0.0.1"]}
    key = exchange.keys[0]
    assert stored_entry(SERVICE) == {"wallet_address": key.wallet_address, "private_key": key.private_key}
    session = start(path, vault, "--check-only")
    assert session.end() == 0, session.shown


def test_setup_writes_nothing_for_the_accounts_own_key(
    tmp_path: Path, exchange: SimulatedHyperliquid, vault: Path
) -> None:
    exchange.keys[:] = [watched_key(permissions=[Kind.WITHDRAW])]
    path = write_config(tmp_path, exchange)
    before = path.read_bytes()
    session = start(path, vault)
    accept_host(session)
    session.answer("be stored?")
    session.answer("already?", f"{DOWN}{ENTER}")
    enter(session, exchange.keys[0])
    session.sees("withdraw-permission")
    session.answer("What now?", f"{DOWN}{DOWN}{ENTER}")

    assert session.end() == 2
    assert path.read_bytes() == before
    assert stored_entry(SERVICE) == {}


def test_a_plain_private_key_is_migrated_and_then_rotated(
    tmp_path: Path, exchange: SimulatedHyperliquid, vault: Path
) -> None:
    key = exchange.keys[0]
    path = write_config(tmp_path, exchange, walletAddress=key.wallet_address, privateKey=key.private_key)
    session = start(path, vault)
    session.sees("credentials migrate")
    assert session.end() == 4

    session = start(path, vault, "credentials", "migrate")
    session.answer("committed to git?", f"n{ENTER}")
    assert session.end() == 0, session.shown
    assert key.private_key not in path.read_text()
    assert stored_entry(SERVICE)["private_key"] == key.private_key

    session = start(path, vault)
    accept_host(session)
    session.answer("be stored?", f"{DOWN}{ENTER}")  # Enter alone is an entry of its own
    assert session.end() == 0, session.shown

    new = watched_key(wallet_address=key.wallet_address, name="freqtrade-btc-2")
    exchange.keys.append(new)
    session = start(path, vault, "credentials", "rotate")
    enter(session, key)
    session.sees("This is the key in use")
    assert session.end() == 4
    session = start(path, vault, "credentials", "rotate")
    enter(session, replace(new, wallet_address=new.wallet_address.upper().replace("X", "x")))  # any case will do
    assert session.end() == 0, session.shown
    assert stored_entry(SERVICE)["private_key"] == new.private_key

    session = start(path, vault, "credentials", "show")
    assert session.end() == 0, session.shown
    assert f"key     {key.wallet_address[:4]}…" in session.shown.lower()
