"""What is typed while Python still loads is not shown: it may be a secret that was pasted too early."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def disabled_echo() -> Iterator[None]:
    """Show nothing that is typed, unless a prompt shows it; without a terminal, do nothing."""
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
