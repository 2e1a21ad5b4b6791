"""The bot that a command is about: its config as freqtrade reads it, its exchange, its store."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.check.trial import Trial
from freqtrade_bitmex_guard.cli.freqtrade_args import parse_freqtrade_arguments
from freqtrade_bitmex_guard.client import settings
from freqtrade_bitmex_guard.config import edit
from freqtrade_bitmex_guard.config.edit import ConfigFile
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.config.jsonc import NodePath
from freqtrade_bitmex_guard.config.parse import guard_state, parse_section
from freqtrade_bitmex_guard.config.section import SECTION, GuardConfig
from freqtrade_bitmex_guard.config.stores import KeyringStoreConfig
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.interface import CredentialStore, WritableStore
from freqtrade_bitmex_guard.credentials.keyring_writer import open_writable_store
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.opaque import opaque_dataclass
from freqtrade_bitmex_guard.redaction.registry import register_secret
from freqtrade_bitmex_guard.redaction.sanitize import mask_id, sanitize


@opaque_dataclass
class BotContext:
    """One bot, as its config describes it.

    Attributes:
        files: the config files, as they were given.
        config: what freqtrade makes of them and of its variables.
        profile: the exchange's words.
        section_source: the section as it is written, or None if there is none.
    """

    files: list[str]
    config: dict[str, Any]
    profile: ExchangeProfile
    section_source: Mapping[str, Any] | None

    @classmethod
    def read(cls, arguments: list[str]) -> BotContext:
        """Read the config as `freqtrade trade` does.

        Args:
            arguments: freqtrade's own, which name the config.

        Raises:
            GuardError: misconfigured, if it cannot be read or the guard does not know its exchange.
        """
        files: list[str] = parse_freqtrade_arguments(arguments)["config"]
        if "-" in files:
            fail("usage", "A config from standard input cannot be changed.", "Name the file: -c config.json")
        config = read_config(files)
        exchange = config.get("exchange")
        _register_credentials(_exchange_values(exchange))
        venue = exchanges.get_adapter(exchange.get("name") if isinstance(exchange, dict) else None)
        written = config[SECTION] if guard_state(config) is not None else None
        return cls(files, config, venue.profile, written)

    def config_files(self) -> list[ConfigFile]:
        """The files that its config is made of, included ones too; those that were named come first.

        Raises:
            GuardError: misconfigured, if one cannot be read.
        """
        files = edit.read_config_files([*self.files, *self.config["config_files"]])
        for file in files:  # a name that stands twice is there twice, while freqtrade knows the last one only
            _register_credentials((place.path, place.content) for place in file.document.nodes)
        return files

    @property
    def section(self) -> GuardConfig:
        """The section, or the defaults where none is written."""
        return self.parse_section(self.section_source or {})

    def parse_section(self, written: Mapping[str, Any]) -> GuardConfig:
        """A section for this bot, checked to the letter.

        Raises:
            GuardError: misconfigured, if something in it is wrong.
        """
        return parse_section(written, self.profile, self.config.get("trading_mode"))

    @property
    def store(self) -> CredentialStore:
        """Where the section says that the credentials live."""
        return open_store(self.section.credentials, self.profile.id)

    @property
    def writable_store(self) -> WritableStore | None:
        """The same, to be written; None if this project only reads it."""
        return open_writable_store(self.section.credentials)

    def check(self, candidate: Credentials, section: Mapping[str, Any] | None = None) -> Verdict:
        """Check credentials as the bot's own would be checked at its start.

        Args:
            candidate: in memory.
            section: what the bot's section will be, by default the one that is written.
        """
        section = section if section is not None else self.section_source or {}
        return Trial({**self.config, SECTION: section}, candidate).run()

    @property
    def store_label(self) -> str:
        """The store, for a person."""
        store = self.section.credentials
        if isinstance(store, KeyringStoreConfig):
            return f"this user's keyring (service {sanitize(store.service)!r})"
        return f"the store {store.store!r}"

    @property
    def config_options(self) -> str:
        """The arguments that name its config, fit for a shell."""
        return " ".join(f"-c {shlex.quote(file)}" for file in self.files)


def _register_credentials(values: Iterable[tuple[NodePath, object]]) -> None:
    """From now on no log and no message shows the credentials among these, whoever says them."""
    for path, value in values:
        part = settings.credential_field_at(path)
        if part is not None and isinstance(value, str):
            register_secret(value, mask_id(value) if part == "key" else "…")


def _exchange_values(exchange: object) -> Iterable[tuple[NodePath, object]]:
    """Everything in freqtrade's `exchange` section and in its clients' blocks, with the way there."""
    for name, value in exchange.items() if isinstance(exchange, Mapping) else ():
        yield ("exchange", name), value
        for inner, deeper in value.items() if isinstance(value, Mapping) else ():
            yield ("exchange", name, inner), deeper
