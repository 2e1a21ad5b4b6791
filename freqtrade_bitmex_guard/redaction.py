"""Text that is safe to show: nothing secret, and nothing from outside that could act on a terminal or a log."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"[\[\]<>&`*|\\]")
_TOKEN = re.compile(r"[A-Za-z0-9_+/=.~-]{16,}")


def harmless(text: str, limit: int = 80) -> str:
    """Text from outside, fit for a terminal, a log or a chat message.

    Args:
        text: anything.
        limit: characters at most; the rest becomes an ellipsis.

    Returns:
        One line, in which control characters, line breaks, direction marks and the characters that rich, HTML and
        Markdown act on are question marks.
    """
    shown = "".join(char if char.isprintable() else "?" for char in text[: limit + 1])
    shown = _MARKUP.sub("?", shown)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def without_tokens(text: str, limit: int = 200) -> str:
    """The same, with everything that could be a token masked: runs of 16 or more letters, digits and the like."""
    return harmless(_TOKEN.sub("…", text), limit)


def mask(key_id: str) -> str:
    """A key id as it may be shown: its first four characters."""
    return harmless(key_id[:4]) + "…"
