"""Writing the keyring, with the real keyring library; the real Secret Service is in test_real_stores.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import KeyringLocked, PasswordDeleteError, PasswordSetError
from keyrings.alt.file import PlaintextKeyring

from freqtrade_bitmex_guard.config.stores import KeyringStoreConfig
from freqtrade_bitmex_guard.credentials.keyring_writer import WritableKeyringStore
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.util import deadline
from tests.support.factories import KEY_ID, OTHER_ID, OTHER_SECRET, SECRET, pair, store_config

OLD = pair(OTHER_ID, OTHER_SECRET)


NEW = pair()


OLD_ENTRY = json.dumps({"key": OTHER_ID, "secret": OTHER_SECRET})


class Vault(KeyringBackend):
    """A backend that is not known as insecure; `broken` is what a write does instead."""

    priority = 1

    def __init__(self, **entries: str) -> None:
        self.entries = dict(entries)
        self.broken: BaseException | str | None = None
        self.written: list[str] = []

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        if isinstance(self.broken, BaseException) and username == "credentials":
            raise self.broken
        self.written.append(username)
        spoilt = username == "credentials" and self.broken is not None and OTHER_ID not in password
        self.entries[username] = str(self.broken) if spoilt else password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop(username, None) is None:
            raise PasswordDeleteError("no such entry")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def store_with(*members: KeyringBackend) -> WritableKeyringStore:
    class Chain(chainer.ChainerBackend):
        backends = list(members)

        def set_password(self, *_: Any) -> None:
            raise AssertionError("the chain itself is never written")

        delete_password = set_password

    keyring.set_keyring(members[0] if len(members) == 1 else Chain())  # type: ignore[no-untyped-call]
    config = store_config(store="keyring")
    assert isinstance(config, KeyringStoreConfig)
    return WritableKeyringStore(config)


def change(store: WritableKeyringStore, new: Credentials = NEW) -> None:
    """Put credentials into the store, in the place of those that it has."""
    entries = store._entry(store._backends(), "credentials") or store._entry(store._backends(), "key")
    if entries:
        store.replace(OLD, new)
    else:
        store.add(new)


def write_failure(store: WritableKeyringStore, credentials: Credentials = NEW) -> str:
    with pytest.raises(GuardError) as failure:
        change(store, credentials)
    assert SECRET not in str(failure.value)
    return failure.value.findings[0].name


def test_credentials_are_written_into_one_entry_that_the_bot_reads() -> None:
    vault = Vault()
    store = store_with(vault)
    change(store)
    assert store.load(PROFILE.credentials).matches(NEW)
    assert list(vault.entries) == vault.written == ["credentials"]
    stored_at = store.stored_at()
    assert stored_at is not None
    assert abs((datetime.now(UTC) - stored_at).total_seconds()) < 5


@pytest.mark.parametrize("entries", [{"credentials": OLD_ENTRY}, {"key": OTHER_ID, "secret": OTHER_SECRET}])
def test_new_credentials_replace_the_old_and_leave_nothing_of_them(entries: dict[str, str]) -> None:
    vault = Vault(**entries)
    store = store_with(vault)
    change(store)
    assert store.load(PROFILE.credentials).matches(NEW)
    assert list(vault.entries) == ["credentials"]
    assert OTHER_ID not in vault.entries["credentials"]
    assert OTHER_SECRET not in vault.entries["credentials"]


@pytest.mark.parametrize("entries", [{"credentials": OLD_ENTRY}, {"key": OTHER_ID, "secret": OTHER_SECRET}, {}])
@pytest.mark.parametrize(
    "broken",
    [PasswordSetError("no"), KeyringLocked("no"), RuntimeError(SECRET), NotImplementedError(), "", "{}", OLD_ENTRY[1:]],
    ids=["no", "locked", "a crash", "not made", "kept as nothing", "kept as an empty object", "kept broken"],
)
def test_on_any_failure_the_old_credentials_stay_in_use(entries: dict[str, str], broken: BaseException | str) -> None:
    vault = Vault(**entries)
    vault.broken = broken
    store = store_with(vault)
    write_failure(store)
    if entries:
        assert store.load(PROFILE.credentials).matches(OLD)
    assert vault.entries == entries
    assert SECRET not in str(vault.entries)


def test_credentials_that_come_back_changed_count_as_not_stored() -> None:
    vault = Vault(credentials=OLD_ENTRY)
    vault.broken = json.dumps({"key": KEY_ID, "secret": f"{SECRET}x"})
    store = store_with(vault)
    assert write_failure(store) == "store-not-written"
    assert store.load(PROFILE.credentials).matches(OLD)


def test_a_keyring_that_deletes_first_keeps_the_old_credentials_readable() -> None:
    class DeletesFirst(Vault):
        def set_password(self, service: str, username: str, password: str) -> None:
            if self.entries.pop(username, None):
                assert store.load(PROFILE.credentials).matches(
                    OLD
                )  # what a bot would find that starts now, or after a kill
                self.looked = True
            super().set_password(service, username, password)

    vault = DeletesFirst(credentials=OLD_ENTRY)
    store = store_with(vault)
    change(store)
    assert vault.looked
    assert store.load(PROFILE.credentials).matches(NEW)
    assert list(vault.entries) == ["credentials"]


def test_the_member_of_a_chain_that_answers_is_written() -> None:
    first, second, third = Vault(), Vault(credentials=OLD_ENTRY), Vault()
    store = store_with(first, second, third)
    change(store)
    assert (first.written, third.written) == ([], [])
    assert store.load(PROFILE.credentials).matches(NEW)
    store.delete()
    assert second.entries == {}


def test_an_empty_chain_is_written_in_its_first_secure_member(tmp_path: Path) -> None:
    plain, good = PlaintextKeyring(), Vault()
    plain.file_path = str(tmp_path / "plain.cfg")
    store = store_with(plain, good)
    change(store)
    assert good.written == ["credentials"]
    assert not (tmp_path / "plain.cfg").exists()


def test_a_keyring_that_keeps_plain_text_or_nothing_is_never_written(tmp_path: Path) -> None:
    plain = PlaintextKeyring()
    plain.file_path = str(tmp_path / "plain.cfg")
    assert write_failure(store_with(plain)) == "store-insecure"
    assert not (tmp_path / "plain.cfg").exists()
    assert write_failure(store_with(null.Keyring())) == "store-insecure"  # type: ignore[no-untyped-call]
    assert write_failure(store_with(fail.Keyring())) == "store-unavailable"  # type: ignore[no-untyped-call]


def test_delete_removes_even_malformed_entries_from_every_member(tmp_path: Path) -> None:
    plain, vault = PlaintextKeyring(), Vault(credentials="{", key="a", secret="b", other="stays")
    plain.file_path = str(tmp_path / "plain.cfg")
    plain.set_password("freqtrade-bitmex", "secret", "c")
    store = store_with(vault, plain)
    assert store.delete()
    assert vault.entries == {"other": "stays"}
    assert plain.get_password("freqtrade-bitmex", "secret") is None
    assert not store.delete()


def test_an_entry_that_cannot_be_deleted_is_reported() -> None:
    class Stubborn(Vault):
        def delete_password(self, service: str, username: str) -> None:
            raise PasswordDeleteError("no")

    with pytest.raises(GuardError) as failure:
        store_with(Stubborn(key="a")).delete()
    assert failure.value.findings[0].name == "store-not-written"


def test_a_keyring_that_locks_during_delete_is_reported_as_uncertain() -> None:
    class Locks(Vault):
        is_locked = False

        def get_password(self, service: str, username: str) -> str | None:
            if self.is_locked:
                raise KeyringLocked("no")
            return super().get_password(service, username)

        def delete_password(self, service: str, username: str) -> None:
            super().delete_password(service, username)
            self.is_locked = True

    store = store_with(Locks(credentials=OLD_ENTRY))
    with pytest.raises(GuardError, match="or none") as failure:
        store.delete()
    assert failure.value.findings[0].name == "store-not-written"
    with pytest.raises(GuardError) as failure:  # and one that was locked before was not changed
        store.delete()
    assert failure.value.findings[0].name == "store-unavailable"


def test_a_single_part_that_somebody_put_there_is_not_lost() -> None:
    vault = Vault(secret="somebody's")
    store = store_with(vault)
    change(store)
    assert store.load(PROFILE.credentials).matches(NEW)
    assert vault.entries["secret"] == "somebody's"


@pytest.mark.parametrize("moment", ["", "yesterday", "2026-11-22", "2026-11-22T00:00:00"])
def test_an_unreadable_time_is_not_known(moment: str) -> None:
    entry = {"key": KEY_ID, "secret": SECRET, "stored_at": moment}
    store = store_with(Vault(credentials=json.dumps(entry)))
    assert store.stored_at() is None
    assert store.load(PROFILE.credentials).matches(NEW)


@pytest.mark.parametrize("entries", [{}, {"key": KEY_ID, "secret": SECRET}, {"credentials": OLD_ENTRY}])
def test_an_entry_written_by_hand_has_no_time(entries: dict[str, str]) -> None:
    assert store_with(Vault(**entries)).stored_at() is None


def test_a_change_by_somebody_else_is_not_overwritten() -> None:
    vault = Vault()
    store = store_with(vault)
    store.add(OLD)
    with pytest.raises(GuardError) as failure:
        store.add(NEW)
    assert failure.value.findings[0].name == "credentials-conflict"
    assert store.load(PROFILE.credentials).matches(OLD)
    store.replace(OLD, NEW)
    assert store.load(PROFILE.credentials).matches(NEW)
    with pytest.raises(GuardError):
        store.replace(OLD, OLD)
    store.delete()
    with pytest.raises(GuardError):
        store.replace(NEW, OLD)
    assert vault.entries == {}


def test_two_writers_at_once_take_turns() -> None:
    vault = Vault()
    store = store_with(vault)
    outcomes = deadline.run_concurrently([lambda: store.add(OLD), lambda: store.add(NEW)] * 4)
    assert [type(outcome) for outcome in outcomes].count(GuardError) == 7
    assert list(vault.entries) == ["credentials"]
