"""The record: one line for each order, cancel and leverage change, before it leaves; chained by hash.

A line holds the hash of the line before it, so none can be changed, removed or added without breaking the chain. That
proves something only if the head is known elsewhere: it is given to the journal.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.registry import redact

GENESIS = "0" * 64
_NAME = re.compile(r"record-\d{4}-\d\d-\d\d\.jsonl")
_MAX_LINE_BYTES = 200_000


class RecordError(Exception):
    """A line could not be written, so nothing that opens a position may leave."""


def hash_of(previous: str, entry: Mapping[str, Any]) -> str:
    """Return the hash of a line.

    Args:
        previous: the hash of the line before it.
        entry: everything in it but both hashes.
    """
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


class Record:
    """The record of one agent: one file a day in a folder of its own.

    Attributes:
        head: the hash of the newest line.
        count: how many lines this process has written.
    """

    def __init__(self, folder: Path) -> None:
        """Open the newest file, and verify it.

        Args:
            folder: is made if only it is missing.

        Raises:
            GuardError: misconfigured, if the folder cannot be written, another agent has it, or the newest file's
                chain is broken.
        """
        self._folder = folder
        self.count = 0
        self._handle: int | None = None
        self._day = ""
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            self._lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fail("agent-setup", "Another agent writes this record.", "One agent is for one key and one bot: stop one.")
        except OSError as problem:
            reason = problem.strerror or type(problem).__name__
            fail(
                "agent-setup",
                f"The record's folder cannot be written: {reason}.",
                "Name a folder of the agent's own in agent.record.",
            )
        files = record_files(folder)
        if files:
            _drop_torn_line(files[-1])
        self.head = verify_file(files[-1])[1] if files else GENESIS

    def append(self, entry: Mapping[str, Any], *, durable: bool) -> None:
        """Write one line.

        Args:
            entry: what happened; it holds no secret.
            durable: whether it must be on the disk before this returns.

        Raises:
            RecordError: if it could not be written; then the file is as it was.
        """
        now = datetime.now(UTC)
        entry = {"time": now.isoformat(timespec="milliseconds"), **entry}
        digest = hash_of(self.head, entry)
        line = json.dumps({**entry, "previous": self.head, "hash": digest}, separators=(",", ":")) + "\n"
        try:
            handle = self._open(f"{now:%Y-%m-%d}")
            size = os.fstat(handle).st_size
            try:
                is_whole = os.write(handle, line.encode()) == len(line.encode())
                if durable and is_whole:
                    os.fdatasync(handle)
            except OSError:
                is_whole = False
            if not is_whole:
                os.ftruncate(handle, size)
        except OSError as problem:
            raise RecordError(type(problem).__name__) from None
        if not is_whole:
            raise RecordError("the disk is full or failed")
        self.head = digest
        self.count += 1

    def since(self, seconds: float) -> Iterator[dict[str, Any]]:
        """Yield the entries of the last so many seconds, the oldest first, to count budgets again after a crash."""
        begin = datetime.now(UTC) - timedelta(seconds=seconds)
        for file in record_files(self._folder):
            if file.name >= f"record-{begin:%Y-%m-%d}.jsonl":
                yield from (entry for entry in read_entries(file) if datetime.fromisoformat(entry["time"]) >= begin)

    def close(self) -> None:
        """Close the file and give the folder free."""
        for handle in (self._handle, self._lock):
            if handle is not None:
                os.close(handle)
        self._handle = None

    def _open(self, day: str) -> int:
        if self._handle is None or day != self._day:
            if self._handle is not None:
                os.close(self._handle)
                self._handle = None
            path = self._folder / f"record-{day}.jsonl"
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            self._handle = os.open(path, flags, 0o600)
            self._day = day
        return self._handle


def safe_params(params: Mapping[str, Any], limit: int = 2000) -> Any:
    """Return parameters as they may be recorded: whole if they are short and hold no secret, else cut."""
    text = json.dumps(params, separators=(",", ":"), default=str)
    redacted = redact(text[:10_000])
    if redacted == text and len(text) <= limit:
        return dict(params)
    return redacted[:limit]


def record_files(folder: Path) -> list[Path]:
    """Return the files of a record, the oldest first."""
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def read_entries(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file as objects.

    Raises:
        GuardError: misconfigured, if a line is none.
    """
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            entry: Any = None
            with contextlib.suppress(ValueError):
                entry = json.loads(line) if len(line) <= _MAX_LINE_BYTES else None
            if not isinstance(entry, dict) or not isinstance(entry.get("time"), str):
                _fail_damaged(file, number, "is not a line of a record")
            yield entry


def verify_file(file: Path) -> tuple[list[dict[str, Any]], str]:
    """Hold the chain of one file against itself, and against the file before it.

    Returns:
        Its entries, and the hash of its last line.

    Raises:
        GuardError: misconfigured, if the chain is broken.
    """
    earlier = [path for path in record_files(file.parent) if path.name < file.name]
    entries: list[dict[str, Any]] = []
    head = _last_hash(earlier[-1]) if earlier else None
    for number, entry in enumerate(read_entries(file), 1):
        content = {name: value for name, value in entry.items() if name not in ("previous", "hash")}
        previous = entry.get("previous")
        if not isinstance(previous, str) or (head is not None and previous != head):
            _fail_damaged(file, number, "does not follow the line before it")
        if entry.get("hash") != hash_of(previous, content):
            _fail_damaged(file, number, "was changed")
        head = entry["hash"]
        entries.append(entry)
    return entries, head or GENESIS


def _last_hash(file: Path) -> str:
    entries = list(read_entries(file))
    return str(entries[-1].get("hash")) if entries else GENESIS


def _drop_torn_line(file: Path) -> None:
    """Drop a last line that was not written to its end: what it is about never left, because it is written first."""
    content = file.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        with file.open("r+b") as stream:
            stream.truncate(whole)


def _fail_damaged(file: Path, number: int, problem: str) -> NoReturn:
    fail(
        "record-damaged",
        f"Line {number} of {file.name} {problem}: somebody or something has changed the record.",
        "Compare the account's orders with the record. Then move the file away, and start the agent again.",
    )


class Throttle:
    """How many of something are recorded one by one in a minute; the rest is only counted.

    Attributes:
        uncounted: how many were not recorded one by one since the last `take`.
    """

    def __init__(self, per_minute: int) -> None:
        """Begin.

        Args:
            per_minute: how many are recorded one by one.
        """
        self._per_minute = per_minute
        self._minute = 0
        self._seen = 0
        self.uncounted = 0

    def admits(self) -> bool:
        """Return whether one more is recorded by itself."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._seen = minute, 0
        self._seen += 1
        if self._seen > self._per_minute:
            self.uncounted += 1
            return False
        return True

    def take(self) -> int:
        """Return how many were only counted, and begin anew."""
        count, self.uncounted = self.uncounted, 0
        return count
