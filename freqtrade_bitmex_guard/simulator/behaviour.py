"""What the look-alike can be told to do instead of answering well."""

from __future__ import annotations

import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Respond:
    """Send this, whatever was asked.

    Attributes:
        status: HTTP status.
        body: as sent; `length` may lie about it.
        headers: in addition to Content-Type and Content-Length, which they may replace.
        seconds_a_byte: how long to wait before each byte of head and body; 0 sends all at once.
        cut_after: how many bytes of the body to send before the connection is reset; None sends all.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds_a_byte: float = 0.0
    cut_after: int | None = None


@dataclass(frozen=True)
class Hang:
    """Take the request and never answer, until the look-alike ends or the client goes away."""


@dataclass(frozen=True)
class Reset:
    """Reset the connection without a byte."""


Behaviour = Respond | Hang | Reset


def error(status: int, message: str, headers: dict[str, str] | None = None, name: str = "HTTPError") -> Respond:
    """An error in BitMEX's own shape."""
    body = json.dumps({"error": {"message": message, "name": name}}).encode()
    return Respond(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


def page(status: int, text: str = "<html> <head><title>403 Forbidden</title></head> </html>") -> Respond:
    """An HTML page where JSON was expected, as a ban, maintenance or a captive portal sends it."""
    return Respond(status, text.encode(), {"Content-Type": "text/html"})
