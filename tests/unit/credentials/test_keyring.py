"""The keyring store, with the real keyring library and backends that stand in for stores that cannot exist here."""

from __future__ import annotations

import json
import termios
from collections.abc import Iterator
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import KeyringLocked
from keyrings.alt.file import EncryptedKeyring, PlaintextKeyring

from freqtrade_bitmex_guard.config.stores import KeyringStoreConfig
from freqtrade_bitmex_guard.credentials.keyring import KeyringStore
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from tests.support.factories import KEY_ID, SECRET, store_config


class Vault(KeyringBackend):
    """A backend of a third party that is not known as insecure; test_real_stores.py has a desktop's."""

    priority = 1

    def __init__(self, **entries: str | BaseException) -> None:
        self.entries = entries
        self.reads: list[str] = []

    def get_password(self, service: str, username: str) -> str | None:
        assert service == "freqtrade-bitmex"
        self.reads.append(username)
        found = self.entries.get(username)
        if isinstance(found, BaseException):
            raise found
        return found

    def set_password(self, service: str, username: str, password: str) -> None:
        raise AssertionError("nothing is written")


class Plain(PlaintextKeyring):
    """keyrings.alt's own class, with the file left out."""

    def __init__(self, **entries: str) -> None:
        self.entries = entries

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get(username)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def chained(monkeypatch: pytest.MonkeyPatch, *members: KeyringBackend) -> chainer.ChainerBackend:
    class Chain(chainer.ChainerBackend):
        backends = list(members)

    return Chain()  # type: ignore[no-untyped-call]


def store(backend: KeyringBackend) -> KeyringStore:
    keyring.set_keyring(backend)
    config = store_config(store="keyring")
    assert isinstance(config, KeyringStoreConfig)
    return KeyringStore(config)


def load_failure(backend: KeyringBackend) -> Finding:
    with pytest.raises(GuardError) as failure:
        store(backend).load(PROFILE.credentials)
    (finding,) = failure.value.findings
    return finding


def test_two_entries_are_read_once_each() -> None:
    vault = Vault(key=KEY_ID, secret=SECRET)
    credentials = store(vault).load(PROFILE.credentials)
    assert credentials.part("key").matches(KEY_ID)
    assert credentials.part("secret").matches(SECRET)
    assert vault.reads == ["credentials", "key", "secret"]


def test_an_entry_that_holds_both_wins_and_the_others_are_not_read() -> None:
    vault = Vault(credentials=json.dumps({"key": KEY_ID, "secret": SECRET}), key="old", secret="old")
    credentials = store(vault).load(PROFILE.credentials)
    assert credentials.part("key").matches(KEY_ID)
    assert credentials.part("secret").matches(SECRET)
    assert vault.reads == ["credentials"]


@pytest.mark.parametrize(
    "both",
    [
        "",
        "{}",
        "[]",
        "null",
        "not json",
        f'{{"key": "{KEY_ID}"}}',
        f'{{"key": "{KEY_ID}", "secret": null}}',
        f'{{"key": "{KEY_ID}", "secret": "{SECRET}", "more": 1}}',
        f'{{"key": "{KEY_ID}", "secret": "{SECRET}\\n"}}',
        "[" * 100_000,
    ],
    ids=["empty", "object", "list", "null", "text", "no secret", "null secret", "more", "line break", "nested"],
)
def test_an_entry_that_holds_both_oddly_is_misconfigured_and_never_passed_over(both: str) -> None:
    finding = load_failure(Vault(credentials=both, key=KEY_ID, secret=SECRET))
    assert finding.name == "credentials-malformed"
    assert SECRET not in finding.message + finding.fix


@pytest.mark.parametrize("entries", [{}, {"key": KEY_ID}, {"secret": SECRET}])
def test_a_missing_entry_is_reported_with_the_command_that_stores_it(entries: dict[str, str | BaseException]) -> None:
    finding = load_failure(Vault(**entries))
    assert finding.name == "credentials-missing"
    for name in {"key", "secret"} - set(entries):
        assert f"keyring set freqtrade-bitmex {name}" in finding.fix
    for command in ("setup -c CONFIG", "credentials set -c CONFIG"):  # first: they keep id and secret as one entry
        assert finding.fix.index(command) < finding.fix.index("keyring set")


@pytest.mark.parametrize("value", ["", "two\nlines", "with space", "ümlaut"])
def test_an_entry_that_is_not_one_line_of_visible_ascii_is_misconfigured(value: str) -> None:
    assert load_failure(Vault(key=KEY_ID, secret=value)).name == "credentials-malformed"


