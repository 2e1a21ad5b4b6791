"""Every store, for exchanges whose keys have other parts than a key id and a secret of one line."""

from __future__ import annotations

import json
from pathlib import Path

import keyring
import pytest

from freqtrade_bitmex_guard.config.stores import CommandStoreConfig, FileStoreConfig, KeyringStoreConfig, StoreConfig
from freqtrade_bitmex_guard.credentials import access, open_store
from freqtrade_bitmex_guard.credentials.files import default_file_name
from freqtrade_bitmex_guard.credentials.writable import open_writable_store
from freqtrade_bitmex_guard.model.credentials import Credentials, Secret
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction import registry
from tests.support.factories import KEY_ID, PASSWORD, SECRET, WALLET, WALLET_KEY, allow_secrets_in, store_config
from tests.support.other_profiles import WITH_PASSWORD, WITH_PEM, WITH_WALLET
from tests.support.pem_key import PEM

VALUES = {
    "password": (WITH_PASSWORD, (KEY_ID, SECRET, PASSWORD)),
    "PEM": (WITH_PEM, (KEY_ID, PEM)),
    "wallet": (WITH_WALLET, (WALLET, WALLET_KEY)),
}


@pytest.fixture(params=VALUES)
def profile(request: pytest.FixtureRequest) -> ExchangeProfile:
    return VALUES[request.param][0]


@pytest.fixture
def credentials(profile: ExchangeProfile) -> Credentials:
    (values,) = (values for known, values in VALUES.values() if known is profile)
    return Credentials({field: Secret(value) for field, value in zip(profile.credentials, values, strict=True)})


def files_in(folder: Path, credentials: Credentials, end: str = "\n") -> dict[str, str]:
    """One file for each part, which only its owner reads; their paths by the part."""
    allow_secrets_in(folder)
    paths = {}
    for name, value in credentials.for_store().items():
        path = folder / name
        path.touch(0o600)
        path.write_text(value + end)
        paths[name] = str(path)
    return paths


def loaded(config: StoreConfig, profile: ExchangeProfile) -> Credentials:
    return access.load(open_store(config, "anything"), profile)


def test_files_are_read_by_their_parts(profile: ExchangeProfile, credentials: Credentials, tmp_path: Path) -> None:
    paths = files_in(tmp_path, credentials)
    config = store_config(profile, store="files", **{f"{name}_file": path for name, path in paths.items()})
    assert loaded(config, profile).matches(credentials)
    for name, path in paths.items():
        Path(path).unlink()
        with pytest.raises(GuardError, match=f"credentials-missing.*{name}") as stopped:
            loaded(config, profile)
        assert f"{name}_file" in stopped.value.findings[0].fix
        files_in(tmp_path, credentials)


def test_commands_are_run_by_their_parts(profile: ExchangeProfile, credentials: Credentials, tmp_path: Path) -> None:
    paths = files_in(tmp_path, credentials)
    commands = {f"{name}_command": ["cat", path] for name, path in paths.items()}
    assert loaded(store_config(profile, store="command", **commands), profile).matches(credentials)


@pytest.mark.parametrize("are_combined", [False, True])
def test_keyring_entries_are_read_by_their_parts(
    profile: ExchangeProfile, credentials: Credentials, vault: Path, are_combined: bool
) -> None:
    values = credentials.for_store()
    entries = {"credentials": json.dumps(values)} if are_combined else values
    for name, value in entries.items():
        keyring.set_password("x", name, value)
    assert loaded(store_config(profile, service="x"), profile).matches(credentials)
    for name in values:
        less = {other: value for other, value in values.items() if other != name}
        if are_combined:
            keyring.set_password("x", "credentials", json.dumps(less))
        else:
            keyring.delete_password("x", name)
        with pytest.raises(GuardError, match=f"credentials-m.*{name}"):
            loaded(store_config(profile, service="x"), profile)
        for entry, value in entries.items():
            keyring.set_password("x", entry, value)


def test_the_keyring_is_written_with_all_parts(profile: ExchangeProfile, credentials: Credentials, vault: Path) -> None:
    config = store_config(profile, service="x")
    store = open_writable_store(config, "anything")
    assert store is not None
    store.add(credentials)
    assert loaded(config, profile).matches(credentials)
    with pytest.raises(GuardError, match="credentials-conflict"):
        store.add(credentials)
    *others, last = profile.credentials
    changed = Credentials({**{field: credentials.part(field.name) for field in others}, last: Secret("changed")})
    with pytest.raises(GuardError, match="credentials-conflict"):
        store.replace(changed, credentials)
    store.replace(credentials, changed)
    assert store.load(profile.credentials).matches(changed)
    assert store.delete()
    assert json.loads(vault.read_text()) == {}


@pytest.mark.parametrize("store", ["files", "command"])
def test_stores_that_are_managed_externally_are_not_written(store: str) -> None:
    written = {"key_command": ["a"], "secret_command": ["b"]} if store == "command" else {}
    config = store_config(store=store, **written)
    assert isinstance(config, FileStoreConfig | CommandStoreConfig)
    assert open_writable_store(config, "anything") is None


def test_what_was_loaded_is_redacted_from_then_on(
    profile: ExchangeProfile, credentials: Credentials, tmp_path: Path
) -> None:
    paths = files_in(tmp_path, credentials)
    config = store_config(profile, store="files", **{f"{name}_file": path for name, path in paths.items()})
    open_store(config, "anything").load(profile.credentials)
    text = credentials.for_store()[profile.credentials[-1].name].splitlines()[-2:][0]
    assert registry.redact(text) == text
    loaded(config, profile)
    assert text not in registry.redact(text)


def test_default_file_names_say_whether_it_is_an_api_key() -> None:
    assert [default_file_name("okx", field) for field in WITH_PASSWORD.credentials] == [
        "okx_api_key",
        "okx_api_secret",
        "okx_api_password",
    ]
    assert [default_file_name("hyperliquid", field) for field in WITH_WALLET.credentials] == [
        "hyperliquid_wallet_address",
        "hyperliquid_private_key",
    ]


def test_a_keyring_config_is_what_opens_a_writable_store() -> None:
    assert isinstance(store_config(service="x"), KeyringStoreConfig)
