"""Records the arguments and the output of processes that tests start, and what tests read of their own output.

`leak_search` searches the records. Output is recorded where it is read, so a pipe that nobody reads leaves no record.
"""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pexpect
import pytest

_records: dict[_Recorder, list[str | bytes]] = {}


class _Recorder:
    """Records the output of one source, in order."""

    def __init__(self, place: str, *parts: str | bytes | None) -> None:
        self.place = place
        self.write(*parts)

    def write(self, *parts: str | bytes | None) -> None:
        _records.setdefault(self, []).extend(part for part in parts if part)

    def flush(self) -> None:
        """Do nothing; pexpect expects the method."""


class _Pipe(io.FileIO):
    """The end of a pipe; it records what is read from it."""

    def __init__(self, end: Any) -> None:
        super().__init__(os.dup(end.fileno()))
        self._recorder = _Recorder("a pipe")
        end.close()

    def read(self, size: int | None = -1, /) -> Any:
        part = super().read(-1 if size is None else size)
        self._recorder.write(part)
        return part

    def readall(self) -> Any:
        return self.read()

    def readinto(self, buffer: Any, /) -> Any:
        count = super().readinto(buffer)
        self._recorder.write(bytes(memoryview(buffer)[: count or 0]))
        return count


def _recording_pipe(end: Any) -> Any:
    if isinstance(end, io.TextIOWrapper):
        return io.TextIOWrapper(_recording_pipe(end.buffer), encoding=end.encoding, errors=end.errors)
    return _Pipe(end) if isinstance(end, io.FileIO) else io.BufferedReader(_Pipe(end))


def install() -> None:
    """Record from now on until the process ends."""
    _record_processes()
    _record_terminals()
    _record_captured_output()


def _record_processes() -> None:
    start, communicate = subprocess.Popen.__init__, subprocess.Popen.communicate

    def started(self: Any, args: Any, *what: Any, **more: Any) -> None:
        words = [args] if isinstance(args, (str, bytes, os.PathLike)) else args
        _Recorder("arguments", b"\n".join(map(os.fsencode, words)))
        start(self, args, *what, **more)
        for name in ("stdout", "stderr"):
            if (end := getattr(self, name)) is not None:
                setattr(self, name, _recording_pipe(end))

    def communicated(self: Any, *what: Any, **more: Any) -> Any:
        printed: Any = ()
        try:
            printed = communicate(self, *what, **more)
        except subprocess.TimeoutExpired as late:
            printed = late.output, late.stderr
            raise
        finally:
            for each in printed:
                _Recorder("a process", each)
        return printed

    subprocess.Popen.__init__ = started  # type: ignore[method-assign]
    subprocess.Popen.communicate = communicated  # type: ignore[method-assign]


def _record_terminals() -> None:
    spawn = pexpect.spawn.__init__

    def spawned(self: Any, command: Any, args: Any = (), *what: Any, **more: Any) -> None:
        _Recorder("arguments", "\n".join(map(str, (command, *args))))
        spawn(self, command, list(args), *what, **more)
        self.logfile_read = _Recorder("a terminal")

    pexpect.spawn.__init__ = spawned


def _record_captured_output() -> None:
    read = pytest.CaptureFixture.readouterr

    def captured(self: Any) -> Any:
        printed = read(self)
        for each in printed:
            _Recorder("output that it read", each)
        return printed

    pytest.CaptureFixture.readouterr = captured  # type: ignore[method-assign]


def discard() -> None:
    """Discard the records so far, for a test that has run somebody else's program that shows secrets."""
    _records.clear()


def drain() -> Iterator[tuple[str, bytes]]:
    """Yield each source and its output since the last call."""
    while _records:
        recorder, parts = _records.popitem()
        yield (
            recorder.place,
            b"".join(part.encode("utf-8", "replace") if isinstance(part, str) else part for part in parts),
        )
