"""Files that are whole, whatever interrupts the writing of them."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
import time
from pathlib import Path

_STALE_SECONDS = 3_600


def write_atomically(path: Path, text: str) -> None:
    """Put a text into a file: whoever reads it, even after a crash, finds the old content or the new one, whole.

    Args:
        path: of the file; its folder is made if only that is missing. Only the owner can read either.
        text: the new content.

    Raises:
        OSError: if it cannot be written; then the old content stands.
    """
    folder = path.parent
    folder.mkdir(mode=0o700, exist_ok=True)
    _remove_stale(path)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.", suffix=".new")
    try:
        try:
            left = text.encode()
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    fsync_folder(folder)


def read_limited(path: Path, most_bytes: int) -> bytes:
    """What a file holds.

    Raises:
        OSError: if it cannot be read, is no regular file (nobody may be kept waiting by a pipe), or is too large.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_size > most_bytes:
            raise OSError(errno.EINVAL, "not a regular file of a sensible size")
        parts = []
        while part := os.read(handle, most_bytes):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(handle)


def _remove_stale(path: Path) -> None:
    """Remove what a process that was killed left behind."""
    for left in path.parent.glob(f".{path.name}.*.new"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                left.unlink()


def fsync_folder(folder: Path) -> None:
    """Have a new name in a folder survive a crash: it is on the disk only once its folder is.

    Not every file system can do that, and then it is no loss.
    """
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
