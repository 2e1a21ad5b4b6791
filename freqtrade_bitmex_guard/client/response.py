"""One answer of an exchange: hostile input until proven otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

_MAX_DIGITS = 100


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """What came back for one request.

    Attributes:
        status: the HTTP status.
        headers: by lower-case name.
        body: as sent, decompressed, 4 MB and 160,000 values at most.
        received_at: this machine's clock when it came, in Unix seconds.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: float

    def __repr__(self) -> str:
        return f"Answer({self.status}, {len(self.body)} bytes)"

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: if it is not UTF-8 or not JSON, is nested too deeply, holds NaN, Infinity or a number without
                end, or gives one name twice in an object, of which every reader would take another.
        """
        kinds: dict[str, Any] = {"parse_constant": _reject_constant, "parse_int": _parse_int}
        try:
            return json.loads(self.body.decode("utf-8"), object_pairs_hook=_reject_duplicates, **kinds)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return names


def _parse_int(digits: str) -> int:
    # Python's own limit is an operator's to lift, and each digit more takes longer than the one before.
    if len(digits) > _MAX_DIGITS:
        raise ValueError("a number is longer than any")
    return int(digits)


def _reject_constant(_name: str) -> NoReturn:
    raise ValueError("not a JSON number")


def retry_after(answer: Response) -> float | None:
    """Seconds that an answer's Retry-After header asks to wait (RFC 9110, 10.2.3), or None."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return None
