"""Changes of a store that break off, or come late: nobody is told that nothing happened."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.credentials import access
from freqtrade_bitmex_guard.manage import wizard_stores
from freqtrade_bitmex_guard.manage.bot_context import BotContext
from freqtrade_bitmex_guard.manage.terminal import Terminal
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from freqtrade_bitmex_guard.util import deadline
from tests.support.factories import (
    KEY_ID,
    NEW_ID,
    NEW_SECRET,
    SECRET,
    allow_secrets_in,
    pair,
)
from tests.support.file_keyring import Vault
from tests.unit.manage.conftest import NEW, OLD, Run, credentials, entry


@pytest.fixture
def in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Writes to the keyring hang until this is set; a store has a second."""
    go_on = threading.Event()
    for name in ("set_password", "delete_password"):
        original = getattr(Vault, name)
        late = lambda *given, original=original: go_on.wait(60) and original(*given)  # noqa: E731
        monkeypatch.setattr(Vault, name, late)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))  # for a lock of its own: nobody else shall wait so long
    monkeypatch.setattr(access, "STORE_TIMEOUT_SECONDS", 1.0)
    monkeypatch.setattr(deadline, "_ABORT_GRACE_SECONDS", 0.1)
    yield go_on
    go_on.set()
    # They find the keyring's file by a variable: one that came later would write into the next test's.
    for thread in [each for each in threading.enumerate() if each.name == "freqtrade-bitmex-guard"]:
        thread.join(60)
        assert not thread.is_alive()


def becomes(expected: str | None) -> None:
    until = time.monotonic() + 30
    while entry().get("key") != expected:
        assert time.monotonic() < until
        time.sleep(0.01)


def both_are_to_be_kept(printed: str) -> None:
    for word in ("store-not-written", "old key", "the new one", "both secrets", "credentials show -c "):
        assert word in printed
    assert "unlock it" not in printed


@pytest.mark.parametrize(
    ("action", "flags", "before", "after"),
    [("set", [], None, NEW_ID), ("rotate", [], KEY_ID, NEW_ID), ("delete", ["--yes"], KEY_ID, None)],
    ids=["set", "rotate", "delete"],
)
def test_a_change_that_may_still_come_is_reported_as_uncertain(
    run: Run,
    config: str,
    exchange: SimulatedBitMEX,
    in_time: threading.Event,
    action: str,
    flags: list[str],
    before: str | None,
    after: str | None,
) -> None:
    in_time.set()
    if before:
        credentials(run, "set", config, stdin=OLD)
    exchange.keys.append(Key(NEW_ID, NEW_SECRET))
    in_time.clear()
    both_are_to_be_kept(credentials(run, action, config, *flags, stdin=NEW, code=4))
    assert entry().get("key") == before
    in_time.set()
    becomes(after)


@pytest.mark.parametrize("action", ["rotate", "delete"])
def test_a_change_that_breaks_off_is_reported_as_uncertain(
    run: Run, config: str, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    def breaks(*_: str) -> None:
        raise SystemExit(0)

    credentials(run, "set", config, stdin=OLD)
    exchange.keys.append(Key(NEW_ID, NEW_SECRET))
    monkeypatch.setattr(Vault, "set_password", breaks)
    monkeypatch.setattr(Vault, "delete_password", breaks)
    flags = ["--yes"] if action == "delete" else []
    both_are_to_be_kept(credentials(run, action, config, *flags, stdin=NEW, code=4))


def test_setup_and_migrate_report_an_uncertain_change_likewise(run: Run, config: str, in_time: threading.Event) -> None:
    allow_secrets_in(Path(config))
    subject, given = BotContext.read([config]), pair(NEW_ID, NEW_SECRET)
    with pytest.raises(GuardError) as stopped:
        wizard_stores.store_credentials(subject, {"store": "keyring"}, given, Terminal())
    both_are_to_be_kept(f"{stopped.value} {stopped.value.findings[0].fix}")
    content = json.loads(Path(config).read_text())
    content["exchange"] |= {"key": KEY_ID, "secret": SECRET}
    Path(config).write_text(json.dumps(content))
    both_are_to_be_kept(credentials(run, "migrate", config, code=4))
    assert json.loads(Path(config).read_text()) == content  # and so both stay where they were
