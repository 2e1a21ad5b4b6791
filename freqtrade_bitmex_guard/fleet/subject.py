"""What is known of one bot without asking its exchange: what rules across bots compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from freqtrade_bitmex_guard.check.prepare import PreparedCheck
from freqtrade_bitmex_guard.client.settings import BLOCKS, credential_field_at
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state
from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.fleet.bots import Bot
from freqtrade_bitmex_guard.fleet.shared_key import key_identity
from freqtrade_bitmex_guard.model.credentials import KEY, CredentialField, register_for_redaction
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.redaction.sanitize import fingerprint, mask_id


@dataclass(frozen=True, slots=True)
class Subject:
    """One bot, as the rules across bots see it.

    Attributes:
        bot: its name and files.
        state: whether its config wants the guard; None if it could not be read, or if that is unclear.
        key: what it has in common with a bot that uses the same key; None if its key is not known.
        masked_key: the key as it may be shown.
        has_plain_key: whether a credential is in its config or its variables.
        policy: how much its key may be able to do; None if its section could not be read.
    """

    bot: Bot
    state: GuardState | None = None
    key: str | None = None
    masked_key: str | None = None
    has_plain_key: bool = False
    policy: Policy | None = None

    @property
    def is_guarded(self) -> bool:
        """Whether a start of this bot is guarded, where the plugin is."""
        return self.state is GuardState.ENABLED


def describe_bot(bot: Bot, config: Mapping[str, Any], prepared: PreparedCheck | None) -> Subject:
    """Return what is known of a bot.

    Args:
        bot: its name and files.
        config: freqtrade's whole, merged config.
        prepared: its check, if the section and the store were in order.
    """
    plain = dict(plain_credentials(config))
    key, masked = None, None
    if prepared is not None:
        key, masked = key_identity(prepared.credentials), prepared.credentials.masked_id
    elif KEY in plain:
        key, masked = fingerprint(plain[KEY]), mask_id(plain[KEY])
    policy = None if prepared is None else prepared.section.policy
    return Subject(bot, _state(config), key, masked, bool(plain), policy)


def plain_credentials(config: Mapping[str, Any]) -> Iterator[tuple[CredentialField, str]]:
    """Yield the credentials in a config, which are redacted from now on."""
    exchange = config.get("exchange")
    places: list[tuple[tuple[str, ...], Any]] = [(("exchange",), exchange)]
    places += [(("exchange", name), exchange.get(name)) for name in BLOCKS if isinstance(exchange, dict)]
    for path, section in places:
        for name, value in section.items() if isinstance(section, dict) else ():
            field = credential_field_at((*path, name))
            if field is not None and isinstance(value, str) and value:
                register_for_redaction(value, field)
                yield field, value


def _state(config: Mapping[str, Any]) -> GuardState | None:
    try:
        return guard_state(config)
    except GuardError:
        return None
