"""The ways by which text leaves the process on its own: its log, and errors that nobody caught.

One filter stands before every handler of the log, those made later included: console, file, the buffer behind
freqtrade's /logs, syslog. One boundary stands behind everything that may raise. What cannot be checked is left out.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from freqtrade_bitmex_guard.redaction import cleared

_LEFT_OUT = "(left out: it could not be checked for secrets)"
_traces = logging.Formatter()


def close() -> None:
    """Let no hidden value (`redaction.hide`) leave this process by its log or by an uncaught error. Safe to repeat."""
    if not _clears(make := logging.getLogRecordFactory()):
        # Every record comes from here before any handler sees it, whenever that handler was made.
        logging.setLogRecordFactory(_clearing(make))
    if not _clears(sys.excepthook):
        sys.excepthook = _uncaught(sys.excepthook, lambda *error: error)
    if not _clears(threading.excepthook):
        threading.excepthook = _uncaught(threading.excepthook, lambda told: told[:3])
    if not _clears(sys.unraisablehook):
        sys.unraisablehook = _uncaught(
            sys.unraisablehook,
            lambda told: (told.exc_type, told.exc_value, told.exc_traceback),
            lambda told: told.object,
        )


def _clears(hook: Callable[..., Any]) -> bool:
    return getattr(hook, "_clears", False) is True


def _clearing(make: Callable[..., logging.LogRecord]) -> Callable[..., logging.LogRecord]:
    def clearing(*what: Any, **more: Any) -> logging.LogRecord:
        record = make(*what, **more)
        try:
            _clear(record)
        except Exception:
            record.msg, record.args, record.exc_info, record.stack_info = _LEFT_OUT, (), None, None
        return record

    clearing._clears = True  # type: ignore[attr-defined]
    return clearing


def _clear(record: logging.LogRecord) -> None:
    message = record.getMessage()
    shown = cleared(message)
    if shown != message:
        record.msg, record.args = shown, ()
    if record.exc_info:
        trace = _traces.formatException(record.exc_info)
        shown = cleared(trace)
        if shown != trace:
            # Handlers that would print the error itself find none, all others this text.
            record.exc_info, record.exc_text = None, shown
    if record.stack_info:
        record.stack_info = cleared(record.stack_info)


def _uncaught(
    show: Callable[..., Any], error: Callable[..., Any], beside: Callable[..., Any] = lambda *_: ""
) -> Callable[..., None]:
    """A hook for uncaught errors that shows them as the one before it would, unless a hidden value stands in them."""

    def uncaught(*told: Any) -> None:
        try:
            text = "".join(traceback.format_exception(*error(*told)))
            shown = cleared(text)
            harmless = shown == text and cleared(about := repr(beside(*told))) == about
        except Exception:
            shown, harmless = f"An error that nobody caught {_LEFT_OUT}\n", False
        if harmless:
            show(*told)
        elif sys.stderr is not None:
            sys.stderr.write(shown)

    uncaught._clears = True  # type: ignore[attr-defined]
    return uncaught
