"""Remembers which messages were sent, across the restarts of a bot: a refusal for an hour, a warning for a year."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.util import atomic_file

REFUSALS = "told"

WARNINGS = "warned"

_REPEAT_AFTER_SECONDS = {REFUSALS: 3_600, WARNINGS: 365 * 24 * 3_600}

_MAX_BYTES = 1_000_000

_of_this_process: dict[Path, dict[str, float]] = {}
"""What could be written nowhere, by the file that it belongs into."""


class SentMessages:
    """The messages of one kind that one bot sent lately.

    They are in the bot's user-data folder; where that cannot be written, in a folder of the bot's user for the time
    that the machine runs; else in memory.
    """

    def __init__(self, user_data: Path, kind: str = REFUSALS) -> None:
        """Read nothing yet.

        Args:
            user_data: the bot's user-data folder.
            kind: REFUSALS or WARNINGS.
        """
        self._kind = kind
        self._seconds = _REPEAT_AFTER_SECONDS[kind]
        self._file = user_data / SECTION / f"{kind}.json"

    def holds(self, digest: str) -> bool:
        """Return whether a message was sent; a file that cannot be read holds none."""
        known = [_of_this_process.get(self._file, {}), *map(_read, (self._file, *self._runtime_files()))]
        return any(digest in _recent(digests, self._seconds) for digests in known)

    def add(self, digests: Collection[str]) -> None:
        """Remember messages that were just sent."""
        sent = dict.fromkeys(digests, time.time())
        for file in (self._file, *self._runtime_files()):
            with contextlib.suppress(OSError):
                atomic_file.write_atomically(file, json.dumps({**_recent(_read(file), self._seconds), **sent}))
                return
        _of_this_process.setdefault(self._file, {}).update(sent)

    def _runtime_files(self) -> Iterator[Path]:
        name = hashlib.blake2b(os.fsencode(self._file.absolute()), digest_size=8).hexdigest()
        for folder in _runtime_folders():
            yield folder / f"{self._kind}-{name}.json"


def _runtime_folders() -> Iterator[Path]:
    """Yield folders that nobody else could have made: what others write there would silence a refusal."""
    for base in (os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir()):
        folder = Path(base) / f"freqtrade-bitmex-guard-{os.geteuid()}"
        with contextlib.suppress(OSError):
            if folder.is_absolute():
                folder.mkdir(mode=0o700, exist_ok=True)
                state = folder.lstat()
                if stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid() and not state.st_mode & 0o077:
                    yield folder


def _read(file: Path) -> dict[str, float]:
    try:
        digests = json.loads(atomic_file.read_limited(file, _MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return digests if isinstance(digests, dict) else {}


def _recent(digests: dict[str, float], seconds: float) -> dict[str, float]:
    now = time.time()
    return {
        digest: sent_at
        for digest, sent_at in digests.items()
        if isinstance(sent_at, float) and 0 <= now - sent_at < seconds
    }
