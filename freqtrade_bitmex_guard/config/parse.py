"""Whether the operator wants the guard, and the section as a validated model."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
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
        GuardError: misconfigured, where it is unclear: no section but a name that is almost the section's, a section
            that is not an object, an `enabled` that is not a boolean. Unclear is never "off". Beside the section a name
            like it is a comment.
    """
    if SECTION not in config:
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
        return GuardState.ABSENT
    section = config[SECTION]
    if not isinstance(section, dict):
        raise GuardError(invalid_field(SECTION, "must be an object", '{"credentials": {"store": "keyring"}}'))
    enabled = section.get("enabled", True)
    if not isinstance(enabled, bool):
        raise GuardError(invalid_field(f"{SECTION}.enabled", "must be true or false, without quotes", "true"))
    return GuardState.ENABLED if enabled else GuardState.DISABLED


def parse_section(
    section: Mapping[str, Any],
    profile: ExchangeProfile,
    trading_mode: object = None,
    config: Mapping[str, Any] | None = None,
) -> GuardConfig:
    """Validate the section strictly.

    Args:
        section: the value of `api_key_guard`.
        profile: of the exchange that the bot uses; the defaults come from it.
        trading_mode: freqtrade's, as its config has it or not; freqtrade itself judges whether it exists.
        config: freqtrade's whole, merged config, in whose folder relative paths begin.

    Raises:
        GuardError: misconfigured, one finding for everything that is wrong, never with a value in it.
    """
    try:
        mode = str(trading_mode or DEFAULT_TRADING_MODE)
        context = {"profile": profile, "trading_mode": mode, "config": config or {}}
        return GuardConfig.model_validate(section, context=context)
    except ValidationError as problems:
        details = problems.errors(include_input=False, include_url=False)
    raise GuardError(*(explain_error(detail) for detail in details))


def parse_valid_fields(
    config: Mapping[str, Any], profile: ExchangeProfile
) -> tuple[GuardConfig | None, frozenset[str]]:
    """Validate the fields of an invalid section one by one, for somebody who wants to know what else is wrong.

    Args:
        config: freqtrade's whole, merged config.
        profile: of the exchange that the bot uses.

    Returns:
        A section with the defaults in the place of what is not valid, None if there is none, and the names of the
        fields that are not valid. It is not the operator's section: no key is admitted by it.
    """
    source = config.get(SECTION)

    def parse(fields: Mapping[str, Any]) -> GuardConfig | None:
        with suppress(GuardError):
            return parse_section(fields, profile, config.get("trading_mode"), config)
        return None

    if not isinstance(source, dict):
        return None, frozenset()
    broken = frozenset(str(name) for name, value in source.items() if parse({name: value}) is None)
    return parse({name: value for name, value in source.items() if name not in broken}), broken


def _misspelled_names(config: Mapping[str, Any]) -> Iterator[str]:
    yield from (str(name) for name, value in config.items() if _is_misspelled(str(name), value))
    exchange = config.get("exchange")
    if isinstance(exchange, dict):  # the section itself, in here, is in the wrong place
        yield from (f"exchange.{name}" for name, value in exchange.items() if _is_misspelled(str(name), value))


def _is_misspelled(name: str, value: Any) -> bool:
    similarity, is_ascii = _similarity(name)
    if is_ascii or similarity == 1:
        return similarity >= _MIN_SIMILARITY
    # A text is a heading in another language.
    return not isinstance(value, str) and similarity >= _MIN_SIMILARITY_NON_ASCII


@functools.lru_cache(maxsize=1024)  # the bots of a fleet have the same names
def _similarity(name: str) -> tuple[float, bool]:
    """Return how similar a name is to the section's, 1 if it holds that, and whether its letters are ASCII."""
    plain, section = map(_letters, (name, SECTION))
    return 1.0 if section in plain else SequenceMatcher(None, plain, section).ratio(), plain.isascii()


def _letters(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
