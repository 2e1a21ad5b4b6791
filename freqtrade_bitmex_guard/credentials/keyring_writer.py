"""Writes the operating system's credential store: one entry for all parts, so that no change can be half done."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NoReturn

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from freqtrade_bitmex_guard.credentials import combined
from freqtrade_bitmex_guard.credentials.access import fail_write_uncertain
from freqtrade_bitmex_guard.credentials.keyring import (
    COMBINED_ENTRY,
    KeyringStore,
    asks_in_vain,
    backend_name,
    reject_null_backend,
    reject_plaintext_backend,
)
from freqtrade_bitmex_guard.credentials.lock import exclusive_lock
from freqtrade_bitmex_guard.model.credentials import STORED_FIELDS, CredentialField, Credentials
from freqtrade_bitmex_guard.model.findings import GuardError, error, fail
from freqtrade_bitmex_guard.redaction.opaque import same_text
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_PART_ENTRIES = tuple(field.name for field in STORED_FIELDS)


class WritableKeyringStore(KeyringStore):
    """The entries of one service. It writes to a member of a chain, never to the chain."""

    def stored_at(self) -> datetime | None:
        """Return when the entry was written, or None if it was written by hand."""
        return combined.stored_at(self._entry(self._backends(), COMBINED_ENTRY) or "")

    def add(self, credentials: Credentials) -> None:
        """Write the entry and read it back; see `WritableStore.add`."""
        with exclusive_lock(self._service):
            self._write(None, credentials)

    def replace(self, old: Credentials, new: Credentials) -> None:
        """Replace the entry, read it back, and only then delete old ones; see `WritableStore.replace`."""
        with exclusive_lock(self._service):
            self._write(old, new)

    def _write(self, expected: Credentials | None, new: Credentials) -> None:
        backends = self._backends()
        home, before = self._find(backends, COMBINED_ENTRY)
        stored = self._load_all(backends, before, new.fields)
        combined.require_unchanged(stored, expected)
        holder = home or self._home_of_parts(backends, new.fields)
        homes = [holder] if holder else self._secure_backends(backends)
        for home in homes[:-1]:
            # A backend that is only read, such as one for a package index, comes before the real one in many chains.
            with contextlib.suppress(_NotTakenError):
                self._replace(backends, home, before, stored, new)
                return
        self._replace(backends, homes[-1], before, stored, new)

    def _replace(
        self,
        backends: Sequence[KeyringBackend],
        home: KeyringBackend,
        before: str | None,
        stored: Credentials | None,
        new: Credentials,
    ) -> None:
        names = [field.name for field in new.fields]
        if before and stored:
            # Some keyrings replace an entry by deleting it first (macOS). Killed in between, the bot finds these.
            for name, value in stored.for_store().items():
                self._set(home, name, value)
        try:
            self._set(home, COMBINED_ENTRY, combined.serialize(new))
            if home.get_password(self._service, COMBINED_ENTRY) is None:
                _fail_not_written(home, "stores nothing", is_taken=False)
            if not self.load(new.fields).matches(new):
                _fail_not_written(home, "returned something else than it was given")
        except BaseException:
            if not self._roll_back(backends, home, before, names):
                fail_write_uncertain(f"The keyring {backend_name(home)} failed")
            raise
        if stored:
            self._delete_entries(backends, names)

    def _load_all(
        self, backends: Sequence[KeyringBackend], entry: str | None, fields: Sequence[CredentialField]
    ) -> Credentials | None:
        """Load the stored credentials; None if a part is missing, because single parts may be somebody else's."""
        if entry or all(self._entry(backends, field.name) for field in fields):
            return self.load(fields)
        return None

    def _home_of_parts(
        self, backends: Sequence[KeyringBackend], fields: Sequence[CredentialField]
    ) -> KeyringBackend | None:
        """Return the backend that has a secret part as an entry of its own, or None."""
        secrets = [field.name for field in fields if not field.identifies]
        return next(filter(None, (self._find(backends, name)[0] for name in secrets)), None)

    def delete(self) -> bool:
        """Delete all entries of the service from every member; see `WritableStore.delete`."""
        backends = self._backends()
        names = (COMBINED_ENTRY, *_PART_ENTRIES)
        is_changed = self._delete_entries(backends, names)
        for name in names:
            try:
                backend, _ = self._find(backends, name)
            except GuardError as end:
                if is_changed and end.findings[0].name == "store-unavailable":
                    fail_write_uncertain("The keyring failed")
                raise
            if backend is not None:
                service = sanitize(self._service)
                fail(
                    "store-not-written",
                    f"The keyring {backend_name(backend)} still has the entry {name!r} for the service {service!r}.",
                    f"Delete it by hand: `keyring del {service} {name}`.",
                )
        return is_changed

    @staticmethod
    def _secure_backends(backends: Sequence[KeyringBackend]) -> list[KeyringBackend]:
        """Return the members that may hold a secret; without one, raise why the first may not."""
        reasons: list[GuardError] = []
        secure: list[KeyringBackend] = []
        for backend in backends:
            try:
                reject_null_backend(backend)
                reject_plaintext_backend(backend, COMBINED_ENTRY)
            except GuardError as reason:
                reasons.append(reason)
            else:
                secure.append(backend)
        if not secure:
            raise reasons[0]
        return secure

    def _set(self, home: KeyringBackend, name: str, value: str) -> None:
        try:
            home.set_password(self._service, name, value)
        except NotImplementedError:
            _fail_not_written(home, "is only read: it takes no entries", is_taken=False)
        except Exception as problem:  # some backends raise errors of their own
            if asks_in_vain(problem):
                _fail_not_written(home, "asks for a password, and nobody can type one here")
            # A locked one is this user's, and is to be unlocked; another may be one that is only read.
            is_locked = isinstance(problem, KeyringLocked)
            _fail_not_written(home, f"cannot be written ({type(problem).__name__})", is_taken=is_locked)

    def _roll_back(
        self, backends: Sequence[KeyringBackend], home: KeyringBackend, before: str | None, names: Collection[str]
    ) -> bool:
        """Return whether the entry certainly is as it was; if not, the entries of the parts hold the old values."""
        with contextlib.suppress(Exception):
            now = home.get_password(self._service, COMBINED_ENTRY)
            if not same_text(now, before):
                if before is None:
                    home.delete_password(self._service, COMBINED_ENTRY)
                else:
                    home.set_password(self._service, COMBINED_ENTRY, before)
                now = home.get_password(self._service, COMBINED_ENTRY)
            if same_text(now, before) and before is not None:
                self._delete_entries(backends, names)
            return same_text(now, before)
        return False

    def _delete_entries(self, backends: Sequence[KeyringBackend], names: Collection[str]) -> bool:
        """Delete entries from every member, and return whether there was any."""
        is_changed = False
        for backend in backends:
            for name in names:
                with contextlib.suppress(Exception):
                    if backend.get_password(self._service, name) is not None:
                        is_changed = True
                        backend.delete_password(self._service, name)
        return is_changed


class _NotTakenError(GuardError):
    """A backend took no entry, so that another one of the chain may."""


def _fail_not_written(home: KeyringBackend, problem: str, *, is_taken: bool = True) -> NoReturn:
    raise (GuardError if is_taken else _NotTakenError)(
        error(
            "store-not-written",
            f"The keyring {backend_name(home)} {problem}. What it held before stays in use.",
            "Keep the new credentials at hand: the exchange shows a secret only once. Unlock or repair the keyring, "
            "then try again; or use the store files or command.",
        )
    ) from None
