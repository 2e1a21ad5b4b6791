"""Opens a store for writing. A module of its own: what starts a bot may import the rest of this room, and not this."""

from __future__ import annotations

from pathlib import Path

from freqtrade_bitmex_guard.config.stores import (
    AgentStoreConfig,
    FileStoreConfig,
    ForeignStoreConfig,
    ReadOnlyStoreConfig,
    StoreConfig,
)
from freqtrade_bitmex_guard.credentials import open_foreign_store
from freqtrade_bitmex_guard.credentials.files import is_orchestrator_file
from freqtrade_bitmex_guard.credentials.interface import WritableStore


def open_writable_store(config: StoreConfig, exchange: str) -> WritableStore | None:
    """Return the store that the section names, or None if it is managed externally and only read here.

    Args:
        config: `api_key_guard.credentials`.
        exchange: the exchange's ccxt id.
    """
    if isinstance(config, ForeignStoreConfig) and config.is_writable:
        return open_foreign_store(config, exchange)
    if isinstance(config, FileStoreConfig) and config.file is not None:
        from freqtrade_bitmex_guard.credentials.file_writer import WritableFileStore  # noqa: PLC0415

        # What an orchestrator hands in is a copy, or a mount that cannot be replaced.
        return None if is_orchestrator_file(Path(config.file)) else WritableFileStore(config.file)
    if isinstance(config, ReadOnlyStoreConfig | AgentStoreConfig):
        return None
    # Only where the keyring is used at all is its library imported.
    from freqtrade_bitmex_guard.credentials.keyring_writer import WritableKeyringStore  # noqa: PLC0415

    return WritableKeyringStore(config)
