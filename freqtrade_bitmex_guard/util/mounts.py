"""The mount table of Linux; on other systems it is empty."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

_MEMORY_FILE_SYSTEMS = ("tmpfs", "ramfs")
# Memory mounts that everybody uses: a file there need not come from an orchestrator.
_SHARED_MOUNT_POINTS = ("/", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/run", "/run/lock", "/run/user/*")  # noqa: S108
# Drives of Windows, of a virtual machine's host and of some servers.
_WITHOUT_MODES = (
    "9p",
    "drvfs",
    "wslfs",
    "vfat",
    "msdos",
    "exfat",
    "ntfs",
    "fuseblk",
    "cifs",
    "smb",
    "vboxsf",
    "fuse.vmhgfs",
    "fuse.grpcfuse",
    "fakeowner",
    "prl_fs",
)
_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of the mount table.

    Attributes:
        point: where it is mounted.
        kind: the file system's.
        is_read_only: whether nothing can be written through this mount.
    """

    point: Path
    kind: str
    is_read_only: bool = False


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
            is_read_only = "ro" in fields.split(" ")[5].split(",") if fields.count(" ") >= 5 else False
            mounts.append(Mount(Path(point), tail.split(" ")[0], is_read_only))
    return mounts


def is_mount_point(file: Path) -> bool:
    """Return whether a file, given by its real path, is a mount of its own, as of Docker's `--mount type=bind`."""
    return any(mount.point == file for mount in mount_table())


def is_in_private_memory(file: Path, mounts: list[Mount] | None = None) -> bool:
    """Return whether a file, given by its real path, is in a memory mount made for it, as Kubernetes makes them."""
    mount = mount_of(file, mounts)
    if mount is None or mount.kind not in _MEMORY_FILE_SYSTEMS or is_shared_mount(mount):
        return False
    return mount.is_read_only or not _is_writable_by_all(mount.point)


def mount_of(file: Path, mounts: list[Mount] | None = None) -> Mount | None:
    """Return the mount that holds a file, given by its real path, or None if that is not known."""
    covering = [mount for mount in (mount_table() if mounts is None else mounts) if _holds(mount.point, file)]
    # The deepest mount holds the file; of two at the same point, the later one covers the earlier.
    numbered = max(enumerate(covering), key=lambda each: (len(each[1].point.parts), each[0]), default=None)
    return numbered[1] if numbered else None


def is_shared_mount(mount: Mount) -> bool:
    """Return whether everybody on a machine uses a mount, so that a file there need not come from an orchestrator."""
    return any(fnmatchcase(str(mount.point), pattern) for pattern in _SHARED_MOUNT_POINTS)


def keeps_modes(file: Path) -> bool:
    """Return whether the file system of a file, given by its real path, keeps its mode, so that chmod has an effect."""
    mount = mount_of(file)
    return mount is None or not mount.kind.startswith(_WITHOUT_MODES)


def _is_writable_by_all(folder: Path) -> bool:
    try:
        return bool(folder.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return True


def _holds(point: Path, file: Path) -> bool:
    return point == file or point in file.parents
