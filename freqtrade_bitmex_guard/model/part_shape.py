"""What a part of an exchange's keys looks like, as far as that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartShape:
    """What a part of an exchange's keys looks like.

    Attributes:
        pattern: what every such part matches as a whole, where that is documented or certain; else empty.
        words: the same for a person, as it continues "has".
        usual: what it matches as far as anybody has seen; it only shows that two parts were swapped.
    """

    pattern: str
    words: str = ""
    usual: str = ""


def usual_shapes(key: str, secret: str) -> Mapping[str, PartShape]:
    """Return shapes of which none is certain, so that they only show that the two were swapped.

    Args:
        key: what a key id matches as a whole.
        secret: what a secret matches.
    """
    return {"key": PartShape("", usual=key), "secret": PartShape("", usual=secret)}
