"""The check that a bot's config asks for: by this process, or by the signing agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from freqtrade_bitmex_guard.check.interface import Check
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.check.remote import AgentCheck
from freqtrade_bitmex_guard.config.section import SECTION


def open_check(config: Mapping[str, Any]) -> Check:
    """Return the check of a config; nothing is read or sent yet.

    Args:
        config: freqtrade's whole, merged config.
    """
    return AgentCheck(config) if is_behind_agent(config) else LocalCheck(config)


def is_behind_agent(config: Mapping[str, Any]) -> bool:
    """Return whether the signing agent holds a bot's key; whatever is odd is for the local check to refuse.

    Args:
        config: freqtrade's whole, merged config.
    """
    section = config.get(SECTION)
    credentials = section.get("credentials") if isinstance(section, Mapping) else None
    return isinstance(credentials, Mapping) and credentials.get("store") == "agent"
