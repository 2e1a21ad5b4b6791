"""The entries of a store: a service of the keyring or a file for each bot, and how a bot gets one of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from freqtrade_bitmex_guard.config.parse import GuardState
from freqtrade_bitmex_guard.config.paths import user_config_folder
from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.config.stores import FileStoreConfig, KeyringStoreConfig
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.access import load_if_present
from freqtrade_bitmex_guard.manage.bot_context import BotContext
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.profile import ExchangeProfile

_MAX_SERVICE_LENGTH = 60

_MAX_SERVICES = 50


def slug(text: str) -> str:
    """Return a text in small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def bot_name(config: Mapping[str, Any]) -> str:
    """Return the bot's name in small letters, digits and hyphens.

    Args:
        config: freqtrade's whole, merged config.
    """
    return slug(str(config.get("bot_name") or "")) or "freqtrade"


def service_names(config: Mapping[str, Any], profile: ExchangeProfile) -> list[str]:
    """Return names for a service of this bot alone, in order of preference: many bots have the same name."""
    first = f"freqtrade-{profile.id}-{bot_name(config)}"[:_MAX_SERVICE_LENGTH]
    return [first, *(f"{first}-{number}" for number in range(2, _MAX_SERVICES))]


def candidate_services(bot: BotContext) -> Iterator[tuple[str, Credentials | None]]:
    """Yield the services that hold a key, which may be another bot's, and then the first free one.

    Raises:
        GuardError: misconfigured, if the keyring cannot be read.
    """
    config = bot.section.credentials
    configured = [config.service] if isinstance(config, KeyringStoreConfig) else []
    for service in dict.fromkeys([*configured, *service_names(bot.config, bot.profile)]):
        store = bot.parse_section({"credentials": {"store": "keyring", "service": service}}).credentials
        try:
            stored = load_if_present(open_store(store, bot.profile.id), bot.profile)
        except GuardError as end:
            if all(finding.name == "credentials-malformed" for finding in end.findings):
                continue  # not free, and no key that could be named
            raise
        yield service, stored
        if stored is None:
            return


def candidate_files(bot: BotContext) -> Iterator[tuple[str, Credentials | None]]:
    """Yield the files of this user that hold a key, which may be another bot's, and then the first free one."""
    folder = user_config_folder() / "freqtrade-bitmex-guard"
    for service in service_names(bot.config, bot.profile):
        path = str(folder / f"{service.removeprefix('freqtrade-')}.json")
        try:
            store = bot.parse_section({"credentials": {"store": "files", "file": path}}).credentials
            stored = load_if_present(open_store(store, bot.profile.id), bot.profile)
        except GuardError:
            continue  # neither free nor a key that can be used
        yield path, stored
        if stored is None:
            return


def own_service_advice(bot: BotContext) -> str:
    """Return what to write so that a bot has a service of its own, as the next thing to do.

    Raises:
        GuardError: misconfigured, if the keyring cannot be read.
    """
    config = bot.section.credentials
    if isinstance(config, FileStoreConfig) and config.file is not None:
        free_file = next((path for path, stored in candidate_files(bot) if stored is None), "…")
        return f'write "file": {json.dumps(free_file)} into {SECTION}.credentials'
    if not isinstance(config, KeyringStoreConfig):
        return f"name another store for this bot in {SECTION}.credentials"
    free = next((service for service, stored in candidate_services(bot) if stored is None), "…")
    if bot.state is not GuardState.ABSENT:
        return f'write "service": {json.dumps(free)} into {SECTION}.credentials'
    section = {SECTION: {"credentials": {"store": "keyring", "service": free}}}
    return f"write {json.dumps(section, ensure_ascii=False)[1:-1]} into the config"
