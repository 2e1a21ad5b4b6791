"""The two ways by which text leaves the process on its own: its log, and standard output and error.

One filter is in front of every log handler, also those made later: console, file, the buffer behind freqtrade's /logs,
syslog. The streams filter everything that is printed: errors that nobody caught, in whatever thread, warnings, a
debugger's output. What cannot be checked is left out. Child processes do the same, and no crash writes the memory out.
"""

from __future__ import annotations

import functools
import logging
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from freqtrade_bitmex_guard.redaction import children, core_dumps
from freqtrade_bitmex_guard.redaction.registry import OVERLAP, redact, register_secret

UNCHECKED_TEXT = "(left out: it could not be checked for secrets)"
MUTED_TEXT = "(left out: written while a secret was in use)"

_IS_REDACTED = "_is_redacted_by_guard"
# Fields of a record that somebody chose a name for.
_NAME_FIELDS = ("name", "threadName", "processName", "taskName")
_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", _IS_REDACTED}
_PLAIN_TYPES = (str, int, float, type(None))

_traceback_formatter = logging.Formatter()
_T = TypeVar("_T")


class _MuteState(threading.local):
    """Whether this thread is at work on something secret."""

    is_muted = False


_mute_state = _MuteState()


def install() -> None:
    """Redact whatever this process and its children log or print from now on, and forbid core dumps. Safe to repeat."""
    core_dumps.forbid()
    children.install(take_over)
    # Every record passes here, whoever made it, whichever logger took it, whenever its handler was made.
    if not hasattr(logging.Handler.handle, _IS_REDACTED):
        logging.Handler.handle = _wrap_handle(logging.Handler.handle)  # type: ignore[method-assign]
    # The last two as well: at its end the interpreter goes back to them, while destructors may still complain.
    wrapped: dict[Any, _RedactingStream] = {}
    for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, _RedactingStream):
            setattr(sys, name, wrapped.setdefault(stream, _RedactingStream(stream)))


def take_over(values: Iterable[tuple[str, str]]) -> None:
    """Register the secrets of the process that started this one, each with its replacement, and redact them."""
    for value, replacement in values:
        register_secret(value, replacement)
    install()


def muted(work: Callable[[], _T]) -> Callable[[], _T]:
    """Return the same work, of whose log records only the logger's name and the level are kept.

    A library that reads a store may log or print the value that it reads, before anybody knows what to redact. The mute
    belongs to the thread and is not lifted from outside: what an abandoned store says later is left out, too. Other
    threads, such as those of a running bot, go on.

    Args:
        work: to be run in a thread of its own.
    """
    install()

    def run_muted() -> _T:
        _mute_state.is_muted = True
        try:
            return work()
        finally:
            _mute_state.is_muted = False

    return run_muted


def _wrap_handle(handle: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(handle)
    def handle_redacted(self: logging.Handler, record: logging.LogRecord) -> Any:
        if not hasattr(record, _IS_REDACTED):
            if _mute_state.is_muted:
                _drop_content(record, MUTED_TEXT)
            try:
                _redact_record(record)
            except Exception:
                record.name = ""
                _drop_content(record, UNCHECKED_TEXT)
            setattr(record, _IS_REDACTED, True)
        # The record is safe now, so the handler may print it, for example to standard error.
        was_muted, _mute_state.is_muted = _mute_state.is_muted, False
        try:
            return handle(self, record)
        finally:
            _mute_state.is_muted = was_muted

    setattr(handle_redacted, _IS_REDACTED, True)
    return handle_redacted


def _drop_content(record: logging.LogRecord, text: str) -> None:
    record.__dict__.update(msg=text, args=(), exc_info=None, exc_text=None, stack_info=None)
    for name in set(vars(record)) - _STANDARD_FIELDS:
        delattr(record, name)


def _redact_record(record: logging.LogRecord) -> None:
    message = record.getMessage()
    if record.exc_info:
        # As a text: a handler that formats it itself may show the variables of every frame.
        trace = record.exc_text or _traceback_formatter.formatException(record.exc_info)
        record.exc_info, record.exc_text = None, redact(trace)
    elif record.exc_text:
        record.exc_text = redact(record.exc_text)
    if record.stack_info:
        record.stack_info = redact(record.stack_info)
    redacted = redact(message)
    # An argument that is not plain may render differently for each handler, so it is rendered here, once.
    if redacted != message or not isinstance(record.msg, str) or not _is_plain(record.args):
        record.msg, record.args = redacted, ()
    for name in (*_NAME_FIELDS, *(set(vars(record)) - _STANDARD_FIELDS)):
        value = vars(record).get(name)
        if isinstance(value, str):
            setattr(record, name, redact(value))
        elif not isinstance(value, _PLAIN_TYPES) and (redacted := redact(text := repr(value))) != text:
            setattr(record, name, redacted)


def _is_plain(arguments: Any) -> bool:
    """Return whether the arguments of a record are plain values without a secret."""
    if not arguments:
        return True
    if not isinstance(arguments, tuple) or any(type(argument) not in _PLAIN_TYPES for argument in arguments):
        return False
    # A message may show less of an argument than a handler that sends the arguments themselves.
    return redact(text := repr(arguments)) == text


def _muted_text(text: str) -> str:
    return f"{MUTED_TEXT}\n" if text.strip() else ""


class _RedactingStream:
    """Standard output or error without registered secrets; everything else is the stream's own."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._before = ""  # `print` writes its arguments one by one

    def __getattr__(self, name: str) -> Any:
        if name == "_stream":  # a copy that holds nothing yet
            raise AttributeError(name)
        return getattr(self._stream, name)

    def __enter__(self) -> _RedactingStream:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def write(self, text: str, left_out: str = f"{UNCHECKED_TEXT}\n") -> int:
        """Write a text without registered secrets, and return the length of the whole text."""
        try:
            redacted = _muted_text(text) if _mute_state.is_muted else redact(text, self._before)
            self._before = (self._before + text)[-OVERLAP:]
        except Exception:  # for example at the interpreter's very end, when this module's names are gone
            redacted = left_out
        self._stream.write(redacted)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)
