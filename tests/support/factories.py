"""Made-up keys, configs as freqtrade merges them, and facts about keys, for all tests."""

from __future__ import annotations

import contextlib
import os
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import requests
import trustme

from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.config.stores import StoreConfig
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.credentials import KEY as KEY_FIELD
from freqtrade_bitmex_guard.model.credentials import SECRET as SECRET_FIELD
from freqtrade_bitmex_guard.model.credentials import Credentials, Secret
from freqtrade_bitmex_guard.model.key import IpRestriction, KeyFacts, RestrictedTo
from freqtrade_bitmex_guard.model.networks import parse_network
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.support.pem_key import PEM_SECRET_PART

# Published by BitMEX as an example (bitmex.com/app/apiKeysUsage); they belong to no account.
KEY_ID = "LAqUlngMIQkIUjXMUreyu3qn"
SECRET = "chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO"

# Drawn at random: the key that a rotation stores, and another key of the account.
NEW_ID = "NEWi8CtpaItJOgeLnLjqP0GP"
NEW_SECRET = "Vd7CuV3qEmjKb1Xd_q5hdLmfSeFCq5PzeRz59OR8pnbwF_EQ"
OTHER_ID = "anot-Kv5lWhNFEr4nBQu4VLv"
OTHER_SECRET = "5v1QFAPUfdCoYAVZNLD-Rg74jzfZM6v1BGRxt9w520fub1xw"

# Keys of other exchanges have other shapes.
KRAKEN_ID = "4/SDrDBcOOPnm3nPlNfEMMJDeRcIVqPz"
KRAKEN_SECRET = "bWFkZSB1cCwgMzIgYnl0ZXMgb2YgaXQgb3Igc28uLi4="

# Published by Binance as an example (binance-spot-api-docs, rest-api.md).
BINANCE_ID = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
BINANCE_SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"

# What other exchanges issue beside a key id and a secret, or in their place.
PASSWORD = "pa55-of-an-API-key-m4de-up"
WALLET = "0x52908400098527886E0F7030069857D2E4169EE7"
WALLET_KEY = "0x7c9f1e4a3b6d8025f1a9c3e7d4b8f60215ae93c7d1f04b68a27e5c39d80b146f"

# The bot of messages.
BOT = BotLabel("my bot", "vps1", ("config.json",))

# Everything that a test stores or signs with is here, so that `tests/support/leak_search.py` looks for it.
MADE_UP = {
    "the key id": KEY_ID,
    "the secret": SECRET,
    "the new key id": NEW_ID,
    "the new secret": NEW_SECRET,
    "the other key id": OTHER_ID,
    "the other secret": OTHER_SECRET,
    "Kraken's key id": KRAKEN_ID,
    "Kraken's secret": KRAKEN_SECRET,
    "Binance's key id": BINANCE_ID,
    "Binance's secret": BINANCE_SECRET,
    "the private key": PEM_SECRET_PART,
    "the API password": PASSWORD,
    "the wallet's private key": WALLET_KEY,
}

# Files and folders that may hold a secret: stores, and the configs from which it is migrated.
secret_paths: set[Path] = set()

# The requests of a check of a good key; the first is about the key, the others come in any order.
CHECK_REQUESTS = {"GET /apiKey", "GET /user", "GET /address", "GET /userEvent"}


def allow_secrets_in(*paths: Path) -> None:
    """Allow a secret in these files, and in all files of these folders."""
    secret_paths.update(path.resolve() for path in paths)


def key(**what: Any) -> Key:
    """Return a good key, with something changed."""
    return Key(KEY_ID, SECRET, **what)


def new_key(**what: Any) -> Key:
    """Return the key that a rotation stores, with something changed."""
    return Key(NEW_ID, NEW_SECRET, **what)


def other_key(**what: Any) -> Key:
    """Return another key of the account, with something changed."""
    return Key(OTHER_ID, OTHER_SECRET, **what)


