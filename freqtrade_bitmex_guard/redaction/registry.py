"""The registry of secrets, and their removal from text."""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus


class _Match(NamedTuple):
    """Where four characters are in one encoding of a registered secret.

    Attributes:
        form: the encoding, in lower case.
        position: of the first of the four characters in it.
        replacement: what is shown instead of the secret.
    """

    form: str
    position: int
    replacement: str


MIN_SECRET_LENGTH = 8
OVERLAP = 2 * MIN_SECRET_LENGTH
"""How much of the text before it `redact` has to know, to see that a secret goes on."""

_GRAM_LENGTH = 4

# On some exchanges the signature is a part of the URL, and ccxt's errors quote the URL: whoever sees it can send the
# same request again for a while.
_URL_SIGNATURE = re.compile(r"([?&;]|u0026|%26)([Ss]ignature(?:=|%3[Dd]))[\w%+/=.~-]+")

# Every run of four characters of a registered form, and where it is. The dictionary is replaced and never changed, so
# that a thread that reads it need not wait for one that registers more.
_registered: dict[str, tuple[_Match, ...]] = {}
# The values themselves, each with what is shown instead: a child that is spawned is sent them.
_values: dict[str, str] = {}
_registering = threading.Lock()


def register_secret(value: str, replacement: str = "…") -> None:
    """Have a value redacted from now on, in every encoding: an exchange may quote what signed.

    Args:
        value: a key id or a secret. One of fewer than eight characters is not registered: it would garble every
            message, and no exchange issues one.
        replacement: what is shown instead.
    """
    global _registered  # noqa: PLW0603 - what must not be shown is the same for the whole process
    if len(value) < MIN_SECRET_LENGTH:
        return
    added: dict[str, list[_Match]] = {}
    for form in dict.fromkeys(map(_fold_case, _encodings(value))):
        for position in range(len(form) - _GRAM_LENGTH + 1):
            gram = form[position : position + _GRAM_LENGTH]
            added.setdefault(gram, []).append(_Match(form, position, replacement))
    plain = _fold_case(value)
    with _registering:
        _values.setdefault(value, replacement)
        if not any(match.form == plain for match in _registered.get(plain[:_GRAM_LENGTH], ())):
            _registered = _registered | {gram: (*_registered.get(gram, ()), *new) for gram, new in added.items()}


def registered_values() -> tuple[tuple[str, str], ...]:
    """Return each registered value and its replacement. Hand them on at once, and only to a child process."""
    with _registering:
        return tuple(_values.items())


def _encodings(value: str) -> Iterator[str]:
    """Yield a value as a text may hold it: plain, as code, in JSON, HTML or a URL, hexadecimal, in base32 or base64."""
    yield value
    plain = value.encode("utf-8", "surrogatepass")
    in_json = json.dumps(value)[1:-1]
    yield from (repr(value)[1:-1], in_json, json.dumps(in_json)[1:-1], in_json.replace("/", "\\/"), html.escape(value))
    # The last set of characters is the one that ccxt leaves alone in a URL.
    for safe in ("", "/", "~()*!.'"):
        yield quote(plain, safe=safe)
    yield from (quote_plus(plain), "".join(f"%{byte:02x}" for byte in plain))
    yield from (plain.hex(), base64.b32encode(plain).decode().rstrip("="))
    # Three bytes make four characters, so the number of bytes before the value decides which of three forms it takes,
    # as in the `user:secret` of an HTTP header. The characters at both ends hold bits of the neighbours, too.
    for offset in range(3):
        whole = slice(-(-offset * 8 // 6), (offset + len(plain)) * 8 // 6)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(offset) + plain).decode()[whole]


def _fold_case(text: str) -> str:
    """Return a text in lower case and of the same length."""
    folded = text.lower()
    return folded if len(folded) == len(text) else "".join(char.lower() if char.isascii() else char for char in text)


def spellings(value: str) -> list[str]:
    """Return a value in every encoding in which a text may hold it, each once; case does not count."""
    return list(dict.fromkeys(map(_fold_case, _encodings(value))))


def occurs_in(value: str, text: str) -> bool:
    """Return whether a text holds a value in any encoding."""
    folded = _fold_case(text)
    return any(form in folded for form in spellings(value))


def redact(text: str, before: str = "") -> str:
    """Remove registered secrets, parts of eight characters or more, in every encoding, and signatures in URLs.

    Args:
        text: anything.
        before: the end of the text before it, not redacted, so that a secret that began there does not go on.
    """
    text = _redact_registered(text, before)
    return _URL_SIGNATURE.sub(r"\1\2…", text) if "ignature" in text else text


def _redact_registered(text: str, before: str) -> str:
    registered = _registered
    whole = before + text
    folded = _fold_case(whole)
    kept: list[str] = []
    next_start = 0  # where the next secret may begin
    start = end = len(before)
    # Eight characters in a row hold four that begin at a multiple of four.
    grams = range(0, len(folded), _GRAM_LENGTH) if registered else ()
    for at in [at for at in grams if folded[at : at + _GRAM_LENGTH] in registered]:
        runs = (_longest_run(folded, at, match, next_start) for match in registered[folded[at : at + _GRAM_LENGTH]])
        run_start, run_end, replacement = max(runs, key=_run_length)
        if at >= next_start and run_end > end and run_end - run_start >= MIN_SECRET_LENGTH:
            is_replaced = start - run_start >= MIN_SECRET_LENGTH  # the replacement was shown with the text before
            kept += (whole[end:run_start], "" if is_replaced else replacement)
            next_start = end = run_end
    return "".join((*kept, whole[end:])) if kept else text


def _longest_run(text: str, at: int, match: _Match, first: int) -> tuple[int, int, str]:
    """Return how far a text and a registered form agree around four characters: start, end and replacement.

    Args:
        text: the folded text.
        at: where the four characters are in it.
        match: where they are in the form.
        first: where the run may begin.
    """
    form, position, replacement = match
    before = 0
    while at - before > first and position > before and text[at - before - 1] == form[position - before - 1]:
        before += 1
    after = _GRAM_LENGTH
    while at + after < len(text) and position + after < len(form) and text[at + after] == form[position + after]:
        after += 1
    return at - before, at + after, replacement


def _run_length(run: tuple[int, int, str]) -> int:
    return run[1] - run[0]
