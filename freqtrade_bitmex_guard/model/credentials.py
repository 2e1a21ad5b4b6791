"""Credentials in memory: hard to print, to compare carelessly, to copy to disk."""

from __future__ import annotations

import re
from typing import final

from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.opaque import constant_time_equal, opaque, opaque_dataclass
from freqtrade_bitmex_guard.redaction.registry import register_secret
from freqtrade_bitmex_guard.redaction.sanitize import mask_id

PARTS = {"key": "key id", "secret": "secret"}


"""The parts of `Credentials`, each with its words for a person."""


_ONE_VISIBLE_LINE = re.compile(r"[\x21-\x7e]{1,4096}")


@final
@opaque
class Secret:
    """A value that shows itself only when asked by name."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The value itself. Hand it on at once, and never to anything that prints."""
        return self.__value

    def matches(self, other: object) -> bool:
        """Whether another value is the same, in constant time."""
        return constant_time_equal(self.__value, other)

    # Equality would invite comparisons that leak time, and hashing would put secrets into sets and caches.
    __eq__ = None  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]


@final
@opaque_dataclass
class Credentials:
    """A key id and its secret.

    Attributes:
        key: the id, by which the exchange knows the key.
        secret: what requests are signed with.
    """

    key: Secret
    secret: Secret

    def __post_init__(self) -> None:
        """From now on neither is shown, whoever says it: see `redaction.hide`."""
        register_secret(self.secret.reveal())
        register_secret(self.key.reveal(), self.masked_id)

    @property
    def masked_id(self) -> str:
        """The key id as it may be shown."""
        return mask_id(self.key.reveal())

    def matches(self, other: Credentials) -> bool:
        """Whether others are the same, both parts, in constant time."""
        return self.key.matches(other.key.reveal()) & self.secret.matches(other.secret.reveal())

    def __repr__(self) -> str:
        return f"Credentials({self.masked_id})"


def parse_credential(value: str, name: str, place: str) -> Secret:
    """Take a value out of a store.

    Args:
        value: as the store gave it.
        name: `key` or `secret`.
        place: where it came from, for a person; no secret.

    Returns:
        The value, wrapped.

    Raises:
        GuardError: misconfigured, if it is not one line of visible ASCII. The value is not shown.
    """
    if not _ONE_VISIBLE_LINE.fullmatch(value):
        what = "is empty" if not value.strip() else "holds a space, a line break or another character no key has"
        fail(
            "credentials-malformed",
            f"The {name} in {place} {what}.",
            f"Store the {name} again, exactly as the exchange showed it, on one line.",
        )
    return Secret(value)
