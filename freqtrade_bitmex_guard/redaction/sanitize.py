"""Text from outside, made safe to show."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from freqtrade_bitmex_guard.redaction.registry import MIN_SECRET_LENGTH, redact

# Far less of an outside text is shown, and an answer may hold millions of characters to redact.
_MAX_EXAMINED = 10_000

_MARKUP = re.compile(r"[\[\]<>&`*|\\]")
_USER = re.compile(r"//[^/@\s]*@")
_RUN = re.compile(r"[A-Za-z0-9_+=~-]{16,}")
_MIN_CHANGES_PER_CHARACTER = 0.25
_TOKEN = re.compile(r"[A-Za-z0-9_+/=.~-]{16,}")

_T = TypeVar("_T")


def sanitize(text: str, limit: int = 80) -> str:
    """Make text from outside safe for a terminal, a log or a chat message.

    Args:
        text: anything.
        limit: characters at most; the rest becomes an ellipsis.

    Returns:
        One line without registered secrets and without the user name and password of a URL. Control characters, line
        breaks, direction marks and the markup of rich, HTML and Markdown become question marks.
    """
    # Redact before cutting, so that no part of a secret is left over.
    text = _USER.sub("//…@", redact(text[:_MAX_EXAMINED]))
    printable = "".join(char if char.isprintable() else "?" for char in text[: limit + 1])
    safe = _MARKUP.sub("?", printable)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def sanitize_tokens(text: str, limit: int = 200) -> str:
    """Sanitize a text and mask what could be a token: runs of 16 or more letters, digits and the like."""
    return sanitize(_TOKEN.sub("…", text), limit)


def resembles_secret(text: str) -> bool:
    """Return whether a text holds 16 or more characters without a space, slash or dot that look random.

    In those, digits and letters of both cases follow each other without order. In paths, options and names they do not.
    """
    return any(_looks_random(run) for run in _RUN.findall(text[:_MAX_EXAMINED]))


def _looks_random(run: str) -> bool:
    # A capital behind a small letter begins a word, as in a strategy's name, which has few of them.
    changes = sum(
        char.isdigit() != following.isdigit() or (char.islower() and following.isupper())
        for char, following in itertools.pairwise(run)
    )
    return _MIN_CHANGES_PER_CHARACTER * len(run) <= changes


def join_limited(items: Iterable[_T], describe: Callable[[_T], str] = str, limit: int = 5) -> str:
    """Join the first few of many with commas, and say how many more there are.

    Args:
        items: what to list.
        describe: called for the listed ones only, so that a long list costs nothing.
        limit: how many to list.
    """
    listed = list(items)
    more = [f"{len(listed) - limit:,} more"] if len(listed) > limit else []
    return ", ".join([*map(describe, listed[:limit]), *more])


def mask_id(key_id: str) -> str:
    """Return a key id as it may be shown: its first four characters, or none of a short one that they would reveal."""
    return sanitize(key_id[:4] if len(key_id) >= MIN_SECRET_LENGTH else "") + "…"


def fingerprint(key_id: str) -> str:
    """Return what tells a key from all others without showing its id; it is written to files too."""
    return hashlib.blake2b(key_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
