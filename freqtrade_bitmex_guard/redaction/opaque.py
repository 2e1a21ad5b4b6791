"""Objects that hold secrets in plain text and do not show them.

They protect against accidents: a repr ends up in a log or a traceback, a pickle in a file or another process, and a
copy is one more thing to look after. They hide nothing from code in this process, in which ccxt's clients hold the same
values as plain attributes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, TypeVar, dataclass_transform

_T = TypeVar("_T")


def same_text(left: object, right: object) -> bool:
    """Return whether two texts are equal. None equals only None; anything else equals nothing."""
    return left == right if isinstance(left, str) and isinstance(right, str) else left is right is None


def opaque(kind: type[_T]) -> type[_T]:
    """Keep objects of a class from being printed, pickled or copied.

    The class must not define `__eq__`, so that an object equals only itself.
    """
    if kind.__repr__ is object.__repr__:
        kind.__repr__ = _opaque_repr  # type: ignore[method-assign]
    # Every way of pickling and copying calls it.
    kind.__getstate__ = _refuse_state  # type: ignore[method-assign,assignment]
    return kind


@dataclass_transform(eq_default=False, frozen_default=True)
def opaque_dataclass(kind: type[_T]) -> type[_T]:
    """Make an opaque class a frozen dataclass that `dataclasses.asdict` does not take."""
    made = dataclass(frozen=True, slots=True, eq=False, repr=False)(opaque(kind))
    del made.__dataclass_fields__  # type: ignore[attr-defined]
    return made


def _opaque_repr(instance: object) -> str:
    return f"{type(instance).__name__}(…)"


def _refuse_state(instance: object) -> NoReturn:
    raise TypeError(f"{type(instance).__name__} holds secrets: it is not pickled or copied")
