"""Work that must not take longer than it may."""

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
    """Started, it interrupts the main thread a moment later, wherever that waits."""
    return threading.Timer(0.3, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT])


def test_ctrl_c_cuts_work_that_hangs(ctrl_c: threading.Timer) -> None:
    cut = threading.Event()
    ctrl_c.start()
    with pytest.raises(KeyboardInterrupt):
        deadline.run_with_timeout(lambda: cut.wait(30), 30, cut.set)
    assert cut.is_set()


class Slow:
    def __init__(self) -> None:
        self.cancelled = threading.Event()

    def load(self, fields: object) -> Credentials:
        raise AssertionError

    def cancel(self) -> None:
        self.cancelled.set()


def test_ctrl_c_while_a_store_is_being_changed_says_that_both_keys_may_be_in_it(ctrl_c: threading.Timer) -> None:
    store = Slow()
    ctrl_c.start()
    with pytest.raises(GuardError, match="store-not-written.*You interrupted"):
        access.with_timeout(store, lambda: store.cancelled.wait(30), writes=True)
    assert store.cancelled.is_set()


def test_ctrl_c_while_a_store_is_being_read_stays_one(ctrl_c: threading.Timer) -> None:
    store = Slow()
    ctrl_c.start()
    with pytest.raises(KeyboardInterrupt):
        access.with_timeout(store, lambda: store.cancelled.wait(30))
    assert store.cancelled.is_set()
