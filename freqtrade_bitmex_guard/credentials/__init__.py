"""Where a key lives. A new store is one new file, its part of the config section, and one line here."""

from __future__ import annotations

from typing import assert_never

# ruff: noqa: PLC0415 - only the library of the store that is used
from freqtrade_bitmex_guard.config import AnyStore, CommandStore, FileStore, KeyringStore
from freqtrade_bitmex_guard.credentials.interface import CredentialStore


def open_store(config: AnyStore, exchange: str) -> CredentialStore:
    """The store that the section names. Nothing is read yet, and only that store's library is imported.

    Args:
        config: `api_key_guard.credentials`.
        exchange: the exchange's ccxt id, which the default file names begin with.
    """
    match config:
        case KeyringStore():
            from freqtrade_bitmex_guard.credentials.keyring import SystemKeyring

            return SystemKeyring(config)
        case FileStore():
            from freqtrade_bitmex_guard.credentials.files import SecretFiles

            return SecretFiles(config, exchange)
        case CommandStore():
            from freqtrade_bitmex_guard.credentials.command import SecretCommands

            return SecretCommands(config)
    assert_never(config)
