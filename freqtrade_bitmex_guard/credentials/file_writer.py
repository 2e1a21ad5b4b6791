"""Writes the one file of the store `files`: replaced in one step, mode 600, in a folder of the bot's user."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from freqtrade_bitmex_guard.credentials import combined
from freqtrade_bitmex_guard.credentials.access import fail_write_uncertain
from freqtrade_bitmex_guard.credentials.files import CombinedFileStore
from freqtrade_bitmex_guard.credentials.lock import exclusive_lock
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.paths import sanitize_path
from freqtrade_bitmex_guard.util import file_trust, mounts
from freqtrade_bitmex_guard.util.atomic_file import fsync_folder, remove_leftovers, write_atomically


class WritableFileStore(CombinedFileStore):
    """One file. A symbolic link is followed, so that it stays one."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._target = Path(os.path.realpath(path))

    def stored_at(self) -> datetime | None:
        """Return when the file was written, or None if it was written by hand."""
        try:
            return combined.stored_at(self._read().decode("latin-1"))
        except FileNotFoundError:
            return None

    def add(self, credentials: Credentials) -> None:
        """Write the file and read it back; see `WritableStore.add`."""
        self._write(None, credentials)

    def replace(self, old: Credentials, new: Credentials) -> None:
        """Replace the file and read it back; see `WritableStore.replace`."""
        self._write(old, new)

    def delete(self) -> bool:
        """Delete the file, and what a killed command left beside it; see `WritableStore.delete`."""
        with exclusive_lock(str(self._target)):
            try:
                remove_leftovers(self._target, older_than_seconds=0)
                self._target.unlink()
            except FileNotFoundError:
                return False
            except OSError as problem:
                self._fail_not_written(problem)
            fsync_folder(self._target.parent)
        return True

    def _write(self, expected: Credentials | None, new: Credentials) -> None:
        with exclusive_lock(str(self._target)):
            before = self._bytes()
            combined.require_unchanged(None if before is None else self.load(new.fields), expected)
            self._attempt(self._make_folder)
            _require_own_folder(self._target.parent)
            remove_leftovers(self._target, older_than_seconds=0)
            try:
                self._attempt(lambda: write_atomically(self._target, combined.serialize(new)))
                if not self.load(new.fields).matches(new):
                    fail("store-not-written", f"{self._label} has something else than was written.", _KEEP)
            except BaseException:
                if not self._roll_back(before):
                    fail_write_uncertain(f"Writing {self._label} failed")
                raise

    def _bytes(self) -> bytes | None:
        try:
            return self._read()
        except FileNotFoundError:
            return None

    def _roll_back(self, before: bytes | None) -> bool:
        """Return whether the file certainly is as it was."""
        with contextlib.suppress(Exception):
            now = self._target.read_bytes() if self._target.exists() else None
            if now != before and before is None:
                self._target.unlink()
            elif now != before and before is not None:
                write_atomically(self._target, before.decode())
            return (self._target.read_bytes() if self._target.exists() else None) == before
        return False

    def _make_folder(self) -> None:
        """Make the folders that are missing, for this user alone."""
        missing = [folder for folder in self._target.parents if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)

    def _attempt(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError as problem:
            self._fail_not_written(problem)

    def _fail_not_written(self, problem: OSError) -> NoReturn:
        reason = problem.strerror or type(problem).__name__
        fail("store-not-written", f"{self._label} cannot be written: {reason}. It is as it was.", _KEEP)


_KEEP = (
    "Keep the credentials at hand: the exchange shows a secret only once. Run the command as the user that the bot "
    "runs as, or write into `file` a path where that user can write; then try again."
)


def _require_own_folder(folder: Path) -> None:
    """Check before a secret is written that nobody else can exchange the file, and that its mode will count.

    Raises:
        GuardError: misconfigured, if somebody can.
    """
    label = sanitize_path(folder)
    elsewhere = "Write a path below this user's home into `file`, for example in ~/.config/freqtrade-bitmex-guard."
    if not mounts.keeps_modes(folder):
        fail("file-exposed", f"The drive of {label} keeps no modes, so that others could read the file.", elsewhere)
    for step in file_trust.steps_to(folder):
        if not file_trust.is_trusted_owner(step.state) or file_trust.others_can_write(step.state):
            where = sanitize_path(step.path)
            fail("file-exposed", f"Other users of this machine can write in {where}: nothing was written.", elsewhere)
