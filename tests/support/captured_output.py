"""Takes down what the processes that tests start print and are told, and what tests read of their own output.

`leaks` searches it. It is heard where it is read: a pipe that nobody reads says nothing.
"""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pexpect
import pytest

_heard: dict[_Ear, list[str | bytes]] = {}


class _Ear:
    """Takes down what one source brings out, in order."""

    def __init__(self, place: str, *parts: str | bytes | None) -> None:
        self.place = place
        self.write(*parts)

    def write(self, *parts: str | bytes | None) -> None:
        _heard.setdefault(self, []).extend(part for part in parts if part)

    def flush(self) -> None:
        """As pexpect asks of a log."""


class _Pipe(io.FileIO):
    """The end of a pipe that takes down what is read from it."""

    def __init__(self, end: Any) -> None:
        super().__init__(os.dup(end.fileno()))
        self._ear = _Ear("a pipe")
        end.close()

    def read(self, size: int | None = -1, /) -> Any:
        part = super().read(-1 if size is None else size)
        self._ear.write(part)
        return part

    def readall(self) -> Any:
        return self.read()

    def readinto(self, buffer: Any, /) -> Any:
        count = super().readinto(buffer)
        self._ear.write(bytes(memoryview(buffer)[: count or 0]))
        return count


def _overheard(end: Any) -> Any:
    if isinstance(end, io.TextIOWrapper):
        return io.TextIOWrapper(_overheard(end.buffer), encoding=end.encoding, errors=end.errors)
    return _Pipe(end) if isinstance(end, io.FileIO) else io.BufferedReader(_Pipe(end))


def listen() -> None:
    """Begin, for good."""
    _to_processes()
    _to_terminals()
    _to_the_tests_own_output()


def _to_processes() -> None:
    start, communicate = subprocess.Popen.__init__, subprocess.Popen.communicate

    def started(self: Any, args: Any, *what: Any, **more: Any) -> None:
        words = [args] if isinstance(args, (str, bytes, os.PathLike)) else args
        _Ear("arguments", b"\n".join(map(os.fsencode, words)))
        start(self, args, *what, **more)
        for name in ("stdout", "stderr"):
            if (end := getattr(self, name)) is not None:
                setattr(self, name, _overheard(end))

    def communicated(self: Any, *what: Any, **more: Any) -> Any:
        printed: Any = ()
        try:
            printed = communicate(self, *what, **more)
        except subprocess.TimeoutExpired as late:
            printed = late.output, late.stderr
            raise
        finally:
            for each in printed:
                _Ear("a process", each)
        return printed

    subprocess.Popen.__init__ = started  # type: ignore[method-assign]
    subprocess.Popen.communicate = communicated  # type: ignore[method-assign]


def _to_terminals() -> None:
    spawn = pexpect.spawn.__init__

    def spawned(self: Any, command: Any, args: Any = (), *what: Any, **more: Any) -> None:
        _Ear("arguments", "\n".join(map(str, (command, *args))))
        spawn(self, command, list(args), *what, **more)
        self.logfile_read = _Ear("a terminal")

    pexpect.spawn.__init__ = spawned


def _to_the_tests_own_output() -> None:
    read = pytest.CaptureFixture.readouterr

    def captured(self: Any) -> Any:
        printed = read(self)
        for each in printed:
            _Ear("output that it read", each)
        return printed

    pytest.CaptureFixture.readouterr = captured  # type: ignore[method-assign]


def forget() -> None:
    """Leave out what was heard so far: a test has run a program that shows secrets, and it is not ours."""
    _heard.clear()


def taken_down() -> Iterator[tuple[str, bytes]]:
    """Each source and what it brought out since this was last asked."""
    while _heard:
        ear, parts = _heard.popitem()
        yield ear.place, b"".join(part.encode("utf-8", "replace") if isinstance(part, str) else part for part in parts)
