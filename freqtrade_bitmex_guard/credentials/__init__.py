"""Where credentials live. A new store is one file, its part of the config section and a line here, or a package."""

from __future__ import annotations

from typing import assert_never

# ruff: noqa: PLC0415 - imports only the library of the store that is used
from freqtrade_bitmex_guard.config.stores import (
    AgentStoreConfig,
    CommandStoreConfig,
    FileStoreConfig,
    ForeignStoreConfig,
    KeyringStoreConfig,
    StoreConfig,
)
from freqtrade_bitmex_guard.credentials.interface import CredentialStore, WritableStore
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize


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
            from freqtrade_bitmex_guard.credentials.files import open_file_store

            return open_file_store(config, exchange)
        case CommandStoreConfig():
            from freqtrade_bitmex_guard.credentials.command import CommandStore

            return CommandStore(config)
        case ForeignStoreConfig():
            return open_foreign_store(config, exchange)
        case AgentStoreConfig():
            fail(
                "store-read-only",
                "The signing agent holds this bot's key, and hands it to nobody.",
                "Run this command with the agent's own config, as the agent's user: -c AGENT_CONFIG.",
            )
    assert_never(config)


def open_foreign_store(config: ForeignStoreConfig, exchange: str) -> WritableStore:
    """Return the store of another package, which its model calls writable or not; whatever it raises is a finding.

    Raises:
        GuardError: misconfigured, if it cannot be opened.
    """
    try:
        store: WritableStore = config.open_store(exchange)
    except Exception as problem:  # somebody else's code
        fail(
            "store-unavailable",
            f"The store {sanitize(config.store)!r} of another package cannot be opened ({type(problem).__name__}).",
            "Repair or update that package, or use another store.",
        )
    return store
