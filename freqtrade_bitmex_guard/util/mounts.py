"""What is mounted where, as Linux tells it; elsewhere nothing counts as mounted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

_MEMORY_FILE_SYSTEMS = ("tmpfs", "ramfs")


# Everybody's memory mounts: nothing says that a file there came from an orchestrator.
_SHARED_MOUNT_POINTS = ("/", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/run", "/run/lock", "/run/user/*")  # noqa: S108


_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of the mount table."""

    point: Path
    kind: str


def mount_table(text: str | None = None) -> list[Mount]:
    """The mounts this process sees, in the order they were made.

    Args:
        text: a mount table in the form of /proc/self/mountinfo (proc_pid_mountinfo(5)); by default that file's.

    Returns:
        The mounts; none where there is no such file.
    """
    if text is None:
        try:
            text = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return []
    mounts = []
    for line in text.split("\n"):
        fields, _, tail = line.partition(" - ")
        if fields.count(" ") >= 4:
            point = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields.split(" ")[4])
            mounts.append(Mount(Path(point), tail.split(" ")[0]))
    return mounts


def is_mount_point(file: Path) -> bool:
    """Whether a file, given by its real path, is mounted by itself, as Docker does with `--mount type=bind`."""
    return any(mount.point == file for mount in mount_table())


def is_in_private_memory(file: Path, mounts: list[Mount] | None = None) -> bool:
    """Whether a file, given by its real path, lies in a memory mount made for a purpose, as Kubernetes does."""
    over = [mount for mount in (mount_table() if mounts is None else mounts) if _holds(mount.point, file)]
    if not over:
        return False
    # The deepest mount holds the file; of two at one place, the later one covers the earlier.
    nearest = max(enumerate(over), key=lambda numbered: (len(numbered[1].point.parts), numbered[0]))[1]
    return nearest.kind in _MEMORY_FILE_SYSTEMS and not any(
        fnmatchcase(str(nearest.point), place) for place in _SHARED_MOUNT_POINTS
    )


def _holds(point: Path, file: Path) -> bool:
    return point == file or point in file.parents
