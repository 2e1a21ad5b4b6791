"""A lock among the commands of one user that change the same entry of a store."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from freqtrade_bitmex_guard.redaction.sanitize import fingerprint


@contextmanager
def exclusive_lock(entry: str) -> Iterator[None]:
    """Make other commands of this user wait while this one writes the same entries."""
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or Path.home() / ".cache")
    with contextlib.ExitStack() as resources:
        with contextlib.suppress(OSError):  # without a folder for it, the stored credentials are compared all the same
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = folder / f"freqtrade-bitmex-guard-{fingerprint(entry)}.lock"
            lock = resources.enter_context(open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "rb"))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
