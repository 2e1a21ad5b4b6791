"""Who besides root and this process's user can change or read a file."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MAX_LINKS = 40

_FIRST_PERSON = 500  # user ids below belong to the system; macOS begins here, Linux at 1000


@dataclass(frozen=True, slots=True)
class Step:
    """One folder, link or file on the way to a file.

    Attributes:
        path: where it is.
        state: its own, not that of a link's target.
    """

    path: Path
    state: os.stat_result


def steps_to(path: Path) -> list[Step]:
    """Return everything on the way to a file, from the root to the file itself; links are followed step by step.

    Raises:
        OSError: if something on the way is missing, or links go round in a circle.
    """
    return list(_walk(path if path.is_absolute() else Path.cwd() / path))


def _walk(path: Path) -> Iterator[Step]:
    current = Path(path.anchor)
    yield Step(current, current.lstat())
    remaining, links = list(reversed(path.parts[1:])), 0
    while remaining:
        name = remaining.pop()
        if name == "..":
            current = current.parent
            continue
        step = Step(current / name, (current / name).lstat())
        yield step
        if not stat.S_ISLNK(step.state.st_mode):
            current = step.path
            continue
        links += 1
        if links > _MAX_LINKS:
            raise OSError(40, "Too many levels of symbolic links")
        target = Path(os.readlink(step.path))
        if target.is_absolute():
            current = Path(target.anchor)
        remaining += reversed(target.parts[1:] if target.is_absolute() else target.parts)


def is_trusted_owner(state: os.stat_result) -> bool:
    """Return whether root or this process's user owns something, and nobody else."""
    return state.st_uid in (0, os.geteuid())


def others_can_write(state: os.stat_result) -> bool:
    """Return whether somebody besides root and this process's user can write a file, or rename and delete in a folder.

    In a folder with the sticky bit, such as /tmp, only an entry's owner can.
    """
    if stat.S_ISLNK(state.st_mode) or (stat.S_ISDIR(state.st_mode) and state.st_mode & stat.S_ISVTX):
        return False
    # Some systems make every folder writable for a user's own group, in which nobody else is.
    is_private = stat.S_ISDIR(state.st_mode) and _is_private_group(state.st_gid)
    by_group = bool(state.st_mode & stat.S_IWGRP) and not is_private
    return by_group or bool(state.st_mode & stat.S_IWOTH)


def others_can_read(state: os.stat_result) -> bool:
    """Return whether anybody can read a file, or a group to which this process does not belong."""
    by_group = bool(state.st_mode & stat.S_IRGRP) and not _is_own_group(state.st_gid)
    return by_group or bool(state.st_mode & stat.S_IROTH)


def _is_own_group(gid: int) -> bool:
    """Return whether this process belongs to a group that is not the usual one of other people too."""
    return gid in (os.getegid(), *os.getgroups()) and not _main_group_of_others(gid)


def _is_private_group(gid: int) -> bool:
    """Return whether nobody but root and this process's user belongs to a group."""
    try:
        members = {pwd.getpwnam(name).pw_uid for name in grp.getgrgid(gid).gr_mem}
    except KeyError:
        members = {-1}  # a group or a member that is not known here may be anybody
    return 0 != gid == os.getegid() and members <= {0, os.geteuid()} and not _main_group_of_others(gid)


def _main_group_of_others(gid: int) -> bool:
    own = (0, os.geteuid())
    return any(
        user.pw_gid == gid and user.pw_uid not in own and user.pw_uid >= _FIRST_PERSON for user in pwd.getpwall()
    )


def user_name(uid: int) -> str:
    """Return a user's name, or else its number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
