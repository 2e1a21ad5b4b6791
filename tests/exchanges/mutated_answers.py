"""A good answer of an exchange with something changed: every type, every value, every field, and the text itself."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from tests.support.factories import KEY_ID, SECRET

_JUNK: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    2**70,
    1.5,
    "",
    " ",
    "0",
    "1",
    "true",
    "false",
    [],
    {},
    [None],
    [[]],
]
_JUNK += [{"": None}, "\x00", "\ud800", SECRET, KEY_ID, "x" * 5000, [1, 2], {"a": [1]}, "1970-01-01T00:00:00Z", 10**12]
_WORDS = ["withdraw", "Withdraw", " trade", "trade\n", "TRADE", "enableBrandNew", "*", "all", "", "admin", "transfer"]
_WORDS += ["w\u0456thdraw", "\uff57ithdraw", "trade,withdraw", SECRET]
_BLOCKS = [
    "0.0.0.0/0",
    "0.0.0.0",
    "0.0.0.0/1",
    "::/0",
    "::",
    "",
    " ",
    "*",
    "127.0.0.0/8",
    "127.0.0.2",
    "203.0.113.7/33",
]
_BLOCKS += ["::ffff:127.0.0.1", "::ffff:0:0/96", "127.0.0.1 ", "127.0.0.1,0.0.0.0/0", "localhost", "2130706433", "any"]

Slot = tuple[Any, Any]
"""A container and the key or index of a value in it."""


def change_some(bodies: list[Any], words: list[str], seed: int) -> list[bytes]:
    """Return the answers with one to three changes, as they would come over the wire.

    Args:
        bodies: good answers, in their order.
        words: the exchange's permissions.
        seed: decides what is changed.
    """
    chance = Random(seed)
    changed: list[Any] = copy.deepcopy(bodies)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        slots = list(_slots(changed))
        if slots:
            chance.choice(_CHANGES)(*chance.choice(slots), chance, [*words, *_WORDS])
    texts = [json.dumps(body) for body in changed]
    if not chance.randrange(12):
        at = chance.randrange(len(texts))
        texts[at] = chance.choice(_TEXTS)(texts[at], chance)
    return [text.encode("utf-8", "surrogatepass") for text in texts]


def _slots(container: Any) -> Iterator[Slot]:
    """Yield the place of every value, at any depth; the answers themselves are places, too."""
    keys = list(container) if isinstance(container, dict) else range(len(container))
    for key in keys:
        yield container, key
        if isinstance(container[key], dict | list):
            yield from _slots(container[key])


def _draw(values: list[Any], chance: Random) -> Any:
    """Return a copy of one of them: a later change must change neither the table nor another place."""
    return copy.deepcopy(chance.choice(values))


def _replace(container: Any, key: Any, chance: Random, words: list[str]) -> None:
    container[key] = _draw([*_JUNK, chance.choice(words), chance.choice(_BLOCKS)], chance)


def _remove(container: Any, key: Any, chance: Random, words: list[str]) -> None:
    if isinstance(container, dict) or len(container) > 1:
        del container[key]


def _retype(container: Any, key: Any, chance: Random, words: list[str]) -> None:
    """Write a value in another type that a careless reader takes for the same."""
    value = container[key]
    others: list[Any] = [
        str(value),
        [copy.deepcopy(value)],
        {"value": copy.deepcopy(value)},
        {str(value): True},
        json.dumps(value),
    ]
    if isinstance(value, bool):
        others += [not value] * 5 + [int(value), str(value).lower()]
    if isinstance(value, int):
        others += [float(value), value + 1, -value, not value]
    if isinstance(value, str) and value.isdecimal():
        others += [int(value), str(int(value) + 1), f"0{value}"]
    container[key] = chance.choice(others)


def _respell(container: Any, key: Any, chance: Random, words: list[str]) -> None:
    value = container[key]
    if isinstance(value, str):
        spellings = [value.upper(), value.lower(), f" {value}", f"{value} ", value[:-1], f"{value}\n", value * 2]
        spellings += [f"{value},{chance.choice(words)}", f"{value},{chance.choice(_BLOCKS)}", f"{value}*"]
        container[key] = chance.choice(spellings)


def _grow(container: Any, key: Any, chance: Random, words: list[str]) -> None:
    """Add to a list or an object what might be one more permission, or one more address."""
    value = container[key]
    if isinstance(value, list):
        more = [chance.choice(words), chance.choice(_BLOCKS), chance.choice(_JUNK), *copy.deepcopy(value[:1])]
        value.insert(chance.randrange(len(value) + 1), _draw(more, chance))
    elif isinstance(value, dict):
        old = chance.choice(list(value) or ["x"])
        new = chance.choice([chance.choice(words), old.upper(), f"{old} ", f"_{old}", f"{old}2", f"is{old.title()}"])
        value[new] = _draw([True, False, "FULL_ACCESS", *[*value.values()][:3], *_JUNK], chance)


def _swap(container: Any, key: Any, chance: Random, words: list[str]) -> None:
    other = chance.choice(list(container) if isinstance(container, dict) else range(len(container)))
    container[key], container[other] = container[other], container[key]


_CHANGES: list[Callable[[Any, Any, Random, list[str]], None]] = [
    *(_replace, _remove, _retype, _respell, _grow, _grow),
    _swap,
]


def _twice(text: str, chance: Random) -> str:
    """Write one field a second time, with another value."""
    starts = [at for at, char in enumerate(text) if char == "{"]
    if not starts:
        return text
    names = [part for part in text.split('"')[1::2] if part.isidentifier()] or ["x"]
    at = chance.choice(starts) + 1
    field = f'"{chance.choice(names)}": {chance.choice(("true", "false", "[]", "null", json.dumps("127.0.0.1")))}'
    return f"{text[:at]}{field}{', ' if text[at] != '}' else ''}{text[at:]}"


_TEXTS: list[Callable[[str, Random], str]] = [
    lambda text, chance: text[: chance.randrange(len(text))],
    lambda text, chance: f"{text}{chance.choice(('x', '{}', ' ', chr(0)))}",
    lambda text, chance: text.replace("true", "NaN", 1).replace("0", "Infinity", 1),
    lambda text, chance: chance.choice(("", "<html>", "null", "[]", "{}", '"ok"', "[" * 5000)),
    *(_twice, _twice, _twice),
]
