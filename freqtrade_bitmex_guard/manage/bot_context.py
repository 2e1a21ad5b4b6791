"""The bot that a command is about: its config as freqtrade reads it, its exchange, its store."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client import settings
from freqtrade_bitmex_guard.config import edit
from freqtrade_bitmex_guard.config.edit import ConfigFile
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.config.jsonc import NodePath
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state, parse_section
from freqtrade_bitmex_guard.config.section import SECTION, GuardConfig
from freqtrade_bitmex_guard.config.store_label import describe_store
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.interface import CredentialStore, WritableStore
from freqtrade_bitmex_guard.credentials.writable import open_writable_store
from freqtrade_bitmex_guard.model.credentials import Credentials, register_for_redaction
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.opaque import opaque_dataclass


@opaque_dataclass
class BotContext:
    """One bot, as its config describes it; read and validated once.

    Attributes:
        files: the config files, as they were named.
        config_options: the options that name them again, fit for a shell.
        config: what freqtrade makes of the files and of its variables.
        profile: of the bot's exchange.
        state: whether the guard is wanted.
        section_source: the section as it is written; empty where there is none.
        section: the same, validated, with its defaults.
        store: where the section keeps the credentials.
        writable_store: the same store, or None if it is read-only here.
        store_label: the store's name for people.
    """

    files: Sequence[str]
    config_options: str
    config: dict[str, Any]
    profile: ExchangeProfile
    state: GuardState
    section_source: Mapping[str, Any]
    section: GuardConfig
    store: CredentialStore
    writable_store: WritableStore | None
    store_label: str

    @classmethod
    def read(cls, files: Sequence[str]) -> BotContext:
        """Read the config as `freqtrade trade` does. Nothing is asked of the store yet.

        Args:
            files: the config files, as freqtrade takes them.

        Raises:
            GuardError: misconfigured, if the config cannot be read, its section is invalid, or its exchange is not
                supported.
        """
        if "-" in files:
            fail("usage", "A config from standard input cannot be changed.", "Name the file: -c config.json")
        config = read_config(list(files))
        exchange = config.get("exchange")
        _register_credentials(_exchange_values(exchange))
        profile = exchanges.get_adapter(exchange.get("name") if isinstance(exchange, dict) else None).profile
        state = guard_state(config)
        source = {} if state is GuardState.ABSENT else config[SECTION]
        section = parse_section(source, profile, config.get("trading_mode"), config)
        return cls(
            files=files,
            config_options=" ".join(f"-c {shlex.quote(file)}" for file in files),
            config=config,
            profile=profile,
            state=state,
            section_source=source,
            section=section,
            store=open_store(section.credentials, profile.id),
            writable_store=open_writable_store(section.credentials, profile.id),
            store_label=describe_store(section.credentials),
        )

    def config_files(self) -> list[ConfigFile]:
        """Read the files that the config is made of, included ones too; those that were named come first.

        Raises:
            GuardError: misconfigured, if one cannot be read.
        """
        files = edit.read_config_files([*self.files, *self.config["config_files"]])
        for file in files:  # a name that is written twice is here twice; freqtrade only sees the last one
            _register_credentials((node.path, node.content) for node in file.document.nodes)
        return files

    def parse_section(self, source: Mapping[str, Any]) -> GuardConfig:
        """Validate another section for this bot.

        Raises:
            GuardError: misconfigured, if something in it is invalid.
        """
        return parse_section(source, self.profile, self.config.get("trading_mode"), self.config)


def check_candidate(bot: BotContext, credentials: Credentials, section: Mapping[str, Any] | None = None) -> Verdict:
    """Check credentials that are in no store yet, as the bot's own would be checked at its start.

    Args:
        bot: who would use them.
        credentials: in memory.
        section: the section that the bot will have; by default the one that is written.
    """
    config = {**bot.config, SECTION: bot.section_source if section is None else section}
    return LocalCheck(config, credentials=credentials).run().verdict


def _register_credentials(values: Iterable[tuple[NodePath, object]]) -> None:
    """Have all later output redact the credentials among some values."""
    for path, value in values:
        field = settings.credential_field_at(path)
        if field is not None and isinstance(value, str):
            register_for_redaction(value, field, show_id=False)  # what is in the place of the id may be the secret


def _exchange_values(exchange: object) -> Iterable[tuple[NodePath, object]]:
    """Yield each value of freqtrade's `exchange` section and of its clients' blocks, with its path."""
    for name, value in exchange.items() if isinstance(exchange, Mapping) else ():
        yield ("exchange", name), value
        for inner, deeper in value.items() if isinstance(value, Mapping) else ():
            yield ("exchange", name, inner), deeper
