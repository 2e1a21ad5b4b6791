"""One response of an exchange: hostile input until proven otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

_MAX_DIGITS = 100


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """The response to one request.

    Attributes:
        status: the HTTP status.
        headers: by lower-case name.
        body: as sent, decompressed, 4 MB and 160,000 values at most.
        received_at: this machine's clock when it arrived, in Unix seconds.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: float

    def __repr__(self) -> str:
        return f"Response({self.status}, {len(self.body)} bytes)"

    def json(self) -> Any:
        """Return the body as JSON.

        Raises:
            ValueError: if it is not UTF-8 or not JSON, is nested too deeply, holds NaN, Infinity or a number of more
                than 100 digits, or has a name twice in one object, where readers differ in which one they take.
        """
        kinds: dict[str, Any] = {"parse_constant": _reject_constant, "parse_int": _parse_int}
        try:
            return json.loads(self.body.decode("utf-8"), object_pairs_hook=_reject_duplicates, **kinds)
        except RecursionError:
            raise ValueError("nested too deeply") from None


Observer = Callable[[Response], None]
"""Called with each response, in the thread of its request."""


def ignore(_: Response) -> None:
    """Observe nothing."""


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return names


def _parse_int(digits: str) -> int:
    # An operator can lift Python's own limit, and the time grows with the square of the digits.
    if len(digits) > _MAX_DIGITS:
        raise ValueError("a number is too long")
    return int(digits)


def _reject_constant(_name: str) -> NoReturn:
    raise ValueError("not a JSON number")


def retry_after(response: Response) -> float | None:
    """Return the seconds that the Retry-After header asks to wait (RFC 9110, 10.2.3), or None."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
