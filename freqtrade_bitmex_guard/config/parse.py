"""Whether the operator wants the guard, and the section as a validated model."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from enum import Enum
from typing import Any

from pydantic import ValidationError

from freqtrade_bitmex_guard.config.errors import explain_error, invalid_field
from freqtrade_bitmex_guard.config.section import SECTION, GuardConfig
from freqtrade_bitmex_guard.model.findings import GuardError, error
from freqtrade_bitmex_guard.model.profile import DEFAULT_TRADING_MODE, ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_MIN_SIMILARITY = 0.8
# Letters of other alphabets look the same and count as different.
_MIN_SIMILARITY_NON_ASCII = 0.5


class GuardState(Enum):
    """Whether the operator wants the guard."""

    ABSENT = "absent"
    DISABLED = "disabled"
    ENABLED = "enabled"


def guard_state(config: Mapping[str, Any]) -> GuardState:
    """Return whether the operator wants the guard.

    Args:
        config: freqtrade's whole, merged config.

    Raises:
        GuardError: misconfigured, where it is unclear: a name that is almost the section's, a section that is not an
            object, an `enabled` that is not a boolean. Unclear is never "off".
    """
    misspelled = [
        error(
            "section-misnamed",
            f"The config has a key {sanitize(name)!r}, which is almost {SECTION!r}: written like this, it guards "
            "nothing.",
            f"Rename it to {SECTION!r}, at the top level, or give it an unrelated name.",
        )
        for name in _misspelled_names(config)
    ]
    if misspelled:
        raise GuardError(*misspelled)
    if SECTION not in config:
        return GuardState.ABSENT
    section = config[SECTION]
    if not isinstance(section, dict):
        raise GuardError(invalid_field(SECTION, "must be an object", '{"credentials": {"store": "keyring"}}'))
    enabled = section.get("enabled", True)
    if not isinstance(enabled, bool):
        raise GuardError(invalid_field(f"{SECTION}.enabled", "must be true or false, without quotes", "true"))
    return GuardState.ENABLED if enabled else GuardState.DISABLED


def parse_section(section: Mapping[str, Any], profile: ExchangeProfile, trading_mode: object = None) -> GuardConfig:
    """Validate the section strictly.

    Args:
        section: the value of `api_key_guard`.
        profile: of the exchange that the bot uses; the defaults come from it.
        trading_mode: freqtrade's, as its config has it or not; freqtrade itself judges whether it exists.

    Raises:
        GuardError: misconfigured, one finding for everything that is wrong, never with a value in it.
    """
    try:
        return GuardConfig.model_validate(
            section, context={"profile": profile, "trading_mode": str(trading_mode or DEFAULT_TRADING_MODE)}
        )
    except ValidationError as problems:
        details = problems.errors(include_input=False, include_url=False)
    raise GuardError(*(explain_error(detail) for detail in details))


def _misspelled_names(config: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(name) for name in config if name != SECTION and _is_misspelled(str(name)))
    exchange = config.get("exchange")
    # The section itself, inside `exchange`, is in the wrong place.
    yield from (f"exchange.{name}" for name in _names(exchange) if _is_misspelled(str(name)))


def _names(section: object) -> list[Any]:
    return list(section) if isinstance(section, dict) else []


@functools.lru_cache(maxsize=1024)  # the bots of a fleet have the same names
def _is_misspelled(name: str) -> bool:
    plain, section = map(_letters, (name, SECTION))
    limit = _MIN_SIMILARITY if plain.isascii() else _MIN_SIMILARITY_NON_ASCII
    return section in plain or SequenceMatcher(None, plain, section).ratio() >= limit


def _letters(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
