"""Objects that hold secrets in plain text, and values that are compared: neither tells what it holds.

A repr ends in a log or a traceback, a pickle in a file or another process, a copy is one more thing to look after, and
`==` takes longer the more of a secret was guessed.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import NoReturn, TypeVar, dataclass_transform

_T = TypeVar("_T")


def constant_time_equal(one: object, other: object) -> bool:
    """Whether two texts are the same, in constant time. None is the same as None only; all else is like nothing."""
    if not isinstance(one, str) or not isinstance(other, str):
        return one is other is None
    # Half a surrogate pair, as JSON can hold, is no UTF-8: it must compare as different, and not fail.
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def opaque(kind: type[_T]) -> type[_T]:
    """Make a class one whose objects are not printed, pickled or copied. Each is the same as itself only."""
    if kind.__repr__ is object.__repr__:
        kind.__repr__ = _hidden_repr  # type: ignore[method-assign]
    # Every way of pickling and copying asks for it.
    kind.__getstate__ = _refuse_state  # type: ignore[method-assign,assignment]
    return kind


@dataclass_transform(eq_default=False, frozen_default=True)
def opaque_dataclass(kind: type[_T]) -> type[_T]:
    """Make a class a frozen dataclass of that kind, which `dataclasses.asdict` does not take either."""
    made = dataclass(frozen=True, slots=True, eq=False, repr=False)(opaque(kind))
    del made.__dataclass_fields__  # type: ignore[attr-defined]
    return made


def _hidden_repr(held: object) -> str:
    return f"{type(held).__name__}(…)"


def _refuse_state(held: object) -> NoReturn:
    raise TypeError(f"{type(held).__name__} holds secrets: it is not pickled or copied")
