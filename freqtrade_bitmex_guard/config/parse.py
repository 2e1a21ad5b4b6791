"""Whether the operator wants the guard, and the section as a checked model."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import Any

from pydantic import ValidationError

from freqtrade_bitmex_guard.config.errors import explain_error, invalid_field
from freqtrade_bitmex_guard.config.section import SECTION, GuardConfig
from freqtrade_bitmex_guard.model.findings import GuardError, error
from freqtrade_bitmex_guard.model.profile import DEFAULT_TRADING_MODE, ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_SIMILAR = 0.8


_SIMILAR_IN_OTHER_ALPHABETS = 0.5


def guard_state(config: Mapping[str, Any]) -> bool | None:
    """Whether the operator wants the guard.

    Args:
        config: freqtrade's whole, merged config.

    Returns:
        None if the section is absent, else its `enabled`.

    Raises:
        GuardError: misconfigured, where it is unclear: a name that is almost the section's, a section that is not an
            object, an `enabled` that is not a boolean. Unclear is never "off".
    """
    exchange = config.get("exchange")
    nearly = [str(name) for name in config if name != SECTION and _is_misspelled(str(name))]
    nearly += [
        f"exchange.{name}" for name in (exchange if isinstance(exchange, dict) else ()) if _is_misspelled(str(name))
    ]
    if nearly:
        raise GuardError(
            *(
                error(
                    "section-misnamed",
                    f"The config has a key {sanitize(name)!r}, which is almost the section {SECTION!r}: as it stands, "
                    "nothing would be guarded.",
                    f"Rename it to {SECTION!r}, at the top level, or give it a name of its own.",
                )
                for name in nearly
            )
        )
    if SECTION not in config:
        return None
    section = config[SECTION]
    if not isinstance(section, dict):
        raise GuardError(
            invalid_field(SECTION, "must be an object", '{"credentials": {"store": "keyring"}}'),
        )
    enabled = section.get("enabled", True)
    if not isinstance(enabled, bool):
        raise GuardError(invalid_field(f"{SECTION}.enabled", "must be true or false, without quotes", "true"))
    return enabled


def parse_section(section: Mapping[str, Any], profile: ExchangeProfile, trading_mode: object = None) -> GuardConfig:
    """The section, checked to the letter.

    Args:
        section: what stands under `api_key_guard`.
        profile: of the exchange that the bot uses.
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


def _is_misspelled(name: str) -> bool:
    plain, section = (
        "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
        for text in (name, SECTION)
    )
    # Letters of other alphabets look the same and count as different.
    nearly = _SIMILAR if plain.isascii() else _SIMILAR_IN_OTHER_ALPHABETS
    return section in plain or SequenceMatcher(None, plain, section).ratio() >= nearly
