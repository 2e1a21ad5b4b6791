"""The registry of secrets, and their removal from text."""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Iterator
from typing import NamedTuple, TypeVar
from urllib.parse import quote, quote_plus

_T = TypeVar("_T")


class _Match(NamedTuple):
    """Where a few characters stand in one written form of a hidden value."""

    form: str
    at: int
    shown: str


MIN_SECRET_LENGTH = 8


OVERLAP = 2 * MIN_SECRET_LENGTH


"""How much of what was shown `redact` has to know, to see that a hidden value goes on."""


_GRAM_LENGTH = 4


# Every run of four characters of a hidden form: where it stands in which form, and what is shown instead. It is
# replaced, never changed, so that a thread that reads it need not wait for one that hides more.
_registered: dict[str, tuple[_Match, ...]] = {}


_registering = threading.Lock()


def register_secret(value: str, shown: str = "…") -> None:
    """Have a value left out of all text from now on, however it is written: an exchange may quote what signed.

    Args:
        value: a key id or a secret.
        shown: what stands in its place.
    """
    global _registered  # noqa: PLW0603 - what this process must not show is one fact of it
    # A short one would garble every message, and is none that an exchange hands out.
    if len(value) < MIN_SECRET_LENGTH:
        return
    places: dict[str, list[_Match]] = {}
    for form in dict.fromkeys(map(_fold_case, _encodings(value))):
        for at in range(len(form) - _GRAM_LENGTH + 1):
            places.setdefault(form[at : at + _GRAM_LENGTH], []).append(_Match(form, at, shown))
    first = _fold_case(value)
    with _registering:
        if not any(place.form == first for place in _registered.get(first[:_GRAM_LENGTH], ())):
            _registered = _registered | {few: (*_registered.get(few, ()), *found) for few, found in places.items()}


def _encodings(value: str) -> Iterator[str]:
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


def _fold_case(text: str) -> str:
    """A text without the difference of capitals, as long as before."""
    folded = text.lower()
    return folded if len(folded) == len(text) else "".join(char.lower() if char.isascii() else char for char in text)


def occurs_in(value: str, text: str) -> bool:
    """Whether a value stands in a text, in whatever form."""
    folded = _fold_case(text)
    return any(_fold_case(form) in folded for form in _encodings(value))


def redact(text: str, before: str = "") -> str:
    """The same text without hidden values, in whatever form they or eight characters of them stand in it.

    Args:
        text: anything.
        before: the end of what was shown already, uncleared: a value that began there does not go on.
    """
    hidden = _registered
    whole = before + text
    folded = _fold_case(whole)
    kept: list[str] = []
    free = 0  # where the next hidden value may begin
    end = since = len(before)
    # Eight characters in a row hold four that begin at a multiple of four.
    for at in (
        [at for at in range(0, len(folded), _GRAM_LENGTH) if folded[at : at + _GRAM_LENGTH] in hidden] if hidden else ()
    ):
        runs = (_longest_match(folded, at, place, free) for place in hidden[folded[at : at + _GRAM_LENGTH]])
        begins, ends, shown = max(runs, key=_match_length)
        if at >= free and ends > end and ends - begins >= MIN_SECRET_LENGTH:
            is_told = since - begins >= MIN_SECRET_LENGTH  # then what stands in its place was shown before
            kept += (whole[end:begins], "" if is_told else shown)
            free = end = ends
    return "".join((*kept, whole[end:])) if kept else text


def _longest_match(text: str, at: int, place: _Match, since: int) -> tuple[int, int, str]:
    """How far a text and a hidden form agree around four characters: from, to, and what is shown instead."""
    form, position, shown = place
    before = 0
    while at - before > since and position > before and text[at - before - 1] == form[position - before - 1]:
        before += 1
    after = _GRAM_LENGTH
    while at + after < len(text) and position + after < len(form) and text[at + after] == form[position + after]:
        after += 1
    return at - before, at + after, shown


def _match_length(run: tuple[int, int, str]) -> int:
    return run[1] - run[0]
