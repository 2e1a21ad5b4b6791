"""What is known of a key, in words that fit every exchange.

A fact is yes, no, or not told; not told is never yes. The exchange's own word always stands beside our own kind,
because the operator's policy is written in the exchange's words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import TypeVar

from freqtrade_bitmex_guard.model.networks import Network

_T = TypeVar("_T")


class PermissionKind(StrEnum):
    """The few kinds of things a key can do, whatever an exchange calls them."""

    READ = "read"
    TRADE = "trade"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"
    TRANSFER = "transfer"
    MANAGE_KEYS = "manage keys"
    UNKNOWN = "unknown"


FORBIDDEN_KINDS = (PermissionKind.WITHDRAW, PermissionKind.TRANSFER, PermissionKind.MANAGE_KEYS)


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """One right of a key.

    Attributes:
        name: what the exchange calls it, exactly.
        kind: what it lets the key do.
    """

    name: str
    kind: PermissionKind


@dataclass(frozen=True, slots=True)
class Unrestricted:
    """The key works from every address.

    Attributes:
        reason: what on the key says so, for a person.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class RestrictedTo:
    """The key works from these addresses only.

    Attributes:
        networks: the blocks, as written on the key, host bits cleared.
        unreadable: blocks that are not of the form address or address/prefix, made harmless.
    """

    networks: tuple[Network, ...]
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotReported:
    """The exchange did not say, or says "limited" without saying to what.

    Attributes:
        reason: for a person.
    """

    reason: str


IpRestriction = Unrestricted | RestrictedTo | NotReported


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """All that the exchange tells of one key.

    Attributes:
        permissions: its rights, or None if not told.
        ip_restriction: where it works from.
        enabled: whether it is switched on, or None if the exchange does not tell (a signed answer proves it then).
        name: its name on the exchange, exactly as told, or None; not in a repr, for people write secrets into names.
        created: when it was made, or None.
        user_id: whose key it is, or None.
        account_id: which account it acts on, or None.
    """

    permissions: frozenset[Permission] | None
    ip_restriction: IpRestriction
    enabled: bool | None = None
    name: str | None = field(default=None, repr=False)
    created: datetime | None = None
    user_id: str | None = None
    account_id: str | None = None


def merge_entries(facts: Sequence[KeyFacts]) -> KeyFacts:
    """What a key can do that an exchange lists more than once: everything that any of the entries says.

    Args:
        facts: at least one entry.

    Returns:
        The union of rights and addresses; switched off if any entry says so. What else the entries do not agree on is
        not told.
    """
    return reduce(_merge_two, facts)


def _merge_two(one: KeyFacts, other: KeyFacts) -> KeyFacts:
    permissions = None
    if one.permissions is not None and other.permissions is not None:
        permissions = one.permissions | other.permissions
    return KeyFacts(
        permissions=permissions,
        ip_restriction=_wider_restriction(one.ip_restriction, other.ip_restriction),
        enabled=False if False in (one.enabled, other.enabled) else _same_or_none(one.enabled, other.enabled),
        name=_same_or_none(one.name, other.name),
        created=_same_or_none(one.created, other.created),
        user_id=_same_or_none(one.user_id, other.user_id),
        account_id=_same_or_none(one.account_id, other.account_id),
    )


def _same_or_none(one: _T | None, other: _T | None) -> _T | None:
    return one if one == other else None


def _wider_restriction(one: IpRestriction, other: IpRestriction) -> IpRestriction:
    for limit in (one, other):
        if isinstance(limit, Unrestricted):
            return limit
    if isinstance(one, RestrictedTo) and isinstance(other, RestrictedTo):
        return RestrictedTo(
            tuple(dict.fromkeys(one.networks + other.networks)), tuple(dict.fromkeys(one.unreadable + other.unreadable))
        )
    return one if isinstance(one, NotReported) else other
