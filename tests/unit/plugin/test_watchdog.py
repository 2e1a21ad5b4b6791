"""Systemd hears from the process while the guard works: a real notify socket, and an exchange that hangs."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sdnotify

from freqtrade_bitmex_guard.plugin import entries, loop_hook, start_guard
from freqtrade_bitmex_guard.plugin.bot_hook import wrap_init, wrap_init_ccxt
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard, StartRefused
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.responses import Hang
from freqtrade_bitmex_guard.util import systemd
from tests.support.factories import bot_config
from tests.unit.plugin.bot_class import BotClass

Heard = Callable[[], list[str]]


@pytest.fixture
def systemd_hears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """Everything that systemd heard, with a watchdog of one second."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "1000000")

        def heard() -> list[str]:
            messages = []
            while True:
                try:
                    messages.append(listening.recv(4096).decode())
                except BlockingIOError:
                    return messages

        yield heard


def assert_alive(messages: list[str], seconds: float) -> None:
    assert len(messages) >= seconds / 0.5 - 1
    for message in messages:
        assert "WATCHDOG=1" in message.splitlines()
        assert "EXTEND_TIMEOUT_USEC=60000000" in message.splitlines()
    assert "freqtrade-bitmex-guard-systemd" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("method", ["admit", "precheck"])
def test_a_check_that_hangs_is_no_silence(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard, systemd_hears: Heard, method: str
) -> None:
    exchange.respond_always("/apiKey", Hang())
    with pytest.raises(StartRefused, match="timed-out"):
        getattr(guard, method)(bot_config(tmp_path, exchange, timeout_seconds=2))
    assert_alive(systemd_hears(), 2)


def test_waiting_for_the_exchange_is_no_silence(
    tmp_path: Path,
    exchange: SimulatedBitMEX,
    guard: StartGuard,
    systemd_hears: Heard,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(start_guard, "_FIRST_WAIT_SECONDS", 3.0)
    exchange.respond_next("/apiKey", error(503, "down for maintenance"), error(503, "down for maintenance"))
    guard.wait_seconds = 60.0
    assert guard.admit(bot_config(tmp_path, exchange, timeout_seconds=1)) is not None
    assert_alive(systemd_hears(), 3)


def test_a_recheck_that_hangs_is_no_silence(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard, module: Any, systemd_hears: Heard
) -> None:
    from freqtrade.exchange import Exchange

    Exchange._init_ccxt = wrap_init_ccxt(Exchange._init_ccxt, guard)  # the fixture takes it back
    build = wrap_init(BotClass.__init__, guard)
    bot: Any = object.__new__(module.FreqtradeBot)
    build(bot, bot_config(tmp_path, exchange, timeout_seconds=2))
    monitor = bot.__dict__[loop_hook.MONITOR_ATTRIBUTE]
    systemd_hears()
    exchange.respond_always("/apiKey", Hang())
    monitor.poll_soon()
    assert monitor.poll() is None
    assert_alive(systemd_hears(), 2)


def test_cancelling_entries_for_long_is_no_silence(systemd_hears: Heard) -> None:
    class Slow:
        _exit_lock = threading.Lock()

    Slow._exit_lock.acquire()
    threading.Timer(2, Slow._exit_lock.release).start()
    entries.cancel_open_entries(Slow())
    assert_alive(systemd_hears(), 2)


def test_what_takes_longer_than_it_may_is_silent_again(systemd_hears: Heard) -> None:
    with systemd.keep_alive(1.0):
        time.sleep(2.2)
        assert len(systemd_hears()) == 3


@pytest.mark.parametrize(
    ("allowed", "interval"),
    [("", 10), ("0", 10), ("3000000", 1.5), ("60000000", 10), ("x", 10), ("-1", 10), ("9" * 99, 10)],
)
def test_signs_come_twice_as_often_as_they_must(monkeypatch: pytest.MonkeyPatch, allowed: str, interval: float) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", allowed)
    assert systemd._interval() == interval


def test_a_systemd_that_does_not_read_holds_nothing_up(systemd_hears: Heard) -> None:
    began = time.monotonic()
    with systemd.keep_alive(10.0):
        notifier = sdnotify.SystemdNotifier()
        notifier.socket.setblocking(False)
        for _ in range(10_000):  # its queue is full
            notifier.notify("WATCHDOG=1")
        time.sleep(1)
    notifier.socket.close()
    assert time.monotonic() - began < 3
    assert len(systemd_hears()) < 10_000


@pytest.mark.parametrize("address", ["", "/no/such/socket", "relative", "@" + "x" * 200])
def test_a_socket_where_nobody_listens_does_no_harm(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert systemd.kept_alive(lambda: 7, 1.0)() == 7
