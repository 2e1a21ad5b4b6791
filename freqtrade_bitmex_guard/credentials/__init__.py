"""Where credentials live. A new store is one new file, its part of the config section, and one line here."""

from __future__ import annotations

from typing import assert_never

# ruff: noqa: PLC0415 - imports only the library of the store that is used
from freqtrade_bitmex_guard.config.stores import (
    AgentStoreConfig,
    CommandStoreConfig,
    FileStoreConfig,
    KeyringStoreConfig,
    StoreConfig,
)
from freqtrade_bitmex_guard.credentials.interface import CredentialStore
from freqtrade_bitmex_guard.model.findings import fail


def open_store(config: StoreConfig, exchange: str) -> CredentialStore:
    """Return the store that the section names. Nothing is read yet.

    Args:
        config: `api_key_guard.credentials`.
        exchange: the exchange's ccxt id, with which the default file names begin.

    Raises:
        GuardError: misconfigured, if the signing agent holds the credentials: it hands them to nobody.
    """
    match config:
        case KeyringStoreConfig():
            from freqtrade_bitmex_guard.credentials.keyring import KeyringStore

            return KeyringStore(config)
        case FileStoreConfig():
            from freqtrade_bitmex_guard.credentials.files import FileStore

            return FileStore(config, exchange)
        case CommandStoreConfig():
            from freqtrade_bitmex_guard.credentials.command import CommandStore

            return CommandStore(config)
        case AgentStoreConfig():
            fail(
                "store-read-only",
                "The signing agent holds this bot's key, and hands it to nobody.",
                "Run this command with the agent's own config, as the agent's user: -c AGENT_CONFIG.",
            )
    assert_never(config)
