"""A keyring in one file, for tests that start processes.

Like a desktop's keyring, it replaces an entry in one step; like macOS, it does not with `VAULT_DELETES_FIRST`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class Vault(KeyringBackend):
    priority = 9

    def get_password(self, service: str, username: str) -> str | None:
        return _entries().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        entries = _entries()
        if os.environ.get("VAULT_DELETES_FIRST") and entries.pop(f"{service}/{username}", None):
            _write(entries)
        _write({**entries, f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        entries = _entries()
        if entries.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("no such entry")
        _write(entries)


def _file() -> Path:
    return Path(os.environ["VAULT"])


def _entries() -> dict[str, str]:
    entries: dict[str, str] = json.loads(_file().read_text()) if _file().exists() else {}
    return entries


def _write(entries: dict[str, str]) -> None:
    new = _file().with_suffix(".new")
    new.write_text(json.dumps(entries))
    os.replace(new, _file())
