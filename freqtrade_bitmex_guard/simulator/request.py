"""A request as a simulated exchange sees it, and what is kept of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """One HTTP request.

    The target, headers and body are as sent, because signatures cover them byte by byte.

    Attributes:
        verb: HTTP verb.
        path: without the exchange's `base_path` and without the query.
        target: the whole path with the query, as in the request line.
        headers: by lower-case name.
        body: raw.
        address: the client's IP address.
    """

    verb: str
    path: str
    target: str = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    address: str = "127.0.0.1"

    @property
    def full_path(self) -> str:
        """The path with the exchange's `base_path`, without the query."""
        return urlsplit(self.target).path

    @property
    def query_string(self) -> str:
        """The raw query, without the question mark."""
        return urlsplit(self.target).query

    @property
    def query(self) -> dict[str, str]:
        """The parsed query: the first value of each name, blank values left out."""
        return {name: values[0] for name, values in parse_qs(self.query_string).items()}

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form body."""
        return {name: values[0] for name, values in parse_qs(self.text).items()}

    @property
    def json(self) -> dict[str, Any]:
        """The JSON object in the body; empty if the body is no JSON object."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


@dataclass(frozen=True)
class RecordedRequest:
    """One request, and how it was answered.

    Attributes:
        request: as it came.
        route: the path under which it was answered (`SimulatedExchange.route_of`).
        key: id of the key that it names, or None.
        status: HTTP status of the response, or None for none at all.
    """

    request: Request
    route: str
    key: str | None = field(repr=False)
    status: int | None

    @property
    def verb(self) -> str:
        """HTTP verb."""
        return self.request.verb

    @property
    def path(self) -> str:
        """The path, without `base_path` and query."""
        return self.request.path

    @property
    def headers(self) -> dict[str, str]:
        """Headers by lower-case name."""
        return self.request.headers
