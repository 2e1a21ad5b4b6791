"""Signs of life to systemd while the guard keeps freqtrade from sending its own (sd_notify(3))."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

import sdnotify

_T = TypeVar("_T")

_INTERVAL_SECONDS = 10.0

_EXTENSION_SECONDS = 60


@contextlib.contextmanager
def keep_alive(limit_seconds: float) -> Iterator[None]:
    """Tell systemd, if it listens, that the process lives and needs more time.

    Args:
        limit_seconds: how long what is inside may take; after that it hangs, and systemd may act.
    """
    if not os.environ.get("NOTIFY_SOCKET"):
        yield
        return
    ended = threading.Event()
    arguments = (ended, limit_seconds)
    thread = threading.Thread(target=_notify, args=arguments, name="freqtrade-bitmex-guard-systemd", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(1)


def kept_alive(work: Callable[[], _T], limit_seconds: float) -> Callable[[], _T]:
    """Return the same work, during which systemd gets signs of life; see `keep_alive`."""

    @functools.wraps(work)
    def run() -> _T:
        with keep_alive(limit_seconds):
            return work()

    return run


def _notify(ended: threading.Event, limit_seconds: float) -> None:
    notifier = sdnotify.SystemdNotifier()  # which raises nothing, and sends nothing where nobody listens
    if notifier.socket is not None:
        notifier.socket.setblocking(False)  # a systemd that does not read holds nobody up
    interval = _interval()
    for _ in range(int(limit_seconds / interval) + 1):
        notifier.notify(f"WATCHDOG=1\nEXTEND_TIMEOUT_USEC={_EXTENSION_SECONDS * 1_000_000}")
        if ended.wait(interval):
            break
    if notifier.socket is not None:
        notifier.socket.close()


def _interval() -> float:
    """Return the seconds between two signs: half of what the unit's WatchdogSec allows, or less."""
    allowed = os.environ.get("WATCHDOG_USEC", "")
    microseconds = int(allowed) if allowed.isascii() and allowed.isdigit() and len(allowed) < 16 else 0
    return min(_INTERVAL_SECONDS, microseconds / 2_000_000) or _INTERVAL_SECONDS
