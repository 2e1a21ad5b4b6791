"""The mount table of Linux; on other systems it is empty."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

_MEMORY_FILE_SYSTEMS = ("tmpfs", "ramfs")
# Memory mounts that everybody uses: a file there need not come from an orchestrator.
_SHARED_MOUNT_POINTS = ("/", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/run", "/run/lock", "/run/user/*")  # noqa: S108
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of the mount table."""

    point: Path
    kind: str


def mount_table(text: str | None = None) -> list[Mount]:
    """Return the mounts that this process sees, in the order in which they were made.

    Args:
        text: a mount table in the form of /proc/self/mountinfo (proc_pid_mountinfo(5)); by default that file's.

    Returns:
        The mounts; none on a system without that file.
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
    """Return whether a file, given by its real path, is a mount of its own, as of Docker's `--mount type=bind`."""
    return any(mount.point == file for mount in mount_table())


def is_in_private_memory(file: Path, mounts: list[Mount] | None = None) -> bool:
    """Return whether a file, given by its real path, is in a memory mount made for it, as Kubernetes makes them."""
    covering = [mount for mount in (mount_table() if mounts is None else mounts) if _holds(mount.point, file)]
    if not covering:
        return False
    # The deepest mount holds the file; of two at the same point, the later one covers the earlier.
    nearest = max(enumerate(covering), key=lambda numbered: (len(numbered[1].point.parts), numbered[0]))[1]
    return nearest.kind in _MEMORY_FILE_SYSTEMS and not any(
        fnmatchcase(str(nearest.point), pattern) for pattern in _SHARED_MOUNT_POINTS
    )


def _holds(point: Path, file: Path) -> bool:
    return point == file or point in file.parents