def test_without_any_backend_a_headless_server_is_told_the_alternatives() -> None:
    finding = load_failure(fail.Keyring())  # type: ignore[no-untyped-call]
    assert finding.name == "store-unavailable"
    assert '"credentials": {"store": "files", "file": ' in finding.fix
    assert '"command"' in finding.fix


def test_a_keyring_that_keeps_nothing_is_insecure() -> None:
    assert load_failure(null.Keyring()).name == "store-insecure"  # type: ignore[no-untyped-call]


def test_a_keyring_that_keeps_plain_text_is_insecure() -> None:
    for entries in ({"key": KEY_ID, "secret": SECRET}, {"credentials": "{}"}):
        assert load_failure(Plain(**entries)).name == "store-insecure"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("keyrings.alt.file", "PlaintextKeyring"),
        ("keyrings.alt.pyfs", "PlaintextKeyring"),
        ("keyrings.alt.pyfs", "BasicKeyring"),
        ("keyrings.alt.Google", "DocsKeyring"),
        ("keyring.backends.file", "PlaintextKeyring"),
    ],
)
def test_known_plaintext_keyrings_and_their_subclasses_are_rejected(module: str, name: str) -> None:
    kind = type(name, (Vault,), {"__module__": module, "__qualname__": name})
    heir = type("Heir", (kind,), {})
    for each in (kind, heir):
        assert load_failure(each(key=KEY_ID, secret=SECRET)).name == "store-insecure"


def test_the_encrypted_keyring_of_the_same_library_is_accepted() -> None:
    class Encrypted(EncryptedKeyring):
        def __init__(self) -> None:
            """Without the cipher, which is a library of its own."""

        def get_password(self, service: str, username: str) -> str | None:
            return {"key": KEY_ID, "secret": SECRET}.get(username)

    assert store(Encrypted()).load(PROFILE.credentials).part("key").matches(KEY_ID)


def test_the_member_of_a_chain_that_answers_must_be_secure(monkeypatch: pytest.MonkeyPatch) -> None:
    good, plain = Vault(key=KEY_ID, secret=SECRET), Plain(key="old", secret="old")
    assert store(chained(monkeypatch, good, plain)).load(PROFILE.credentials).part("key").matches(KEY_ID)
    assert store(chained(monkeypatch, Vault(), good)).load(PROFILE.credentials).part("key").matches(KEY_ID)
    assert load_failure(chained(monkeypatch, plain, good)).name == "store-insecure"
    assert load_failure(chained(monkeypatch, Vault(key=KEY_ID), plain)).name == "store-insecure"
    assert load_failure(chained(monkeypatch)).name == "store-unavailable"


def test_members_of_a_chain_are_queried_in_order_and_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Vault(key=KEY_ID), Vault(key="other", secret=SECRET)
    credentials = store(chained(monkeypatch, first, second)).load(PROFILE.credentials)
    assert credentials.part("key").matches(KEY_ID)
    assert credentials.part("secret").matches(SECRET)
    assert first.reads == ["credentials", "key", "secret"]
    assert second.reads == ["credentials", "secret"]


def test_a_locked_keyring_says_so() -> None:
    finding = load_failure(Vault(key=KeyringLocked("no")))
    assert finding.name == "store-unavailable"
    assert "locked" in finding.message


@pytest.mark.parametrize("problem", [EOFError(), OSError(6, "No such device"), termios.error(25, "no")])
def test_a_keyring_that_asks_where_nobody_can_type_says_so(problem: BaseException) -> None:
    finding = load_failure(Vault(key=problem))
    assert finding.name == "store-unavailable"
    assert "asks for a password, and nobody can type one here" in finding.message


def test_a_keyring_that_fails_is_named_without_its_text() -> None:
    finding = load_failure(Vault(key=RuntimeError(SECRET)))
    assert finding.name == "store-unavailable"
    assert "(RuntimeError)" in finding.message
    assert SECRET not in finding.message


def test_a_backend_that_cannot_be_chosen_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise RuntimeError(f"secret in the text: {SECRET}")

    monkeypatch.setattr("freqtrade_bitmex_guard.credentials.keyring.get_keyring", broken)
    with pytest.raises(GuardError) as failure:
        store(fail.Keyring()).load(PROFILE.credentials)  # type: ignore[no-untyped-call]
    assert failure.value.findings[0].name == "store-unavailable"
    assert SECRET not in str(failure.value)
