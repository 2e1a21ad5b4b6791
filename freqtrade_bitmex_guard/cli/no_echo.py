"""A dialogue's terminal: nothing that is typed too early is shown, and no signal leaves it or a file half done."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def disabled_echo() -> Iterator[None]:
    """Show nothing that is typed, unless a prompt shows it; without a terminal, only heed signals.

    SIGTERM and SIGHUP end what is inside like Ctrl-C, so that temporary files are removed and the echo comes back.
    """
    with _signals_as_interrupts(), _silent_terminal():
        yield


@contextmanager
def _silent_terminal() -> Iterator[None]:
    try:
        import termios  # noqa: PLC0415 - there is none on Windows

        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        silent = termios.tcgetattr(terminal)
        silent[3] &= ~termios.ECHO
        termios.tcsetattr(terminal, termios.TCSANOW, silent)
    except Exception:  # no terminal, or none that can be asked
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(Exception):
            termios.tcsetattr(terminal, termios.TCSANOW, before)


@contextmanager
def _signals_as_interrupts() -> Iterator[None]:
    before = {}
    with contextlib.suppress(ValueError):  # not in the main thread, which alone gets signals
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            # What whoever started this has ignored, as nohup does, stays ignored.
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
