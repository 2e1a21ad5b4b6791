"""Lists that an exchange writes as one text, with commas in between."""

from __future__ import annotations

from freqtrade_bitmex_guard.client.errors import fail_invalid
from freqtrade_bitmex_guard.model.profile import ExchangeProfile

_MAX_NETWORKS = 250
_MAX_WORDS = 50
_MAX_WORD_LENGTH = 64


def split_words(text: str, profile: ExchangeProfile, field: str) -> list[str]:
    """Split a list of permissions; an empty text is an empty list.

    Args:
        text: as the exchange wrote it.
        profile: of the exchange.
        field: its name for the list.

    Raises:
        GuardError: unverified, if there are more words than any key has, or one is empty or too long.
    """
    words = text.split(",") if text else []
    if len(words) > _MAX_WORDS or not all(0 < len(word) <= _MAX_WORD_LENGTH for word in words):
        fail_invalid(profile, f"describes the key oddly: {field}")
    return words


def split_networks(text: str, profile: ExchangeProfile, field: str) -> list[str]:
    """Split a list of allowed IPs; a blank one among them is everyone, so the list is empty then.

    Args:
        text: as the exchange wrote it.
        profile: of the exchange.
        field: its name for the list.

    Raises:
        GuardError: unverified, if there are more than any key has.
    """
    blocks = text.split(",")
    if not all(block.strip() for block in blocks):
        return []
    if len(blocks) > _MAX_NETWORKS:
        fail_invalid(profile, f"describes the key oddly: {field}")
    return blocks
