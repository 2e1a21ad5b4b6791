"""A store that somebody else brings: a folder with one private file, which holds all parts as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from freqtrade_bitmex_guard.config.stores import ForeignStoreConfig
from freqtrade_bitmex_guard.credentials.interface import CredentialStore
from freqtrade_bitmex_guard.model.credentials import CredentialField, Credentials, parse_credential
from freqtrade_bitmex_guard.model.findings import fail


class BoxStoreConfig(ForeignStoreConfig):
    """`{"store": "box", "path": "/home/bot/box.json"}`."""

    path: str = Field(min_length=1)

    def open_store(self, exchange: str) -> CredentialStore:
        return BoxStore(Path(self.path))


class BoxStore(CredentialStore):
    """One file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, fields: Sequence[CredentialField]) -> Credentials:
        values = json.loads(self._path.read_text(encoding="utf-8"))
        for field in fields:
            if field.name not in values:
                fail("credentials-missing", f"The box has no {field.label}.", "Put it in.")
        return Credentials({field: parse_credential(values[field.name], field, "the box") for field in fields})

    def cancel(self) -> None:
        """Do nothing; reading a file cannot hang."""
