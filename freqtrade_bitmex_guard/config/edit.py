"""The files of a bot's config, and their replacement: each is its old self or its new one, whole, at every moment."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, NoReturn

from freqtrade_bitmex_guard.config.files import load_file
from freqtrade_bitmex_guard.config.jsonc import JsoncDocument, JsoncError
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.opaque import opaque, opaque_dataclass
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.util import atomic_file, mounts

_SUFFIX = ".guard-"


@opaque
class ConfigFile:
    """One config file as it was read.

    Attributes:
        path: the file itself; symbolic links are followed.
        document: its text, and where everything stands in it.
    """

    def __init__(self, name: str) -> None:
        """Read a file.

        Args:
            name: its path, as freqtrade was given it.

        Raises:
            GuardError: misconfigured, if it cannot be read, or is not JSON as freqtrade takes it.
        """
        self._name = name
        try:
            self.path = Path(name).resolve(strict=True)
            self.raw = self.path.read_bytes()
            # Line ends stay as they are, unlike with open().
            self.document = JsoncDocument(self.raw.decode("utf-8"))
        except (OSError, UnicodeDecodeError, JsoncError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else "it is not JSON in UTF-8 as freqtrade takes it"
            fail("config-unreadable", f"{self.label} cannot be read: {why}.", "Mend the file, then try again.")
        self._meaning = load_file(str(self.path))

    @property
    def label(self) -> str:
        """Its name, for a person."""
        return sanitize(self._name, 200)

    def parsed(self) -> dict[str, Any]:
        """What freqtrade's own parser makes of it; a copy."""
        return deepcopy(self._meaning)


def read_config_files(names: Iterable[str]) -> list[ConfigFile]:
    """Several config files in this order, each once, by whatever names it is known.

    Args:
        names: their paths, as freqtrade was given them.

    Raises:
        GuardError: misconfigured, if one cannot be read.
    """
    files: dict[Path, ConfigFile] = {}
    for file in map(ConfigFile, names):
        files.setdefault(file.path, file)
    return list(files.values())


@opaque_dataclass
class FileEdit:
    """What is to become of one file.

    Attributes:
        file: as it was read.
        text: its new text.
        expected: what freqtrade must read from that text; anything else, and nothing is replaced.
    """

    file: ConfigFile
    text: str
    expected: dict[str, Any]


@contextmanager
def staged_replacement(changes: Sequence[FileEdit]) -> Iterator[Callable[[], None]]:
    """Make everything ready to replace files, so that nothing is left to fail but the replacement itself.

    Args:
        changes: one for each file.

    Yields:
        What replaces them, to be called once or not at all. The new files lie ready beside the old ones until then. It
        raises GuardError before it replaces the first one, or tells which ones it has replaced.

    Raises:
        GuardError: misconfigured, before anything is replaced, if a file cannot be replaced without losing something.
    """
    ready: list[tuple[FileEdit, Path, int]] = []

    def replace() -> None:
        replaced: list[ConfigFile] = []
        for change, _, _ in ready:
            with _os_errors_as_findings(change.file):
                _require_unchanged(change.file)
        for change, new, _ in ready:
            with _os_errors_as_findings(change.file, replaced):
                _require_unchanged(change.file, replaced)
                os.replace(new, change.file.path)
                replaced.append(change.file)
                atomic_file.fsync_folder(change.file.path.parent)

    try:
        for change in changes:
            with _os_errors_as_findings(change.file):
                ready.append((change, *_stage(change)))
        yield replace
    finally:
        for _, new, held in ready:
            new.unlink(missing_ok=True)
            os.close(held)


def _stage(change: FileEdit) -> tuple[Path, int]:
    """A finished new file beside the old one, so on the same file system, with its mode, owner and attributes.

    Returns:
        Its path, and a descriptor that holds it, for as long as no other run may take it for left behind.
    """
    file = change.file
    state = _require_replaceable(file)
    # What a run that was killed left here, and no other run can still need.
    for left in file.path.parent.iterdir():
        if left.name.startswith(f".{file.path.name}{_SUFFIX}") and not _is_locked(left):
            left.unlink(missing_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{file.path.name}{_SUFFIX}", dir=file.path.parent)
    new = Path(name)
    try:
        with contextlib.suppress(OSError):  # not every file system knows it
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with os.fdopen(descriptor, "wb", closefd=False) as stream:
            stream.write(change.text.encode("utf-8"))
            stream.flush()
            if (state.st_uid, state.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(stream.fileno(), state.st_uid, state.st_gid)
            shutil.copystat(file.path, new)
            os.utime(new)
            os.fsync(stream.fileno())
        # The text that decides, and not our idea of it: as types, order and numbers are written, too.
        if repr(load_file(name)) != repr(change.expected):
            _fail_not_written(
                file, "freqtrade would not read from it what it should", "Report it; nothing was changed."
            )
    except BaseException:
        new.unlink(missing_ok=True)
        os.close(descriptor)
        raise
    return new, descriptor


def _is_locked(left: Path) -> bool:
    """Whether another run still needs what it has made ready."""
    try:
        descriptor = os.open(left, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _require_replaceable(file: ConfigFile) -> os.stat_result:
    state = file.path.stat()
    where = shlex.quote(str(file.path))
    if not stat.S_ISREG(state.st_mode):
        _fail_not_written(file, "it is not a regular file", "Name the file itself with -c.")
    if not state.st_mode & stat.S_IWUSR or not os.access(file.path, os.W_OK):
        _fail_not_written(file, "it is read-only", f"chmod u+w {where} (or run this as its owner), then try again.")
    if state.st_nlink > 1:
        _fail_not_written(
            file,
            "it has a second name (a hard link), which would keep the old content",
            f"Find it with `find / -xdev -samefile {where}`, delete it, then try again.",
        )
    if mounts.is_mount_point(file.path):
        _fail_not_written(file, "it is mounted by itself, as into a container", "Run this where the file really lies.")
    return state


def _require_unchanged(file: ConfigFile, replaced: Sequence[ConfigFile] = ()) -> None:
    if file.path.read_bytes() != file.raw:
        _fail_not_written(file, "it was changed meanwhile", "Run the same command again.", replaced)


@contextmanager
def _os_errors_as_findings(file: ConfigFile, replaced: Sequence[ConfigFile] = ()) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        fix = "Run this as the user who owns the file, with a folder that can be written to."
        _fail_not_written(file, f"its folder does not let a new file take its place: {reason}", fix, replaced)


def _fail_not_written(file: ConfigFile, why: str, fix: str, replaced: Sequence[ConfigFile] = ()) -> NoReturn:
    already = f" Already replaced: {', '.join(each.label for each in replaced)}." if replaced else ""
    fail("config-not-written", f"{file.label} was left as it was: {why}.{already}", fix)
