"""`setup` at a real terminal on other exchanges than BitMEX."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.e2e.wizard_session import accept_host, start
from tests.exchanges.simulated.unguarded import watched_credentials
from tests.support.factories import allow_secrets_in
from tests.support.pty import ENTER

pytestmark = pytest.mark.slow
POLICIES = {"binance": None, "bybit": {"ip_within": ["127.0.0.1/32"]}, "kraken": {"ip_within": ["127.0.0.1/32"]}}
PARTS = {"key": "Key id:", "secret": "Secret:", "password": "passphrase"}


@pytest.mark.parametrize("name", [*POLICIES, "okx"])
def test_setup_guards_a_bot_on_another_exchange(name: str, tmp_path: Path, vault: Path) -> None:
    simulator = simulated(name)
    with simulator([simulator.random_key()]) as exchange:
        bot = DemoBot(tmp_path / "bot", exchange)
        del bot.config["api_key_guard"]
        path = bot.write()
        session = start(path, vault)
        accept_host(session)
        session.answer("be stored?")
        session.answer("already?")
        session.answer("for your account?", f"y{ENTER}")
        session.answer("recognise it later:")
        session.answer("first-last):", f"127.0.0.1{ENTER}")
        session.answer("Use it like this?", f"y{ENTER}")
        for part, value in watched_credentials(exchange).items():
            session.answer(PARTS[part], f"{value}{ENTER}")
        assert session.end() == 0, session.shown
    allow_secrets_in(vault)
    section = read_config([str(path)])["api_key_guard"]
    policy = POLICIES.get(name, {"ip_within": ["127.0.0.1/32"]})
    assert section.get("policy") == policy
    assert section["credentials"] == {"store": "keyring", "service": f"freqtrade-{name}"}
    assert json.loads(vault.read_text())
