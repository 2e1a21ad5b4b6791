"""Work with a time limit, and what Ctrl-C does to it."""

from __future__ import annotations

import signal
import threading

import pytest

from freqtrade_bitmex_guard.credentials import access
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.util import deadline


@pytest.fixture
def ctrl_c() -> threading.Timer:
    """Return a timer that interrupts the main thread, wherever it waits."""
    return threading.Timer(0.3, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])


def test_ctrl_c_ends_work_that_hangs(ctrl_c: threading.Timer) -> None:
    ended = threading.Event()
    ctrl_c.start()
    with pytest.raises(KeyboardInterrupt):
        deadline.run_with_timeout(lambda: ended.wait(30), 30, ended.set)
    assert ended.is_set()


class Slow:
    def __init__(self) -> None:
        self.cancelled = threading.Event()

    def load(self, fields: object) -> Credentials:
        raise AssertionError

    def cancel(self) -> None:
        self.cancelled.set()


def test_ctrl_c_during_a_write_says_that_both_keys_may_be_stored(ctrl_c: threading.Timer) -> None:
    store = Slow()
    ctrl_c.start()
    with pytest.raises(GuardError, match="store-not-written.*You interrupted"):
        access.with_timeout(store, lambda: store.cancelled.wait(30), writes=True)
    assert store.cancelled.is_set()


def test_ctrl_c_during_a_read_is_not_swallowed(ctrl_c: threading.Timer) -> None:
    store = Slow()
    ctrl_c.start()
    with pytest.raises(KeyboardInterrupt):
        access.with_timeout(store, lambda: store.cancelled.wait(30))
    assert store.cancelled.is_set()
