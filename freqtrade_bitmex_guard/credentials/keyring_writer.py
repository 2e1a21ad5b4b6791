"""Writing the operating system's credential store: one entry for both, so that there is no half of a change."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from keyring.backend import KeyringBackend
from keyring.errors import KeyringError

from freqtrade_bitmex_guard.config.stores import ReadOnlyStoreConfig, StoreConfig
from freqtrade_bitmex_guard.credentials.access import fail_write_uncertain
from freqtrade_bitmex_guard.credentials.interface import Seen, WritableStore
from freqtrade_bitmex_guard.credentials.keyring import (
    KeyringStore,
    backend_name,
    reject_null_backend,
    reject_plaintext_backend,
)
from freqtrade_bitmex_guard.model.credentials import PARTS, Credentials
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.redaction.opaque import constant_time_equal
from freqtrade_bitmex_guard.redaction.sanitize import fingerprint, sanitize


def open_writable_store(config: StoreConfig) -> WritableStore | None:
    """The store that the section names, to be written; None for one that somebody else keeps and that is only read.

    Args:
        config: `api_key_guard.credentials`.
    """
    return None if isinstance(config, ReadOnlyStoreConfig) else WritableKeyringStore(config)


class WritableKeyringStore(KeyringStore):
    """The entries of `SystemKeyring`, to be changed. It writes to a member of a chain, never to the chain."""

    def stored_at(self) -> datetime | None:
        """When the entry was put there; an entry that was written by hand does not tell."""
        try:
            moment = datetime.fromisoformat(json.loads(self._entry(self._backends(), "credentials") or "")["stored_at"])
        except (ValueError, KeyError, TypeError):
            return None
        return moment if moment.tzinfo else None

    def put(self, credentials: Credentials, seen: Seen | None = None) -> None:
        """Replace the one entry, read it back, and only then take old ones out; see `Keeper.put`."""
        with _exclusive_lock(self._service):
            self._put(credentials, seen)

    def _put(self, credentials: Credentials, seen: Seen | None) -> None:
        backends = self._backends()
        home, before = self._found(backends, "credentials")
        old = self.load() if before or all(self._entry(backends, name) for name in PARTS) else None
        if seen is not None and not _same_credentials(old, seen.credentials):
            fail(
                "credentials-conflict",
                f"Meanwhile somebody else put {old.masked_id if old else 'nothing'} into the store: it was left alone.",
                "Keep the id and secret that you typed at hand, look with `freqtrade-bitmex-guard credentials show`, "
                "then try again.",
            )
        home = home or self._found(backends, "secret")[0] or self._first_to_write(backends)
        if before and old:
            # Some keyrings replace an entry by deleting it first (macOS). Killed in between, the bot finds these.
            self._set(home, "key", old.key.reveal())
            self._set(home, "secret", old.secret.reveal())
        try:
            self._set(home, "credentials", _serialize(credentials))
            came_back = self.load()
            if not came_back.matches(credentials):
                self._not_written(home, "gave back something else than it was given")
        except BaseException:
            if not self._put_back(backends, home, before):
                fail_write_uncertain(f"The keyring {backend_name(home)} failed")
            raise
        if old:
            self._take_out(backends, PARTS)

    def erase(self) -> bool:
        """Take all entries of the service out of every member; see `Keeper.erase`."""
        backends = self._backends()
        found = self._take_out(backends, ("credentials", *PARTS))
        for name in ("credentials", *PARTS):
            try:
                left, _ = self._found(backends, name)
            except GuardError as end:
                if found and end.findings[0].name == "store-unavailable":
                    fail_write_uncertain("The keyring failed")
                raise
            if left is not None:
                service = sanitize(self._service)
                fail(
                    "store-not-written",
                    f"The keyring {backend_name(left)} still has the entry {name!r} for the service {service!r}.",
                    f"Delete it by hand: `keyring del {service} {name}`.",
                )
        return found

    def _first_to_write(self, backends: Sequence[KeyringBackend]) -> KeyringBackend:
        """The first member that may hold a secret; with nothing else, the reason why the first one may not."""
        reasons: list[GuardError] = []
        for backend in backends:
            try:
                reject_null_backend(backend)
                reject_plaintext_backend(backend, "credentials")
            except GuardError as reason:
                reasons.append(reason)
            else:
                return backend
        raise reasons[0]

    def _set(self, home: KeyringBackend, name: str, value: str) -> None:
        try:
            home.set_password(self._service, name, value)
        except Exception as problem:  # some backends raise errors of their own
            self._not_written(home, f"cannot be written ({type(problem).__name__})")

    def _put_back(self, backends: Sequence[KeyringBackend], home: KeyringBackend, before: str | None) -> bool:
        """Whether the entry certainly is as it was; if not, `key` and `secret` hold the old ones."""
        with contextlib.suppress(Exception):
            now = home.get_password(self._service, "credentials")
            if not constant_time_equal(now, before):
                if before is None:
                    home.delete_password(self._service, "credentials")
                else:
                    home.set_password(self._service, "credentials", before)
                now = home.get_password(self._service, "credentials")
            if constant_time_equal(now, before) and before is not None:
                self._take_out(backends, PARTS)
            return constant_time_equal(now, before)
        return False

    def _take_out(self, backends: Sequence[KeyringBackend], names: Collection[str]) -> bool:
        found = False
        for backend in backends:
            for name in names:
                with contextlib.suppress(KeyringError, NotImplementedError):
                    if backend.get_password(self._service, name) is not None:
                        found = True
                        backend.delete_password(self._service, name)
        return found

    @staticmethod
    def _not_written(home: KeyringBackend, why: str) -> NoReturn:
        fail(
            "store-not-written",
            f"The keyring {backend_name(home)} {why}. What it held before stays in use.",
            "Keep the new id and secret at hand: the exchange shows the secret only once. Unlock or mend the keyring, "
            "then try again; or use the store files or command.",
        )


def _same_credentials(one: Credentials | None, other: Credentials | None) -> bool:
    return one is other is None or (one is not None and other is not None and one.matches(other))


@contextmanager
def _exclusive_lock(service: str) -> Iterator[None]:
    """Have other commands of this user wait that write the same entries."""
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or Path.home() / ".cache")
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # without a place for it: what was seen is compared all the same
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            place = folder / f"freqtrade-bitmex-guard-{fingerprint(service)}.lock"
            lock = held.enter_context(open(os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "rb"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _serialize(credentials: Credentials) -> str:
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"key": credentials.key.reveal(), "secret": credentials.secret.reveal(), "stored_at": moment})
