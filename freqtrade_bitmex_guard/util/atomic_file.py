"""Files that are whole even if writing them is interrupted."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
import time
from pathlib import Path

_STALE_SECONDS = 3_600


def write_atomically(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a text to a file so that a reader finds the old content or the new one, even after a crash.

    Args:
        path: of the file; its folder is made if only that is missing. Only the owner can read either.
        text: the new content.
        mode: of the file, if others may read it.

    Raises:
        OSError: if it cannot be written; the old content is kept.
    """
    folder = path.parent
    folder.mkdir(mode=0o700, exist_ok=True)
    remove_leftovers(path, older_than_seconds=_STALE_SECONDS)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.", suffix=".new")
    try:
        try:
            remaining = text.encode()
            while remaining:
                remaining = remaining[os.write(handle, remaining) :]
            if mode != 0o600:
                os.fchmod(handle, mode)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    fsync_folder(folder)


def read_limited(path: Path, max_bytes: int) -> bytes:
    """Read a whole file of limited size.

    Raises:
        OSError: if it cannot be read, is too large, or is not a regular file (reading a pipe may hang).
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_size > max_bytes:
            raise OSError(errno.EINVAL, "not a regular file of a sensible size")
        parts = []
        while part := os.read(handle, max_bytes):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(handle)


def remove_leftovers(path: Path, older_than_seconds: float) -> None:
    """Remove the temporary files of processes that were killed while they wrote a file.

    Args:
        path: of the file.
        older_than_seconds: 0 only where a lock shows that nobody else writes it.
    """
    for temporary in path.parent.glob(f".{path.name}.*.new"):
        with contextlib.suppress(OSError):
            if time.time() - temporary.stat().st_mtime >= older_than_seconds:
                temporary.unlink()


def fsync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a crash: it is on the disk only when its folder is.

    A file system that cannot do that is not an error.
    """
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
