"""Why a keyring cannot be used here, and the way out: no bus, no keyring, a locked one, nobody to unlock it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

OTHER_STORES = (
    'On a server use another store: "credentials": {"store": "files", "file": "~/.config/freqtrade-bitmex-guard/'
    'bot.json"} in api_key_guard is one private file, which `freqtrade-bitmex-guard setup -c CONFIG` writes; '
    '{"store": "files"} reads what systemd, Docker, Podman or Kubernetes hand in; {"store": "command", ...} runs pass, '
    "op, vault or sops."
)

_LOCKED_ERRORS = ("KeyringLocked", "LockedException")
_DISMISSED_ERRORS = ("PromptDismissedException",)
_NO_SERVICE_ERRORS = ("SecretServiceNotAvailableException",)


def explain_no_keyring() -> tuple[str, str]:
    """Return why there is no keyring, and what to do."""
    if sys.platform != "linux" or _has_bus():
        return (
            "This machine has no keyring: no program that keeps one, such as GNOME Keyring or KWallet, runs.",
            f"Install one, if this is a desktop. {OTHER_STORES}",
        )
    bus = _bus_of_user()
    if bus.exists() and not _is_unattended():
        return (
            "This session has no bus, so this user's keyring cannot be reached, as often over ssh.",
            f"Its bus is there: `export XDG_RUNTIME_DIR={bus.parent} DBUS_SESSION_BUS_ADDRESS=unix:path={bus}`, "
            f"then try again. {OTHER_STORES}",
        )
    place = "A service" if _is_unattended() else "This session"
    return f"{place} has no bus here, so no keyring can be reached.", OTHER_STORES


def explain_unreadable(problem: BaseException) -> tuple[str, str]:
    """Return why a keyring cannot be read, as the end of a sentence, and what to do.

    Args:
        problem: what it raised.
    """
    names = {type(each).__name__ for each in _chain(problem)}
    if names & set(_NO_SERVICE_ERRORS):
        reason, fix = explain_no_keyring()
        return reason[:1].lower() + reason[1:].rstrip("."), fix
    if names & set(_DISMISSED_ERRORS):
        return "there is none yet, and nobody could choose its password here", _unlocking("Make it")
    if names & set(_LOCKED_ERRORS):
        if _is_unattended():
            return "it is locked, and nobody can unlock it here", OTHER_STORES
        return "it is locked", _unlocking("Unlock it")
    return "it failed, or its service is not running", f"Unlock it and try again. {OTHER_STORES}"


def _unlocking(what: str) -> str:
    if _is_unattended():
        return OTHER_STORES
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return f"{what} in the window that asks for its password, then try again."
    return (
        f"{what} in the desktop's session. Without one, as over ssh: `(trap 'stty echo' 0; stty -echo; "
        "gnome-keyring-daemon --replace --unlock)`, its password, Ctrl-D; then try again. It is locked again after a "
        f"restart of the machine. {OTHER_STORES}"
    )


def _is_unattended() -> bool:
    """Return whether nobody can answer here: neither in a window nor at a terminal."""
    has_window = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return not has_window and not any(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def _has_bus() -> bool:
    written = os.environ.get("XDG_RUNTIME_DIR")
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS")) or bool(written and Path(written, "bus").exists())


def _bus_of_user() -> Path:
    return Path("/run/user", str(os.getuid()), "bus")


def _chain(problem: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while problem is not None and problem not in chain:
        chain.append(problem)
        problem = problem.__cause__ or problem.__context__
    return chain
