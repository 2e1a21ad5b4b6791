"""The credential store for people: its kind, and its real place."""

from __future__ import annotations

from pathlib import Path

from freqtrade_bitmex_guard.config.stores import AgentStoreConfig, FileStoreConfig, KeyringStoreConfig, StoreConfig
from freqtrade_bitmex_guard.redaction.paths import sanitize_path
from freqtrade_bitmex_guard.redaction.sanitize import join_limited, sanitize


def describe_store(store: StoreConfig) -> str:
    """Return a store's name and place, as a sentence goes on after "in" or "from"."""
    if isinstance(store, KeyringStoreConfig):
        return f"this user's keyring (service {sanitize(store.service)!r})"
    if isinstance(store, AgentStoreConfig):
        return f"the signing agent ({sanitize_path(store.socket)})"
    if isinstance(store, FileStoreConfig) and store.file is not None:
        return f"the file {sanitize_path(store.file)}"
    if isinstance(store, FileStoreConfig):
        paths = [path for name, path in store if name.endswith("_file") and isinstance(path, str)]
        if paths:
            folders = {str(Path(path).parent) for path in paths}
            places = folders if len(folders) == 1 else paths
            return f"the store 'files' ({join_limited(places, sanitize_path)})"
    return f"the store {sanitize(store.store)!r}"
