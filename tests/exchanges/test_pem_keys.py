"""Private keys as PEM texts: stored, checked before anything is sent, and signed with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.asymmetric import random_ed25519_secret, random_rsa_secret
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from tests.exchanges.contract_cases import errors, prepare_bot
from tests.support.factories import allow_secrets_in

KEYS = {"binance RSA": random_rsa_secret, "binance Ed25519": random_ed25519_secret, "bybit RSA": random_rsa_secret}


def random_ec_secret() -> str:
    private = ec.generate_private_key(ec.SECP256R1())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private.private_bytes(*form).decode().strip()


# What is stored in the place of a key, and what is said about it.
DAMAGED: dict[str, tuple[Callable[[str], str], str]] = {
    "cut off": (lambda secret: "\n".join(secret.splitlines()[:-1]), "not a whole private key"),
    "a line is missing": (
        lambda secret: "\n".join([*secret.splitlines()[:1], *secret.splitlines()[2:]]),
        "not a whole",
    ),
    "a backslash and n": (lambda secret: secret.replace("\n", "\\n"), "not a whole private key"),
    "only the frame": (lambda secret: "\n".join(secret.splitlines()[::99]), "not a whole private key"),
    "of another type": (lambda _: random_ec_secret(), "another type"),
}


def check(exchange: SimulatedExchange[Any], folder: Path, secret: str, store: str = "files") -> Verdict:
    """Check the exchange's key with a secret that is in a store."""
    bot = prepare_bot(exchange, folder)
    key_id = exchange.keys[0].id
    (bot.folder / "secret").write_text(f"{secret}\n", encoding="utf-8")
    if store == "command":
        paths = {part: ["cat", str(bot.folder / part)] for part in ("key", "secret")}
        section = {"store": "command", "key_command": paths["key"], "secret_command": paths["secret"]}
        bot.config["api_key_guard"]["credentials"] = section
    if store == "keyring":
        entry = json.dumps({"key": key_id, "secret": secret})
        keyring.set_password("pem", "credentials", entry)
        bot.config["api_key_guard"]["credentials"] = {"store": "keyring", "service": "pem"}
    return LocalCheck(bot.config).run().verdict


@pytest.mark.parametrize("store", ["files", "command", "keyring"])
@pytest.mark.parametrize("kind", KEYS)
def test_a_key_pair_of_ones_own_signs_from_every_store(kind: str, store: str, tmp_path: Path, vault: Path) -> None:
    simulator = simulated(kind.split(maxsplit=1)[0])
    allow_secrets_in(vault)
    with simulator([simulator.random_key(secret=KEYS[kind]())]) as exchange:
        verdict = check(exchange, tmp_path, exchange.keys[0].secret, store)

        assert errors(verdict) == []
        assert len(exchange.requests) == 1


@pytest.mark.parametrize("damage", DAMAGED)
@pytest.mark.parametrize("kind", KEYS)
def test_a_damaged_key_is_found_before_anything_is_sent(kind: str, damage: str, tmp_path: Path) -> None:
    simulator = simulated(kind.split(maxsplit=1)[0])
    change, said = DAMAGED[damage]
    with simulator([simulator.random_key(secret=KEYS[kind]())]) as exchange:
        verdict = check(exchange, tmp_path, change(exchange.keys[0].secret))

        assert verdict.outcome is Outcome.MISCONFIGURED
        assert errors(verdict) == ["credentials-malformed"]
        assert said in verdict.findings[0].message
        assert exchange.requests == []


def test_a_type_that_the_exchange_does_not_take_is_named(tmp_path: Path) -> None:
    simulator = simulated("bybit")
    with simulator([simulator.random_key(secret=random_rsa_secret())]) as exchange:
        verdict = check(exchange, tmp_path, random_ed25519_secret())

        assert errors(verdict) == ["credentials-malformed"]
        assert "another type than RSA" in verdict.findings[0].message
        assert exchange.requests == []


def test_another_key_pair_than_the_accounts_is_refused(tmp_path: Path) -> None:
    simulator = simulated("binance")
    with simulator([simulator.random_key(secret=random_ed25519_secret())]) as exchange:
        assert errors(check(exchange, tmp_path, random_ed25519_secret())) == ["signature-invalid"]
