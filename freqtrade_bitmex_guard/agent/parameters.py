"""The types of the parameters in a route table. Each accepts what freqtrade's calls produce, and nothing else."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

# ASCII: \d and Decimal take the digits of every alphabet. No dot, because ".." is a path.
_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_ISO_TIME = re.compile(r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{3}Z", re.ASCII)
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?", re.ASCII)
_MAX_AMOUNT = 1e15
_MAX_COUNT = 1000
_FIRST_MILLIS, _LAST_MILLIS = 1_000_000_000_000, 9_999_999_999_999


class Parameter(Protocol):
    """One parameter of a route."""

    @property
    def required(self) -> bool:
        """Whether a request without it is refused."""
        ...

    def accepts(self, value: Any, symbols: Container[str]) -> bool:
        """Return whether a value is of this type.

        Args:
            value: as it came from the wire.
            symbols: the ids of the exchange's markets.
        """
        ...


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of some texts."""

    values: frozenset[str]
    required: bool = False

    def accepts(self, value: Any, _symbols: Container[str]) -> bool:
        """See `Parameter.accepts`."""
        return isinstance(value, str) and value in self.values


def one_of(*values: str, required: bool = False) -> OneOf:
    """Return the type of a text that is one of these."""
    return OneOf(frozenset(values), required)


@dataclass(frozen=True, slots=True)
class Identifier:
    """An id: letters, digits, _ and -."""

    required: bool = False

    def accepts(self, value: Any, _symbols: Container[str]) -> bool:
        """See `Parameter.accepts`."""
        return isinstance(value, str) and _IDENTIFIER.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Symbol:
    """The id of a market of the exchange."""

    required: bool = False

    def accepts(self, value: Any, symbols: Container[str]) -> bool:
        """See `Parameter.accepts`."""
        return isinstance(value, str) and value in symbols


@dataclass(frozen=True, slots=True)
class Number:
    """A positive number, not written as a text.

    Attributes:
        required: see `Parameter.required`.
        whole: whether it must have no fraction.
    """

    required: bool = False
    whole: bool = False

    def accepts(self, value: Any, _symbols: Container[str]) -> bool:
        """See `Parameter.accepts`."""
        if type(value) not in ((int,) if self.whole else (int, float)):
            return False
        return math.isfinite(value) and 0 < value <= _MAX_AMOUNT


@dataclass(frozen=True, slots=True)
class DecimalText:
    """A positive number, written as a text without sign and exponent."""

    required: bool = False

    def accepts(self, value: Any, _symbols: Container[str]) -> bool:
        """See `Parameter.accepts`."""
        return isinstance(value, str) and _DECIMAL.fullmatch(value) is not None and float(value) > 0


@dataclass(frozen=True, slots=True)
class Count:
    """How many entries of a list are wanted."""

    required: bool = False

    def accepts(self, value: Any, _symbols: Container[str]) -> bool:
        """See `Parameter.accepts`."""
        return type(value) is int and 0 < value <= _MAX_COUNT


@dataclass(frozen=True, slots=True)
class WholeOneOf:
    """One of some whole numbers."""

    values: frozenset[int]
    required: bool = False

    def accepts(self, value: Any, _symbols: Container[str]) -> bool:
        """See `Parameter.accepts`."""
        return type(value) is int and value in self.values


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    required: bool = False

    def accepts(self, value: Any, _symbols: Container[str]) -> bool:
        """See `Parameter.accepts`."""
        return type(value) is bool


@dataclass(frozen=True, slots=True)
class IsoTime:
    """A moment as ccxt writes it, in UTC with milliseconds."""

    required: bool = False

    def accepts(self, value: Any, _symbols: Container[str]) -> bool:
        """See `Parameter.accepts`."""
        return isinstance(value, str) and _ISO_TIME.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Millis:
    """A moment in Unix milliseconds."""

    required: bool = False

    def accepts(self, value: Any, _symbols: Container[str]) -> bool:
        """See `Parameter.accepts`."""
        return type(value) is int and _FIRST_MILLIS <= value <= _LAST_MILLIS


@dataclass(frozen=True, slots=True)
class Seconds:
    """A moment in Unix seconds."""

    required: bool = False

    def accepts(self, value: Any, _symbols: Container[str]) -> bool:
        """See `Parameter.accepts`."""
        return type(value) is int and _FIRST_MILLIS // 1000 <= value <= _LAST_MILLIS // 1000


@dataclass(frozen=True, slots=True)
class JsonText:
    """A JSON object in a text, of one member, in the form that ccxt writes.

    Attributes:
        members: the types of the members; True stands for the literal.
        required: see `Parameter.required`.
    """

    members: Mapping[str, Parameter | bool]
    required: bool = False

    def accepts(self, value: Any, symbols: Container[str]) -> bool:
        """See `Parameter.accepts`."""
        if not isinstance(value, str) or len(value) > 200 or not value.isascii():
            return False
        try:
            content = json.loads(value)
        except (ValueError, RecursionError):
            return False
        # Compared as text, so that spaces, escapes and doubled names cannot differ for another reader.
        if not isinstance(content, dict) or json.dumps(content, separators=(",", ":")) != value or len(content) != 1:
            return False
        ((name, inside),) = content.items()
        kind = self.members.get(name)
        if kind is None:
            return False
        return inside is kind if isinstance(kind, bool) else kind.accepts(inside, symbols)
