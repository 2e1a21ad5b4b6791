"""Text from outside, made safe to show."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable

from freqtrade_bitmex_guard.redaction.registry import _T, MIN_SECRET_LENGTH, redact

# What is shown of a text from outside is far shorter; an answer may hold millions of characters to clear.
_MAX_EXAMINED = 10_000


_MARKUP = re.compile(r"[\[\]<>&`*|\\]")


_USER = re.compile(r"//[^/@\s]*@")


_TOKEN = re.compile(r"[A-Za-z0-9_+/=.~-]{16,}")


def sanitize(text: str, limit: int = 80) -> str:
    """Text from outside, fit for a terminal, a log or a chat message.

    Args:
        text: anything.
        limit: characters at most; the rest becomes an ellipsis.

    Returns:
        One line, without hidden values and without the user name and password of a URL, in which control
        characters, line breaks, direction marks and what rich, HTML and Markdown act on are question marks.
    """
    # Before it is cut to what is shown, lest a part of a secret be left over.
    text = _USER.sub("//…@", redact(text[:_MAX_EXAMINED]))
    shown = "".join(char if char.isprintable() else "?" for char in text[: limit + 1])
    shown = _MARKUP.sub("?", shown)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def join_limited(found: Iterable[_T], show: Callable[[_T], str] = str, most: int = 5) -> str:
    """The first few of many, with commas, and how many more there are; only these are made fit to be shown."""
    listed = list(found)
    more = [f"{len(listed) - most:,} more"] if len(listed) > most else []
    return ", ".join([*map(show, listed[:most]), *more])


def sanitize_tokens(text: str, limit: int = 200) -> str:
    """The same, with everything that could be a token masked: runs of 16 or more letters, digits and the like."""
    return sanitize(_TOKEN.sub("…", text), limit)


def mask_id(key_id: str) -> str:
    """A key id as it may be shown: its first four characters, or none of one so short that they would tell it."""
    return sanitize(key_id[:4] if len(key_id) >= MIN_SECRET_LENGTH else "") + "…"


def fingerprint(key_id: str) -> str:
    """What tells a key from all others, in a file too, without showing its id."""
    return hashlib.blake2b(key_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
