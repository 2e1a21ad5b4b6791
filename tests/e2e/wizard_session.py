"""A session of `setup` at a real terminal, and the answers that lead through it."""

from __future__ import annotations

import json
from pathlib import Path

import keyring

from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from tests.support.factories import KEY_ID, SECRET, new_key
from tests.support.pty import ENTER, GUARD, Session, environment

NEW = new_key()


CONFIG = """\
{
    // The bot of the north.
    "bot_name": "North",
    "exchange": {
        "name": "bitmex",
        "key": "", "secret": "",
        "pair_whitelist": ["BTC/USDT"],
        "ccxt_config": {"urls": {"api": {"public": "URL", "private": "URL"}}},   /* the simulated exchange */
    },
    "dry_run": false // really
}
"""


def write_config(folder: Path, exchange: SimulatedBitMEX, text: str = CONFIG) -> Path:
    path = folder / "config.json"
    path.write_bytes(text.replace("URL", exchange.url).encode())
    return path


def start(path: Path, vault: Path, *arguments: str, **extra: str) -> Session:
    return Session(
        *GUARD, *(arguments or ("setup",)), "-c", path.name, env=environment(vault, extra), folder=path.parent
    )


def accept_host(session: Session) -> None:
    session.answer("Is that host yours?", f"y{ENTER}")


def go_to_credentials(session: Session) -> None:
    session.answer("already?")
    session.answer("for your account?", f"y{ENTER}")
    session.answer("recognise it later:")
    session.answer("first-last):", f"127.0.0.1{ENTER}")
    session.answer("Use it like this?", f"y{ENTER}")


def enter_credentials(session: Session, which: Key) -> None:
    session.answer("Key id:", f"{which.id}{ENTER}")
    session.answer("Secret:", f"{which.secret}{ENTER}")


def walk_through(session: Session, which: Key) -> None:
    accept_host(session)
    session.answer("be stored?")
    go_to_credentials(session)
    enter_credentials(session, which)


def stored_entry(service: str = "freqtrade-bitmex") -> dict[str, str]:
    entry = json.loads(keyring.get_password(service, "credentials") or "{}")
    return {name: value for name, value in entry.items() if name != "stored_at"}


def shows_no_secret(text: str) -> bool:
    return not any(value in text for value in (SECRET[:8], NEW.secret[:8], KEY_ID[:5], NEW.id[:5]))


GOOD = {"key": KEY_ID, "secret": SECRET}
