"""What is known of the account around a key: what its owner did, or left undone, to keep it safe.

Everything here is told, or it is `NotTold`, which is never the same as fine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported

NOT_QUERIED = NotReported("it was not asked")


class AccountQuery(Enum):
    """What has to be asked of the exchange beside the key itself, one request each."""

    TWO_FACTOR = auto()
    WITHDRAWAL_ADDRESSES = auto()
    EVENTS = auto()


@dataclass(frozen=True, slots=True)
class SiblingKey:
    """Another key of the same account.

    Attributes:
        shown: its id, masked.
        mark: tells it from all others without showing its id.
        facts: what is known of it, or None if it is described oddly.
    """

    shown: str
    mark: str
    facts: KeyFacts | None


@dataclass(frozen=True, slots=True)
class WithdrawalAddress:
    """A saved address that money can be sent to.

    Attributes:
        name: as its owner called it, exactly as told; or the start of the address.
        skips: which safeguards a withdrawal to it skips, in the exchange's words.
    """

    name: str
    skips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """Something that happened to the account.

    Attributes:
        word: what the exchange calls it, exactly, but cut where it is far too long.
        moment: when.
        address: from which address, as told, cut likewise; or None.
        status: how it ended, as told, cut likewise; or None.
        weighty: whether it changes who can get at the money.
        makes_a_key: whether it is the making of an API key.
    """

    word: str
    moment: datetime
    address: str | None
    status: str | None
    weighty: bool
    makes_a_key: bool = False


@dataclass(frozen=True, slots=True)
class EventLog:
    """What happened to the account.

    Attributes:
        events: the newest first.
        whole_since: since when none is missing, or None if even that is unknown.
    """

    events: tuple[AccountEvent, ...]
    whole_since: datetime | None

    def since(self, moment: datetime) -> tuple[AccountEvent, ...]:
        """The events from a moment on."""
        return tuple(event for event in self.events if event.moment >= moment)

    def covers(self, moment: datetime) -> bool:
        """Whether no event from a moment on is missing."""
        return self.whole_since is not None and self.whole_since <= moment


BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the exchange tells of the account.

    Attributes:
        two_factor: whether logging in takes a second factor.
        others: its other keys.
        withdrawal_addresses: where money can be sent.
        timeline: what happened to it.
    """

    two_factor: bool | NotReported = NOT_QUERIED
    others: tuple[SiblingKey, ...] | NotReported = NOT_QUERIED
    withdrawal_addresses: tuple[WithdrawalAddress, ...] | NotReported = NOT_QUERIED
    timeline: EventLog | NotReported = NOT_QUERIED


@dataclass(frozen=True, slots=True)
class Evidence:
    """A key and the account around it, at one moment.

    Attributes:
        key: the bot's own.
        account: around it.
        now: the moment, in UTC.
    """

    key: KeyFacts
    account: AccountFacts
    now: datetime
