"""The keyring's entries: one for each bot, and what to write so that a bot has one of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from freqtrade_bitmex_guard.config import SECTION, KeyringStore
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.access import held
from freqtrade_bitmex_guard.credentials.secret import Credentials
from freqtrade_bitmex_guard.custody.subject import Subject
from freqtrade_bitmex_guard.terms import Terms

_LONGEST_SERVICE = 60
_MOST_SERVICES = 50


def plain(text: str) -> str:
    """A text in small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def bot_name(config: Mapping[str, Any]) -> str:
    """The bot's own name, in small letters, digits and hyphens.

    Args:
        config: freqtrade's whole, merged config.
    """
    return plain(str(config.get("bot_name") or "")) or "freqtrade"


def services(config: Mapping[str, Any], terms: Terms) -> list[str]:
    """Names in the keyring for this bot alone, the next one if the one before is taken: many bots are called alike."""
    first = f"freqtrade-{terms.exchange}-{bot_name(config)}"[:_LONGEST_SERVICE]
    return [first, *(f"{first}-{number}" for number in range(2, _MOST_SERVICES))]


def known(subject: Subject) -> Iterator[tuple[str, Credentials | None]]:
    """The services that may be a bot's: those that hold a key, which may be another bot's, and then the first free one.

    Raises:
        Stopped: misconfigured, if the keyring cannot be read.
    """
    config = subject.section.credentials
    usual = [config.service] if isinstance(config, KeyringStore) else []
    for service in dict.fromkeys([*usual, *services(subject.config, subject.terms)]):
        store = subject.with_section({"credentials": {"store": "keyring", "service": service}}).credentials
        there = held(open_store(store, subject.terms.exchange))
        yield service, there
        if there is None:
            return


def one_of_its_own(subject: Subject) -> str:
    """What to write so that a bot has a place of its own, as the next thing to do.

    Raises:
        Stopped: misconfigured, if the keyring cannot be read.
    """
    if not isinstance(subject.section.credentials, KeyringStore):
        return f"name another place for this bot in {SECTION}.credentials"
    free = next((service for service, there in known(subject) if there is None), "…")
    if subject.written is not None:
        return f'write "service": {json.dumps(free)} into {SECTION}.credentials'
    section = {SECTION: {"credentials": {"store": "keyring", "service": free}}}
    return f"write {json.dumps(section, ensure_ascii=False)[1:-1]} into the config"
