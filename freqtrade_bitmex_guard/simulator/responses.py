"""What a simulated exchange does about a request: a response as sent, silence, or a reset."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Response:
    """An HTTP response, and the manner in which it is sent.

    Attributes:
        status: HTTP status.
        body: as sent; a `Content-Length` among the headers may lie about it.
        headers: in addition to Content-Type and Content-Length, which they may replace.
        seconds_per_byte: pause before each byte of head and body; 0 sends all at once.
        reset_after: number of body bytes sent before the connection is reset; None sends all.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds_per_byte: float = 0.0
    reset_after: int | None = None


@dataclass(frozen=True)
class Hang:
    """Never respond, until the simulated exchange ends or the client goes away."""


@dataclass(frozen=True)
class Reset:
    """Reset the connection without sending a byte."""


Reaction = Response | Hang | Reset


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Build a JSON response."""
    return Response(
        status, json.dumps(content).encode(), {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    )


def page(status: int, text: str = "<html> <head><title>403 Forbidden</title></head> </html>") -> Response:
    """Build an HTML page where JSON is expected, as a ban, maintenance or a captive portal sends it."""
    return Response(status, text.encode(), {"Content-Type": "text/html"})
