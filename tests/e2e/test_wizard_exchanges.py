"""`setup` at a real terminal on other exchanges than BitMEX."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from tests.e2e.wizard_session import accept_host, start
from tests.exchanges.simulated.unguarded import watched_credentials
from tests.support.factories import allow_secrets_in
from tests.support.pty import ENTER, GUARD, environment

pytestmark = pytest.mark.slow
OWN_ADDRESS = {"ip_within": ["127.0.0.1/32"]}
POLICIES = {"binance": None, "bybit": OWN_ADDRESS, "kraken": OWN_ADDRESS, "okx": OWN_ADDRESS, "hyperliquid": None}
QUESTIONS = {"key": "Key id:", "secret": "Secret:", "password": "passphrase"}
QUESTIONS |= {"wallet_address": "Wallet address:", "private_key": "Private key:"}


@pytest.mark.parametrize("name", POLICIES)
def test_setup_leads_to_a_guarded_bot_that_trades(name: str, tmp_path: Path, vault: Path) -> None:
    simulator = simulated(name)
    with simulator([simulator.random_key()]) as exchange:
        bot = DemoBot(tmp_path / "bot", exchange)
        del bot.config["api_key_guard"]
        path = bot.write()
        session = start(path, vault)
        accept_host(session)
        session.answer("be stored?")
        session.answer("already?")
        has_addresses = name != "hyperliquid"  # its wallets have no limit by address, and no two-factor
        if has_addresses:
            session.answer("for your account?", f"y{ENTER}")
        session.answer("recognise it later:")
        if has_addresses:
            session.answer("first-last):", f"127.0.0.1{ENTER}")
            session.answer("Use it like this?", f"y{ENTER}")
        for part, value in watched_credentials(exchange).items():
            session.answer(QUESTIONS[part], f"{value}{ENTER}")
        assert session.end() == 0, session.shown
        allow_secrets_in(vault)
        section = read_config([str(path)])["api_key_guard"]
        assert section.get("policy") == POLICIES[name]
        assert section["credentials"] == {"store": "keyring", "service": f"freqtrade-{name}"}
        assert json.loads(vault.read_text())

        check = start(path, vault, "--check-only")
        assert check.end() == 0, check.shown
        process = Process([*GUARD, "trade", "-c", path.name], path.parent, environment(vault))
        try:
            assert process.wait_for_output(), process.output
        finally:
            process.stop()
    assert "admitted" in process.output
