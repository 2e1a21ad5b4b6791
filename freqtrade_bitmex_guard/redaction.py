"""Text that is safe to show: nothing secret, and nothing from outside that could act on a terminal or a log."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar
from urllib.parse import quote, quote_plus

_T = TypeVar("_T")


class _Place(NamedTuple):
    """Where a few characters stand in one written form of a hidden value."""

    form: str
    at: int
    shown: str


_SHORTEST_HIDDEN = 8
TAIL = 2 * _SHORTEST_HIDDEN
"""How much of what was shown `cleared` has to know, to see that a hidden value goes on."""
# What is shown of a text from outside is far shorter; an answer may hold millions of characters to clear.
_MOST_LOOKED_AT = 10_000
_STEP = 4
# Every run of four characters of a hidden form: where it stands in which form, and what is shown instead. It is
# replaced, never changed, so that a thread that reads it need not wait for one that hides more.
_hidden: dict[str, tuple[_Place, ...]] = {}
_hiding = threading.Lock()
_MARKUP = re.compile(r"[\[\]<>&`*|\\]")
_USER = re.compile(r"//[^/@\s]*@")
_TOKEN = re.compile(r"[A-Za-z0-9_+/=.~-]{16,}")


def hide(value: str, shown: str = "…") -> None:
    """Have a value left out of all text from now on, however it is written: an exchange may quote what signed.

    Args:
        value: a key id or a secret.
        shown: what stands in its place.
    """
    global _hidden  # noqa: PLW0603 - what this process must not show is one fact of it
    # A short one would garble every message, and is none that an exchange hands out.
    if len(value) < _SHORTEST_HIDDEN:
        return
    places: dict[str, list[_Place]] = {}
    for form in dict.fromkeys(map(_folded, _written(value))):
        for at in range(len(form) - _STEP + 1):
            places.setdefault(form[at : at + _STEP], []).append(_Place(form, at, shown))
    first = _folded(value)
    with _hiding:
        if not any(place.form == first for place in _hidden.get(first[:_STEP], ())):
            _hidden = _hidden | {few: (*_hidden.get(few, ()), *found) for few, found in places.items()}


def _written(value: str) -> Iterator[str]:
    """A value as it may stand in a text: plain, as code, in JSON, HTML or a URL, in hexadecimal digits, in base64."""
    yield value
    plain = value.encode("utf-8", "surrogatepass")
    in_json = json.dumps(value)[1:-1]
    yield from (repr(value)[1:-1], in_json, json.dumps(in_json)[1:-1], in_json.replace("/", "\\/"), html.escape(value))
    # The last three characters are those that ccxt leaves alone in a URL.
    for safe in ("", "/", "~()*!.'"):
        yield quote(plain, safe=safe)
    yield from (quote_plus(plain), "".join(f"%{byte:02x}" for byte in plain))
    yield from (plain.hex(), base64.b32encode(plain).decode().rstrip("="))
    # Three bytes make four characters, so what stands before the value decides which of three forms it takes, as in
    # the `user:secret` of an HTTP header. The characters at both ends hold something of the neighbours, too.
    for before in range(3):
        whole = slice(-(-before * 8 // 6), (before + len(plain)) * 8 // 6)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + plain).decode()[whole]


def _folded(text: str) -> str:
    """A text without the difference of capitals, as long as before."""
    folded = text.lower()
    return folded if len(folded) == len(text) else "".join(char.lower() if char.isascii() else char for char in text)


def stands_in(value: str, text: str) -> bool:
    """Whether a value stands in a text, in whatever form."""
    folded = _folded(text)
    return any(_folded(form) in folded for form in _written(value))


def cleared(text: str, before: str = "") -> str:
    """The same text without hidden values, in whatever form they or eight characters of them stand in it.

    Args:
        text: anything.
        before: the end of what was shown already, uncleared: a value that began there does not go on.
    """
    hidden = _hidden
    whole = before + text
    folded = _folded(whole)
    kept: list[str] = []
    free = 0  # where the next hidden value may begin
    end = since = len(before)
    # Eight characters in a row hold four that begin at a multiple of four.
    for at in [at for at in range(0, len(folded), _STEP) if folded[at : at + _STEP] in hidden] if hidden else ():
        runs = (_run(folded, at, place, free) for place in hidden[folded[at : at + _STEP]])
        begins, ends, shown = max(runs, key=_length)
        if at >= free and ends > end and ends - begins >= _SHORTEST_HIDDEN:
            is_told = since - begins >= _SHORTEST_HIDDEN  # then what stands in its place was shown before
            kept += (whole[end:begins], "" if is_told else shown)
            free = end = ends
    return "".join((*kept, whole[end:])) if kept else text


def _run(text: str, at: int, place: _Place, since: int) -> tuple[int, int, str]:
    """How far a text and a hidden form agree around four characters: from, to, and what is shown instead."""
    form, position, shown = place
    before = 0
    while at - before > since and position > before and text[at - before - 1] == form[position - before - 1]:
        before += 1
    after = _STEP
    while at + after < len(text) and position + after < len(form) and text[at + after] == form[position + after]:
        after += 1
    return at - before, at + after, shown


def _length(run: tuple[int, int, str]) -> int:
    return run[1] - run[0]


def harmless(text: str, limit: int = 80) -> str:
    """Text from outside, fit for a terminal, a log or a chat message.

    Args:
        text: anything.
        limit: characters at most; the rest becomes an ellipsis.

    Returns:
        One line, without hidden values and without the user name and password of a URL, in which control
        characters, line breaks, direction marks and what rich, HTML and Markdown act on are question marks.
    """
    # Before it is cut to what is shown, lest a part of a secret be left over.
    text = _USER.sub("//…@", cleared(text[:_MOST_LOOKED_AT]))
    shown = "".join(char if char.isprintable() else "?" for char in text[: limit + 1])
    shown = _MARKUP.sub("?", shown)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def some(found: Iterable[_T], show: Callable[[_T], str] = str, most: int = 5) -> str:
    """The first few of many, with commas, and how many more there are; only these are made fit to be shown."""
    listed = list(found)
    more = [f"{len(listed) - most:,} more"] if len(listed) > most else []
    return ", ".join([*map(show, listed[:most]), *more])


def without_tokens(text: str, limit: int = 200) -> str:
    """The same, with everything that could be a token masked: runs of 16 or more letters, digits and the like."""
    return harmless(_TOKEN.sub("…", text), limit)


def mask(key_id: str) -> str:
    """A key id as it may be shown: its first four characters, or none of one so short that they would tell it."""
    return harmless(key_id[:4] if len(key_id) >= _SHORTEST_HIDDEN else "") + "…"


def mark(key_id: str) -> str:
    """What tells a key from all others, in a file too, without showing its id."""
    return hashlib.blake2b(key_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
