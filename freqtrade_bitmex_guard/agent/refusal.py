"""The refusal of one request."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a route does."""

    READ = "read"
    ORDER = "order"
    CANCEL = "cancel"
    LEVERAGE = "leverage"


class RefusedError(Exception):
    """The agent does not let a request through.

    Attributes:
        limit: the name of the limit or rule, one word.
        kind: what the request would have done, as far as that is known.
        text: why, for the operator; it holds no secret and nothing that the bot wrote.
    """

    def __init__(self, limit: str, text: str, kind: Kind | None = None) -> None:
        super().__init__(f"{limit}: {text}")
        self.limit = limit
        self.text = text
        self.kind = kind
