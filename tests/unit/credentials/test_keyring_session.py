"""Why a keyring cannot be used: each cause has the way out that fits the place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from keyring.errors import KeyringLocked

from freqtrade_bitmex_guard.credentials import keyring_session


class _Stream:
    def __init__(self, is_terminal: bool) -> None:
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.fixture(params=["service", "ssh", "desktop"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Be in a place: what differs is the terminal and the display."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    if request.param == "desktop":
        monkeypatch.setenv("DISPLAY", ":0")
    for name in ("stdin", "stderr"):
        monkeypatch.setattr(sys, name, _Stream(request.param == "ssh"))
    return str(request.param)


def test_a_locked_keyring_is_unlocked_where_somebody_can(place: str) -> None:
    reason, fix = keyring_session.explain_unreadable(KeyringLocked("locked"))

    assert reason == ("it is locked, and nobody can unlock it here" if place == "service" else "it is locked")
    assert ("gnome-keyring-daemon --replace --unlock" in fix) is (place == "ssh")
    assert ("in the window" in fix) is (place == "desktop")
    assert ("one private file" in fix) is (place != "desktop")


def test_without_a_bus_the_users_own_is_named_if_it_is_there(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring_session, "_bus_of_user", lambda: tmp_path / "bus")
    assert "has no bus here" in keyring_session.explain_no_keyring()[0]
    (tmp_path / "bus").touch()
    reason, fix = keyring_session.explain_no_keyring()
    assert ("as often over ssh" in reason) is (place != "service")
    assert (f"DBUS_SESSION_BUS_ADDRESS=unix:path={tmp_path}/bus" in fix) is (place != "service")


def test_with_a_bus_a_keyring_is_missing(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1/bus")
    reason, fix = keyring_session.explain_no_keyring()
    assert reason.startswith("This machine has no keyring")
    assert "one private file" in fix
