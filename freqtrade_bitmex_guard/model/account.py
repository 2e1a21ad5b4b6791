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
        masked_id: its id, masked.
        fingerprint: tells it from all others without showing its id.
        facts: what is known of it, or None if it is described oddly.
    """

    masked_id: str
    fingerprint: str
    facts: KeyFacts | None


@dataclass(frozen=True, slots=True)
class WithdrawalAddress:
    """A saved address that money can be sent to.

    Attributes:
        name: as its owner called it, exactly as told; or the start of the address.
        skipped_safeguards: which safeguards a withdrawal to it skips, in the exchange's words.
    """

    name: str
    skipped_safeguards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """Something that happened to the account.

    Attributes:
        type: what the exchange calls it, exactly, but cut where it is far too long.
        time: when.
        ip: from which address, as told, cut likewise; or None.
        status: how it ended, as told, cut likewise; or None.
        security_relevant: whether it changes who can get at the money.
        creates_key: whether it is the making of an API key.
    """

    type: str
    time: datetime
    ip: str | None
    status: str | None
    security_relevant: bool
    creates_key: bool = False


@dataclass(frozen=True, slots=True)
class EventLog:
    """What happened to the account.

    Attributes:
        events: the newest first.
        complete_since: since when none is missing, or None if even that is unknown.
    """

    events: tuple[AccountEvent, ...]
    complete_since: datetime | None

    def since(self, moment: datetime) -> tuple[AccountEvent, ...]:
        """The events from a moment on."""
        return tuple(event for event in self.events if event.time >= moment)

    def covers(self, moment: datetime) -> bool:
        """Whether no event from a moment on is missing."""
        return self.complete_since is not None and self.complete_since <= moment


BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the exchange tells of the account.

    Attributes:
        two_factor: whether logging in takes a second factor.
        siblings: its other keys.
        withdrawal_addresses: where money can be sent.
        event_log: what happened to it.
    """

    two_factor: bool | NotReported = NOT_QUERIED
    siblings: tuple[SiblingKey, ...] | NotReported = NOT_QUERIED
    withdrawal_addresses: tuple[WithdrawalAddress, ...] | NotReported = NOT_QUERIED
    event_log: EventLog | NotReported = NOT_QUERIED


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
