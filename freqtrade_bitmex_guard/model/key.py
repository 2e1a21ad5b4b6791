"""The facts of one API key, in words that fit every exchange.

A fact is true, false or not reported, and "not reported" never counts as fine. A permission keeps the exchange's own
name beside our kind, because the operator writes the policy in the exchange's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import TypeVar

from freqtrade_bitmex_guard.model.networks import Network, parse_network
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_T = TypeVar("_T")

_MAX_BLOCK_LENGTH = 40  # of an unreadable block in a message


class PermissionKind(StrEnum):
    """What a permission lets a key do, whatever the exchange calls it."""

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
    """One permission of a key.

    Attributes:
        name: the exchange's name for it, exactly.
        kind: what it lets the key do.
        note: what else it allows and cannot be split from it, as a whole sentence, or empty.
    """

    name: str
    kind: PermissionKind
    note: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Unrestricted:
    """The key works from every address.

    Attributes:
        reason: what on the key shows it.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class RestrictedTo:
    """The key works from these addresses only.

    Attributes:
        networks: the blocks on the key, with host bits cleared.
        unreadable: blocks that are not of the form address or address/prefix, sanitized.
    """

    networks: tuple[Network, ...]
    unreadable: tuple[str, ...] = ()

    @classmethod
    def from_texts(cls, blocks: Iterable[str]) -> RestrictedTo:
        """Read the blocks of a key.

        Args:
            blocks: as the exchange reports them. A block without text is unreadable; an exchange that means "every
                address" by it is to be read as `Unrestricted` first.
        """
        networks: list[Network] = []
        unreadable = []
        for block in blocks:
            try:
                networks.append(parse_network(block))
            except ValueError:
                unreadable.append(sanitize(block, _MAX_BLOCK_LENGTH))
        return cls(tuple(networks), tuple(unreadable))


@dataclass(frozen=True, slots=True)
class RestrictedUndisclosed:
    """The key is restricted, but the exchange does not report to which addresses.

    Attributes:
        reason: what on the key shows it.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class NotReported:
    """The exchange did not report something that it could have.

    Attributes:
        reason: why, as far as is known.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class NotSupported:
    """The exchange has no IP restriction.

    Attributes:
        reason: why.
    """

    reason: str


IpRestriction = Unrestricted | RestrictedTo | RestrictedUndisclosed | NotReported | NotSupported


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What the exchange reports of one key.

    Attributes:
        permissions: its permissions, or None if not reported.
        ip_restriction: from where it works.
        enabled: whether it is switched on, or None if not reported (the answer to a signed request then proves it).
        name: its name on the exchange, exactly, or None. Not in a repr, because people write secrets into names.
        created: when it was made, or None.
        expires: when it stops working, or None if it never does or that is not reported.
        user_id: whose key it is, or None.
        account_id: which account it acts on, or None.
    """

    permissions: frozenset[Permission] | None
    ip_restriction: IpRestriction
    enabled: bool | None = None
    name: str | None = field(default=None, repr=False)
    created: datetime | None = None
    expires: datetime | None = None
    user_id: str | None = None
    account_id: str | None = None


def merge_entries(facts: Sequence[KeyFacts]) -> KeyFacts:
    """Merge the entries of a key that the exchange lists more than once into the most that any of them grants.

    Args:
        facts: at least one entry.

    Returns:
        All permissions and addresses together, and the earliest expiry; switched off if any entry says so. Anything
        else on which the entries disagree counts as not reported.
    """
    return reduce(_merge_two, facts)


def _merge_two(left: KeyFacts, right: KeyFacts) -> KeyFacts:
    permissions = None
    if left.permissions is not None and right.permissions is not None:
        permissions = left.permissions | right.permissions
    return KeyFacts(
        permissions=permissions,
        ip_restriction=_wider_restriction(left.ip_restriction, right.ip_restriction),
        enabled=False if False in (left.enabled, right.enabled) else _same_or_none(left.enabled, right.enabled),
        name=_same_or_none(left.name, right.name),
        created=_same_or_none(left.created, right.created),
        expires=min((end for end in (left.expires, right.expires) if end is not None), default=None),
        user_id=_same_or_none(left.user_id, right.user_id),
        account_id=_same_or_none(left.account_id, right.account_id),
    )


def _same_or_none(left: _T | None, right: _T | None) -> _T | None:
    return left if left == right else None


def _wider_restriction(left: IpRestriction, right: IpRestriction) -> IpRestriction:
    if isinstance(left, RestrictedTo) and isinstance(right, RestrictedTo):
        return RestrictedTo(
            tuple(dict.fromkeys(left.networks + right.networks)),
            tuple(dict.fromkeys(left.unreadable + right.unreadable)),
        )
    # The one that is judged more severely wins.
    for kind in (Unrestricted, NotReported, NotSupported):
        for restriction in (left, right):
            if isinstance(restriction, kind):
                return restriction
    return left if isinstance(left, RestrictedUndisclosed) else right
