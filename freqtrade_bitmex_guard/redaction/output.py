"""The ways by which text leaves the process on its own: its log, and its standard output and error.

One filter stands before every handler of the log, those made later included: console, file, the buffer behind
freqtrade's /logs, syslog. One boundary stands behind everything that prints: errors that nobody caught, in whatever
thread, warnings, a debugger's habit. What cannot be checked is left out.
"""

from __future__ import annotations

import functools
import logging
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from freqtrade_bitmex_guard.redaction.registry import OVERLAP, redact

UNCHECKED_TEXT = "(left out: it could not be checked for secrets)"


MUTED_TEXT = "(left out: it was said while something secret was at work)"


_IS_REDACTED = "_cleared_of_secrets"


# What a record says of its origin that somebody chose a name for.
_NAME_FIELDS = ("name", "threadName", "processName", "taskName")


_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", _IS_REDACTED}


_PLAIN_TYPES = (str, int, float, type(None))


_traceback_formatter = logging.Formatter()


_T = TypeVar("_T")


class _MuteState(threading.local):
    """Whether this thread is at work on something secret."""

    now = False


_mute_state = _MuteState()


def install() -> None:
    """Let no hidden value (`redaction.hide`) leave this process by its log or what it prints. Safe to repeat."""
    # Every record passes here, whoever made it, by way of which logger, and whenever its handler was made.
    if not hasattr(logging.Handler.handle, _IS_REDACTED):
        logging.Handler.handle = _wrap_handle(logging.Handler.handle)  # type: ignore[method-assign]
    # The last two, too: the interpreter goes back to them at its end, when destructors still complain.
    made: dict[Any, _RedactingStream] = {}
    for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, _RedactingStream):
            setattr(sys, name, made.setdefault(stream, _RedactingStream(stream)))


def muted(work: Callable[[], _T]) -> Callable[[], _T]:
    """The same work; what its thread logs until its end says who logged it and how grave it is, no more.

    A library that reads a store may log or print the value that it reads, before anybody knows what to hide. The mark
    is the thread's own and not taken back from outside: what a store that was given up says later is left out as well.
    Other threads, such as those of a bot that runs, go on.

    Args:
        work: to be run in a thread of its own.
    """
    install()

    def quiet() -> _T:
        _mute_state.now = True
        try:
            return work()
        finally:
            _mute_state.now = False

    return quiet


def _wrap_handle(handle: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(handle)
    def clearing(self: logging.Handler, record: logging.LogRecord) -> Any:
        if not hasattr(record, _IS_REDACTED):
            if _mute_state.now:
                _drop_content(record, MUTED_TEXT)
            try:
                _redact_record(record)
            except Exception:
                record.name = ""
                _drop_content(record, UNCHECKED_TEXT)
            setattr(record, _IS_REDACTED, True)
        # What the handler writes of it now holds no more than that, though it may write to standard error.
        quiet, _mute_state.now = _mute_state.now, False
        try:
            return handle(self, record)
        finally:
            _mute_state.now = quiet

    setattr(clearing, _IS_REDACTED, True)
    return clearing


def _drop_content(record: logging.LogRecord, why: str) -> None:
    record.__dict__.update(msg=why, args=(), exc_info=None, exc_text=None, stack_info=None)
    for name in set(vars(record)) - _STANDARD_FIELDS:
        delattr(record, name)


def _redact_record(record: logging.LogRecord) -> None:
    message = record.getMessage()
    if record.exc_info:
        # As a text: a handler that draws it itself may draw the variables of every frame beside it.
        trace = record.exc_text or _traceback_formatter.formatException(record.exc_info)
        record.exc_info, record.exc_text = None, redact(trace)
    elif record.exc_text:
        record.exc_text = redact(record.exc_text)
    if record.stack_info:
        record.stack_info = redact(record.stack_info)
    shown = redact(message)
    # What may say something else by the time a handler asks it is asked now, once.
    if shown != message or not isinstance(record.msg, str) or not _is_plain(record.args):
        record.msg, record.args = shown, ()
    for name in (*_NAME_FIELDS, *(set(vars(record)) - _STANDARD_FIELDS)):
        value = vars(record).get(name)
        if isinstance(value, str):
            setattr(record, name, redact(value))
        elif not isinstance(value, _PLAIN_TYPES) and (shown := redact(told := repr(value))) != told:
            setattr(record, name, shown)


def _is_plain(arguments: Any) -> bool:
    if not arguments:
        return True
    if not isinstance(arguments, tuple) or any(type(each) not in _PLAIN_TYPES for each in arguments):
        return False
    # A message may show less of one than a handler that sends the arguments themselves.
    return redact(told := repr(arguments)) == told


def _muted_text(text: str) -> str:
    return f"{MUTED_TEXT}\n" if text.strip() else ""


class _RedactingStream:
    """Standard output or error, without hidden values; all else is as the stream itself has it."""

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
        """Write a text cleared of hidden values; says that all of it was written."""
        try:
            shown = _muted_text(text) if _mute_state.now else redact(text, self._before)
            self._before = (self._before + text)[-OVERLAP:]
        except Exception:  # at the interpreter's very end, when this module's names are gone, for example
            shown = left_out
        self._stream.write(shown)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several."""
        for line in lines:
            self.write(line)
