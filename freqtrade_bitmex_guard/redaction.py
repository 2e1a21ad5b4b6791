"""Text that is safe to show: nothing secret, and nothing from outside that could act on a terminal or a log."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

_SHORTEST_HIDDEN = 8
_hidden: dict[str, str] = {}
_MARKUP = re.compile(r"[\[\]<>&`*|\\]")
_USER = re.compile(r"//[^/@\s]*@")
_TOKEN = re.compile(r"[A-Za-z0-9_+/=.~-]{16,}")


def hide(value: str, shown: str = "…") -> None:
    """Have a value left out of all text from now on, however it is written: an exchange may quote what signed.

    Args:
        value: a key id or a secret.
        shown: what stands in its place.
    """
    # A short one would garble every message, and is none that an exchange hands out.
    if len(value) >= _SHORTEST_HIDDEN:
        for form in _written(value):
            _hidden.setdefault(form, shown)


def _written(value: str) -> Iterator[str]:
    """A value as it may stand in a text: plain, as code, in JSON, HTML or a URL, in hexadecimal digits, in base64."""
    yield value
    plain = value.encode()
    yield from (repr(value)[1:-1], json.dumps(value)[1:-1], html.escape(value))
    for percent in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield from (percent, re.sub("%..", lambda found: found[0].lower(), percent))
    yield from (plain.hex(), plain.hex().upper())
    # Three bytes make four characters, so what stands before the value decides which of three forms it takes, as in
    # the `user:secret` of an HTTP header. The characters at both ends hold something of the neighbours, too.
    for before in range(3):
        whole = slice(-(-before * 8 // 6), (before + len(plain)) * 8 // 6)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + plain).decode()[whole]


def cleared(text: str) -> str:
    """The same text without hidden values, in whatever form they stand in it."""
    for value, instead in _hidden.items():
        text = text.replace(value, instead)
    return text


def harmless(text: str, limit: int = 80) -> str:
    """Text from outside, fit for a terminal, a log or a chat message.

    Args:
        text: anything.
        limit: characters at most; the rest becomes an ellipsis.

    Returns:
        One line, without hidden values and without the user name and password of a URL, in which control
        characters, line breaks, direction marks and what rich, HTML and Markdown act on are question marks.
    """
    # Before anything is cut, lest a part of a secret be left over.
    text = _USER.sub("//…@", cleared(text))
    shown = "".join(char if char.isprintable() else "?" for char in text[: limit + 1])
    shown = _MARKUP.sub("?", shown)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def some(texts: Iterable[str], most: int = 5) -> str:
    """The first few of many texts, with commas, and how many more there are."""
    listed = list(texts)
    more = [f"{len(listed) - most:,} more"] if len(listed) > most else []
    return ", ".join(listed[:most] + more)


def without_tokens(text: str, limit: int = 200) -> str:
    """The same, with everything that could be a token masked: runs of 16 or more letters, digits and the like."""
    return harmless(_TOKEN.sub("…", text), limit)


def mask(key_id: str) -> str:
    """A key id as it may be shown: its first four characters, or none of one so short that they would tell it."""
    return harmless(key_id[:4] if len(key_id) >= _SHORTEST_HIDDEN else "") + "…"


def mark(key_id: str) -> str:
    """What tells a key from all others, in a file too, without showing its id."""
    return hashlib.blake2b(key_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
