"""The keyring's entries: one for each bot, and what to write so that a bot has one of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from freqtrade_bitmex_guard.config.parse import GuardState
from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.config.stores import KeyringStoreConfig
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.access import load_if_present
from freqtrade_bitmex_guard.manage.bot_context import BotContext
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.profile import ExchangeProfile

_MAX_SERVICE_LENGTH = 60


_MAX_SERVICES = 50


def slug(text: str) -> str:
    """A text in small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def bot_name(config: Mapping[str, Any]) -> str:
    """The bot's own name, in small letters, digits and hyphens.

    Args:
        config: freqtrade's whole, merged config.
    """
    return slug(str(config.get("bot_name") or "")) or "freqtrade"


def service_names(config: Mapping[str, Any], terms: ExchangeProfile) -> list[str]:
    """Names in the keyring for this bot alone, the next one if the one before is taken: many bots are called alike."""
    first = f"freqtrade-{terms.id}-{bot_name(config)}"[:_MAX_SERVICE_LENGTH]
    return [first, *(f"{first}-{number}" for number in range(2, _MAX_SERVICES))]


def candidate_services(subject: BotContext) -> Iterator[tuple[str, Credentials | None]]:
    """The services that may be a bot's: those that hold a key, which may be another bot's, and then the first free one.

    Raises:
        GuardError: misconfigured, if the keyring cannot be read.
    """
    config = subject.section.credentials
    usual = [config.service] if isinstance(config, KeyringStoreConfig) else []
    for service in dict.fromkeys([*usual, *service_names(subject.config, subject.profile)]):
        store = subject.parse_section({"credentials": {"store": "keyring", "service": service}}).credentials
        there = load_if_present(open_store(store, subject.profile.id))
        yield service, there
        if there is None:
            return


def own_service_advice(subject: BotContext) -> str:
    """What to write so that a bot has a place of its own, as the next thing to do.

    Raises:
        GuardError: misconfigured, if the keyring cannot be read.
    """
    if not isinstance(subject.section.credentials, KeyringStoreConfig):
        return f"name another place for this bot in {SECTION}.credentials"
    free = next((service for service, there in candidate_services(subject) if there is None), "…")
    if subject.state is not GuardState.ABSENT:
        return f'write "service": {json.dumps(free)} into {SECTION}.credentials'
    section = {SECTION: {"credentials": {"store": "keyring", "service": free}}}
    return f"write {json.dumps(section, ensure_ascii=False)[1:-1]} into the config"
