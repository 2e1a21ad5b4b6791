"""The stores of this package pass the contract that stores of other packages must pass."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keyring
import pytest

from freqtrade_bitmex_guard.model.credentials import CredentialField
from freqtrade_bitmex_guard.testing.stores import StoreContract, WritableStoreContract
from tests.support.factories import allow_secrets_in


class _Folder(StoreContract):
    @pytest.fixture(autouse=True)
    def _own_folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "store"
        self.folder.mkdir()
        allow_secrets_in(self.folder)

    def put(self, values: Mapping[str, str]) -> None:
        for path in self.folder.iterdir():
            path.unlink()
        for name, value in values.items():
            path = self.folder / name
            path.touch(0o600)
            path.write_text(f"{value}\n", encoding="utf-8")


class TestFiles(_Folder):
    def section(self, fields: tuple[CredentialField, ...]) -> dict[str, Any]:
        return {"store": "files", **{f"{field.name}_file": str(self.folder / field.name) for field in fields}}


class TestCommand(_Folder):
    def section(self, fields: tuple[CredentialField, ...]) -> dict[str, Any]:
        commands = {f"{field.name}_command": ["cat", str(self.folder / field.name)] for field in fields}
        return {"store": "command", **commands}


class TestKeyring(WritableStoreContract):
    @pytest.fixture(autouse=True)
    def _own_vault(self, vault: Path) -> None:
        self.vault = vault

    def section(self, fields: tuple[CredentialField, ...]) -> dict[str, Any]:
        return {"store": "keyring", "service": "contract"}

    def put(self, values: Mapping[str, str]) -> None:
        self.vault.unlink(missing_ok=True)
        for name, value in values.items():
            keyring.set_password("contract", name, value)


class TestOneFile(WritableStoreContract):
    @pytest.fixture(autouse=True)
    def _own_file(self, tmp_path: Path) -> None:
        self.file = tmp_path / "store" / "key.json"
        allow_secrets_in(self.file.parent)

    def section(self, fields: tuple[CredentialField, ...]) -> dict[str, Any]:
        return {"store": "files", "file": str(self.file)}

    def put(self, values: Mapping[str, str]) -> None:
        self.file.unlink(missing_ok=True)
        if values:
            self.file.parent.mkdir(exist_ok=True)
            self.file.touch(0o600)
            self.file.write_text(json.dumps(dict(values)), encoding="utf-8")
