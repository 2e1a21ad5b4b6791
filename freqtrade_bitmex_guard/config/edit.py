"""Replaces config files: at every moment each is the whole old one or the whole new one."""

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
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.redaction.opaque import opaque, opaque_dataclass
from freqtrade_bitmex_guard.redaction.paths import sanitize_path
from freqtrade_bitmex_guard.util import atomic_file, mounts

_SUFFIX = ".guard-"


@opaque
class ConfigFile:
    """One config file as it was read.

    Attributes:
        path: the file itself; symbolic links are followed.
        raw: its bytes.
        document: its text, parsed.
    """

    def __init__(self, name: str) -> None:
        """Read a file.

        Args:
            name: its path, as freqtrade takes it.

        Raises:
            GuardError: misconfigured, if it cannot be read, or is not JSON as freqtrade reads it.
        """
        self._name = name
        try:
            self.path = Path(name).resolve(strict=True)
            self.raw = self.path.read_bytes()
            # open() would change line ends.
            self.document = JsoncDocument(self.raw.decode("utf-8"))
        except (OSError, UnicodeDecodeError, JsoncError) as problem:
            reason = (
                problem.strerror if isinstance(problem, OSError) else "it is not JSON in UTF-8 as freqtrade reads it"
            )
            fail("config-unreadable", f"{self.label} cannot be read: {reason}.", "Fix the file, then try again.")
        self._parsed = load_file(str(self.path))

    @property
    def label(self) -> str:
        """Its name for people."""
        return sanitize_path(self._name)

    def parsed(self) -> dict[str, Any]:
        """Return what freqtrade's own parser makes of it, as a copy."""
        return deepcopy(self._parsed)


def find_line(name: str, path: Sequence[str]) -> int | None:
    """Return the line of a config file in which a value is written, or None if that is not certain.

    Args:
        name: of the file.
        path: the names that lead to the value from the top.
    """
    try:
        document = ConfigFile(name).document
    except GuardError:
        return None
    nodes = document.at(*path)
    return document.line(nodes[-1]) if nodes else None  # of a name that is written twice, the last one counts


def read_config_files(names: Iterable[str]) -> list[ConfigFile]:
    """Read several config files in this order; a file with two names is read once.

    Args:
        names: their paths, as freqtrade takes them.

    Raises:
        GuardError: misconfigured, if one cannot be read.
    """
    files: dict[Path, ConfigFile] = {}
    for file in map(ConfigFile, names):
        files.setdefault(file.path, file)
    return list(files.values())


@opaque_dataclass
class FileEdit:
    """The change of one file.

    Attributes:
        file: as it was read.
        text: its new text.
        expected: what freqtrade must read from the new text; otherwise nothing is replaced.
    """

    file: ConfigFile
    text: str
    expected: dict[str, Any]


@contextmanager
def staged_replacement(edits: Sequence[FileEdit]) -> Iterator[Callable[[], None]]:
    """Write the new files beside the old ones, so that only the replacement itself can still fail.

    Args:
        edits: one for each file.

    Yields:
        A function that replaces the files, to be called at most once. It raises GuardError before it replaces the
        first one, or says which ones it has replaced.

    Raises:
        GuardError: misconfigured, before anything is replaced, if a file cannot be replaced without losing something.
    """
    staged: list[tuple[FileEdit, Path, int]] = []

    def replace() -> None:
        replaced: list[ConfigFile] = []
        for edit, _, _ in staged:
            with _os_errors_as_findings(edit.file):
                _require_unchanged(edit.file)
        for edit, new, _ in staged:
            with _os_errors_as_findings(edit.file, replaced):
                _require_unchanged(edit.file, replaced)
                os.replace(new, edit.file.path)
                replaced.append(edit.file)
                atomic_file.fsync_folder(edit.file.path.parent)

    try:
        for edit in edits:
            with _os_errors_as_findings(edit.file):
                staged.append((edit, *_stage(edit)))
        yield replace
    finally:
        for _, new, descriptor in staged:
            new.unlink(missing_ok=True)
            os.close(descriptor)


def _stage(edit: FileEdit) -> tuple[Path, int]:
    """Write the new file beside the old one, so on the same file system, with its mode, owner and attributes.

    Returns:
        Its path, and an open descriptor whose lock keeps other runs from deleting it as left behind.
    """
    file = edit.file
    state = _require_replaceable(file)
    _delete_abandoned(file)
    descriptor, name = tempfile.mkstemp(prefix=f".{file.path.name}{_SUFFIX}", dir=file.path.parent)
    new = Path(name)
    try:
        with contextlib.suppress(OSError):  # some file systems have no locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with os.fdopen(descriptor, "wb", closefd=False) as stream:
            stream.write(edit.text.encode("utf-8"))
            stream.flush()
            if (state.st_uid, state.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(stream.fileno(), state.st_uid, state.st_gid)
            shutil.copystat(file.path, new)
            os.utime(new)
            os.fsync(stream.fileno())
        # freqtrade's reading counts, not ours; repr also compares types, order and the form of numbers.
        if repr(load_file(name)) != repr(edit.expected):
            _fail_not_written(
                file, "freqtrade would read something else from it", "Please report this; nothing was changed."
            )
    except BaseException:
        new.unlink(missing_ok=True)
        os.close(descriptor)
        raise
    return new, descriptor


def _delete_abandoned(file: ConfigFile) -> None:
    """Delete what a killed run left beside a file, unless another run still holds it."""
    for path in file.path.parent.iterdir():
        if path.name.startswith(f".{file.path.name}{_SUFFIX}") and not _is_locked(path):
            path.unlink(missing_ok=True)


def _is_locked(path: Path) -> bool:
    """Return whether another run still holds a staged file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
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
    quoted = shlex.quote(str(file.path))
    if not stat.S_ISREG(state.st_mode):
        _fail_not_written(file, "it is not a regular file", "Name the file itself with -c.")
    if not state.st_mode & stat.S_IWUSR or not os.access(file.path, os.W_OK):
        _fail_not_written(file, "it is read-only", f"chmod u+w {quoted} (or run this as its owner), then try again.")
    if state.st_nlink > 1:
        _fail_not_written(
            file,
            "it has a second name (a hard link), which would keep the old content",
            f"Find it with `find / -xdev -samefile {quoted}`, delete it, then try again.",
        )
    if mounts.is_mount_point(file.path):
        _fail_not_written(file, "it is a mount of its own, as in a container", "Run this where the file itself is.")
    return state


def _require_unchanged(file: ConfigFile, replaced: Sequence[ConfigFile] = ()) -> None:
    if file.path.read_bytes() != file.raw:
        _fail_not_written(file, "it was changed in the meantime", "Run the same command again.", replaced)


@contextmanager
def _os_errors_as_findings(file: ConfigFile, replaced: Sequence[ConfigFile] = ()) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        fix = "Run this as the user who owns the file, with a folder that can be written to."
        _fail_not_written(file, f"its folder does not allow replacing it: {reason}", fix, replaced)


def _fail_not_written(file: ConfigFile, reason: str, fix: str, replaced: Sequence[ConfigFile] = ()) -> NoReturn:
    already = f" Already replaced: {', '.join(done.label for done in replaced)}." if replaced else ""
    fail("config-not-written", f"{file.label} was not changed: {reason}.{already}", fix)
