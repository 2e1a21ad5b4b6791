"""What several tests need: made-up keys, a config as freqtrade merges it, and facts with one thing changed."""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import requests
import trustme

from freqtrade_bitmex_guard import config as configuration
from freqtrade_bitmex_guard.addresses import parse_block
from freqtrade_bitmex_guard.facts import AddressLimit, KeyFacts, Only, Permission
from freqtrade_bitmex_guard.policy import Policy
from freqtrade_bitmex_guard.simulator.keys import Key
from freqtrade_bitmex_guard.simulator.lookalike import Lookalike
from freqtrade_bitmex_guard.venues.bitmex import TERMS
from freqtrade_bitmex_guard.venues.bitmex.keys import right

# Published by BitMEX as an example (bitmex.com/app/apiKeysUsage): no account stands behind them.
KEY_ID = "LAqUlngMIQkIUjXMUreyu3qn"
SECRET = "chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO"


# What a check of a good key asks, in the order in which it must begin and then in any.
QUESTIONS = {"GET /apiKey", "GET /user", "GET /address", "GET /userEvent"}


def key(**what: Any) -> Key:
    """A good key, with something changed."""
    return Key(KEY_ID, SECRET, **what)


def facts(*words: str, addresses: AddressLimit | str = "203.0.113.7/32", enabled: bool | None = True) -> KeyFacts:
    """What is known of a key with these rights; addresses may be written as blocks with commas."""
    if isinstance(addresses, str):
        addresses = Only(tuple(parse_block(block) for block in addresses.split(",")))
    return KeyFacts(frozenset(Permission(word, right(word)) for word in words), addresses, enabled)


def policy(**written: Any) -> Policy:
    """A policy as the operator writes it, with BitMEX's defaults."""
    return configuration.read({"policy": written}, TERMS).policy


def store_files(folder: Path, key_id: str = KEY_ID, secret: str = SECRET) -> dict[str, str]:
    """Two files that only their owner reads, and the section that names them."""
    for name, value in (("key", key_id), ("secret", secret)):
        path = folder / name
        path.unlink(missing_ok=True)
        path.touch(0o600)
        path.write_text(f"{value}\n")
    return {"store": "files", "key_file": str(folder / "key"), "secret_file": str(folder / "secret")}


def bot_config(folder: Path, exchange: Lookalike, **section: Any) -> dict[str, Any]:
    """What a check needs of freqtrade's merged config."""
    return {
        "dry_run": False,
        "exchange": {"name": "bitmex", "ccxt_config": exchange.ccxt_config()},
        "api_key_guard": {"credentials": store_files(folder), "allowed_hosts": ["127.0.0.1"], **section},
    }


def keyring_that(does: str, folder: Path) -> dict[str, str]:
    """A keyring backend of somebody's own whose every read does something; returns the variables that choose it."""
    (folder / "somebodys.py").write_text(
        "from keyring.backend import KeyringBackend\n"
        "class Keyring(KeyringBackend):\n"
        "    priority = 9\n"
        f"    def get_password(self, service, username): {does}\n"
        "    def set_password(self, *a): pass\n"
    )
    return {"PYTHON_KEYRING_BACKEND": "somebodys.Keyring", "PYTHONPATH": str(folder)}


@contextlib.contextmanager
def trusted_authority(folder: Path) -> Iterator[trustme.CA]:
    """An authority that our client trusts instead of the real ones: no setting can name another, by design."""
    authority, bundle = trustme.CA(), folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    with contextlib.ExitStack() as changes:
        changes.enter_context(mock.patch("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(bundle)))
        if getattr(requests.adapters, "_preloaded_ssl_context", None) is not None:  # 2.32.3 has read the real ones
            context = ssl.create_default_context(cafile=str(bundle))
            changes.enter_context(mock.patch("requests.adapters._preloaded_ssl_context", context))
        yield authority


def skip_or_fail(missing: str) -> None:
    """A tool that a test needs is missing: on CI that is a failure."""
    import pytest

    if os.environ.get("CI") or os.environ.get("GUARD_TESTS_STRICT"):
        pytest.fail(f"{missing} is not installed, and on CI that is a failure")
    pytest.skip(f"{missing} is not installed")