def pair(key_id: str = KEY_ID, secret: str = SECRET) -> Credentials:
    """Return a key id and a secret in memory."""
    return Credentials({KEY_FIELD: Secret(key_id), SECRET_FIELD: Secret(secret)})


def store_config(profile: ExchangeProfile = PROFILE, /, **written: Any) -> StoreConfig:
    """Return the `credentials` part of a section, as the operator writes it."""
    return parse_section({"credentials": written}, profile).credentials


def facts(*words: str, addresses: IpRestriction | str = "203.0.113.7/32", enabled: bool | None = True) -> KeyFacts:
    """Return the facts about a key with these permissions; networks can be written with commas."""
    if isinstance(addresses, str):
        addresses = RestrictedTo(tuple(parse_network(block) for block in addresses.split(",")))
    return KeyFacts(frozenset(map(PROFILE.permission, words)), addresses, enabled)


def policy(**written: Any) -> Policy:
    """Return a policy as the operator writes it, with BitMEX's defaults."""
    return parse_section({"policy": written}, PROFILE).policy


def store_files(folder: Path, key_id: str = KEY_ID, secret: str = SECRET) -> dict[str, str]:
    """Write two private files, and return the store config that names them."""
    for name, value in (("key", key_id), ("secret", secret)):
        path = folder / name
        allow_secrets_in(path)
        path.unlink(missing_ok=True)
        path.touch(0o600)
        path.write_text(f"{value}\n")
    return {"store": "files", "key_file": str(folder / "key"), "secret_file": str(folder / "secret")}


def credentials_in_config(bot: DemoBot, **which: str) -> None:
    """Write key id and secret, or other fields, into the bot's config, where freqtrade alone looks for them."""
    allow_secrets_in(bot.folder / "config.json")
    bot.config["exchange"] |= which or {"key": KEY_ID, "secret": SECRET}


def bot_config(folder: Path, exchange: SimulatedBitMEX, **section: Any) -> dict[str, Any]:
    """Return the part of freqtrade's merged config that a check needs."""
    return {
        "dry_run": False,
        "exchange": {"name": "bitmex", "ccxt_config": exchange.ccxt_config()},
        "api_key_guard": {"credentials": store_files(folder), "allowed_hosts": ["127.0.0.1"], **section},
    }


def keyring_backend(does: str, folder: Path) -> dict[str, str]:
    """Write a keyring backend that does something at every read, and return the variables that choose it."""
    (folder / "own_backend.py").write_text(
        "from keyring.backend import KeyringBackend\n"
        "class Keyring(KeyringBackend):\n"
        "    priority = 9\n"
        f"    def get_password(self, service, username): {does}\n"
        "    def set_password(self, *a): pass\n"
    )
    return {"PYTHON_KEYRING_BACKEND": "own_backend.Keyring", "PYTHONPATH": str(folder)}


@contextlib.contextmanager
def trusted_authority(folder: Path) -> Iterator[trustme.CA]:
    """Have our client trust a made-up authority instead of the real ones; by design no setting can do that."""
    authority, bundle = trustme.CA(), folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with contextlib.ExitStack() as changes:
        changes.enter_context(mock.patch("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(bundle)))
        if getattr(requests.adapters, "_preloaded_ssl_context", None) is not None:  # 2.32.3 has read the real ones
            context = ssl.create_default_context(cafile=str(bundle))
            changes.enter_context(mock.patch("requests.adapters._preloaded_ssl_context", context))
        yield authority


def wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition holds, for a limited time.

    Returns:
        Whether it holds.
    """
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def skip_or_fail(missing: str) -> None:
    """Skip a test whose tool is missing; on CI, fail it."""
    import pytest

    if os.environ.get("CI") or os.environ.get("GUARD_TESTS_STRICT"):
        pytest.fail(f"{missing} is not installed, and on CI that is a failure")
    pytest.skip(f"{missing} is not installed")
