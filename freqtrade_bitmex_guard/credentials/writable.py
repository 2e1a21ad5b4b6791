"""Opens a store for writing. A module of its own: what starts a bot may import the rest of this room, and not this."""

from __future__ import annotations

from freqtrade_bitmex_guard.config.stores import AgentStoreConfig, ReadOnlyStoreConfig, StoreConfig
from freqtrade_bitmex_guard.credentials.interface import WritableStore


def open_writable_store(config: StoreConfig) -> WritableStore | None:
    """Return the store that the section names, or None if it is managed externally and only read here.

    Args:
        config: `api_key_guard.credentials`.
    """
    if isinstance(config, ReadOnlyStoreConfig | AgentStoreConfig):
        return None
    # Only where the keyring is used at all is its library imported.
    from freqtrade_bitmex_guard.credentials.keyring_writer import WritableKeyringStore  # noqa: PLC0415

    return WritableKeyringStore(config)
