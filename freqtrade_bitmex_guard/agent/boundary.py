"""The boundary between agent and bot: the process's memory, the socket's folder, the peer's user."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import socket
import stat
import struct
import sys
from pathlib import Path

from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_PR_SET_DUMPABLE = 4
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_BACKLOG = 8


def protect_memory() -> None:
    """Keep other processes of this user from reading this one's memory, and the kernel from writing it to a core file.

    Raises:
        GuardError: misconfigured, if the system cannot do that.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux" or ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        fail(
            "agent-setup",
            "This system does not let the agent protect its memory, so its secret could be read there.",
            "Run the agent on Linux.",
        )


def require_private_config(path: Path) -> None:
    """Refuse a config that others than root and this user can write.

    Raises:
        GuardError: misconfigured, if they can: then the bot could choose the policy.
    """
    for place in (path, path.resolve().parent):
        try:
            state = place.stat()
        except OSError as problem:
            reason = problem.strerror or type(problem).__name__
            fail("config-unreadable", f"The agent's config cannot be read: {reason}.", "Name it with -c.")
        is_sticky_folder = stat.S_ISDIR(state.st_mode) and state.st_mode & stat.S_ISVTX
        if state.st_uid not in (0, os.geteuid()) or (state.st_mode & _OTHERS_MAY_WRITE and not is_sticky_folder):
            fail(
                "agent-setup",
                f"Others than the agent's user can write {sanitize(str(place), 200)}, so the bot could choose the "
                "policy.",
                "Give it to root or to the agent's user, and take the right to write from all others (chmod go-w).",
            )


def listen(path: Path) -> tuple[socket.socket, int]:
    """Make the socket, in a folder of the agent's own.

    Args:
        path: of the socket.

    Returns:
        The socket, with mode 0660 from its beginning, and the lock that keeps a second agent away.

    Raises:
        GuardError: misconfigured, if the folder is not the agent's, or something else is in the socket's place.
    """
    lock = -1
    try:
        _require_own_folder(path.parent)
        lock = os.open(
            path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove_stale_socket(path)
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o117)  # so that it never has another mode than 0660
        try:
            server.bind(str(path))
        finally:
            os.umask(before)
        server.listen(_BACKLOG)
    except BlockingIOError:
        os.close(lock)
        fail("agent-setup", "Another agent serves this socket.", "One agent is for one key and one bot: stop one.")
    except OSError as problem:
        if lock >= 0:
            os.close(lock)
        reason = problem.strerror or type(problem).__name__
        fail("agent-setup", f"The agent's socket cannot be made: {reason}.", "Name a path in a folder of the agent's.")
    return server, lock


def _require_own_folder(folder: Path) -> None:
    folder.mkdir(mode=0o750, exist_ok=True)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & _OTHERS_MAY_WRITE:
        fail(
            "agent-setup",
            "The socket's folder does not belong to the agent's user alone, so others could replace the socket.",
            "Name a folder that the agent's user owns and nobody else can write; its group may enter it (mode 0750).",
        )


def _remove_stale_socket(path: Path) -> None:
    try:
        state = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(state.st_mode) or state.st_uid != os.geteuid():
        fail(
            "agent-setup",
            "Something else is in the socket's place: a link, a file, or another user's socket.",
            "Find out who made it, remove it, and start the agent again.",
        )
    path.unlink()  # of an agent that was killed; a living one holds the lock


def peer_of(connection: socket.socket) -> tuple[int, int]:
    """Return uid and pid of the process at the other end, as they were when it connected."""
    size = struct.calcsize("3i")
    pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return uid, pid
