"""A library that logs or prints what it reads from a store, before anybody could register it for redaction."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import keyring
import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.credentials import access
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in, bot_config, keyring_backend
from tests.support.file_keyring import Vault
from tests.support.leak_search import secrets_in

library = logging.getLogger("somebodys.keyring")


def show_warning(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any) -> None:
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno))


class Talkative(Vault):
    """A keyring that logs and prints every value that it reads, in every way, before it returns it."""

    def get_password(self, service: str, username: str) -> str | None:
        value = super().get_password(service, username)
        for level in (logging.DEBUG, logging.INFO, logging.ERROR):
            library.log(level, "read %s", value, stack_info=True)
        try:
            raise ValueError(value)
        except ValueError:
            library.exception("read %r", {"value": value})
        print("read", value)
        warnings.warn(f"read {value}", stacklevel=1)
        return value


@pytest.mark.parametrize("first", ["nothing", "install", "reading"])
def test_a_keyring_that_logs_what_it_reads_brings_nothing_out(
    tmp_path: Path,
    exchange: SimulatedBitMEX,
    vault: Path,
    first: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(warnings, "showwarning", show_warning)  # pytest collects them otherwise
    config = bot_config(tmp_path, exchange)
    config["api_key_guard"]["credentials"] = {"store": "keyring", "service": "x"}
    vault.write_text(json.dumps({"x/key": KEY_ID, "x/secret": SECRET}))
    keyring.set_keyring(Talkative())  # type: ignore[no-untyped-call]
    with caplog.at_level(logging.DEBUG):
        if first == "install":
            output.install()
        for _ in range(3 if first == "reading" else 1):
            assert LocalCheck(config).run().verdict.admitted
        library.warning("afterwards: %s", SECRET)
    assert secrets_in(caplog.text) == []
    assert caplog.text.count(output.MUTED_TEXT) >= 8
    printed = capsys.readouterr()
    assert secrets_in(printed.out + printed.err) == []
    assert printed.out.count(output.MUTED_TEXT) >= 2
    assert output.MUTED_TEXT in printed.err
    assert "afterwards: …" in caplog.text


class Store:
    def __init__(self) -> None:
        self.cancelled = threading.Event()

    def load(self, fields: object) -> Any: ...

    def cancel(self) -> None:
        self.cancelled.set()


def test_other_threads_are_not_muted(caplog: pytest.LogCaptureFixture) -> None:
    def work() -> None:
        bot_thread = threading.Thread(target=library.warning, args=("a bot goes on",))
        bot_thread.start()
        bot_thread.join()
        library.warning("the value")

    access.with_timeout(Store(), work)
    library.warning("and after it")
    assert [record.getMessage() for record in caplog.records] == [
        "a bot goes on",
        output.MUTED_TEXT,
        "and after it",
    ]
    assert caplog.records[1].levelno == logging.WARNING


def test_a_store_that_timed_out_stays_muted(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    store, has_logged = Store(), threading.Event()
    monkeypatch.setattr(access, "STORE_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(access, "_GRACE_SECONDS", 0.1)
    monkeypatch.setattr("freqtrade_bitmex_guard.util.deadline._ABORT_GRACE_SECONDS", 0.1)

    def hang() -> None:
        store.cancelled.wait(10)
        time.sleep(0.5)
        library.warning("the value, too late")
        has_logged.set()

    with pytest.raises(GuardError, match="store-timed-out"):
        access.with_timeout(store, hang)
    assert has_logged.wait(10)
    assert [record.getMessage() for record in caplog.records] == [output.MUTED_TEXT]


def test_installing_and_reading_again_wraps_nothing_twice() -> None:
    store = Store()
    for _ in range(2):
        output.install()
        access.with_timeout(store, lambda: store.load(()))
    handle = logging.Handler.handle
    for _ in range(5):
        output.install()
        access.with_timeout(store, lambda: store.load(()))
    assert logging.Handler.handle is handle


@pytest.mark.slow
def test_a_bot_at_vvv_shows_nothing_of_what_its_keyring_logs(bot: DemoBot, wheel: Path, tmp_path: Path) -> None:
    entries = f"{{'key': {KEY_ID!r}, 'secret': {SECRET!r}}}.get(username)"
    log = "__import__('logging').getLogger('somebodys').debug('read %s', value)"
    environment = keyring_backend(f"value = {entries}; {log}; return value", tmp_path)
    allow_secrets_in(tmp_path / "own_backend.py", tmp_path / "__pycache__")
    bot.config["api_key_guard"]["credentials"] = {"store": "keyring", "service": "x"}
    process = bot.trade("-vvv", python=str(wheel), extra=environment)
    assert process.wait_for_output(), process.output
    # One entry that would hold both parts, then one for each.
    assert process.output.count(f"somebodys - DEBUG - {output.MUTED_TEXT}") == 3
    assert secrets_in(process.output) == []
    process.stop()
