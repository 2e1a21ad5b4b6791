"""The facts of the account around a key: what its owner did, or did not do, to protect it.

Every fact is reported or `NotReported`, which is never the same as fine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported

NOT_QUERIED = NotReported("it was not queried")

BEGINNING = datetime.min.replace(tzinfo=UTC)

_SAME_MOMENT = timedelta(minutes=1)


class AccountQuery(Enum):
    """A question about the account, one request each."""

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
    """A saved address to which money can be sent.

    Attributes:
        name: what its owner called it, exactly; or the start of the address.
        skipped_safeguards: the safeguards that a withdrawal to it skips, in the exchange's words.
    """

    name: str
    skipped_safeguards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """Something that happened to the account. Long texts are cut.

    Attributes:
        type: the exchange's name for it, exactly.
        time: when it happened.
        ip: the address it came from, as reported, or None.
        status: how it ended, as reported, or None.
        security_relevant: whether it may change who can get at the money, or move some; so is every unknown type.
        creates_key: whether it is the creation of an API key.
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
        complete_since: since when no event is missing, or None if that is unknown.
    """

    events: tuple[AccountEvent, ...]
    complete_since: datetime | None

    def since(self, moment: datetime) -> tuple[AccountEvent, ...]:
        """Return the events from a moment on."""
        return tuple(event for event in self.events if event.time >= moment)

    def covers(self, moment: datetime) -> bool:
        """Return whether no event from a moment on is missing."""
        return self.complete_since is not None and self.complete_since <= moment

    def creation_of(self, key: KeyFacts) -> AccountEvent | None:
        """Return the event of a key's creation, so that a new key is no alarm; None if there are several or none."""
        created = key.created
        if created is None:
            return None
        matches = [event for event in self.events if event.creates_key and abs(event.time - created) < _SAME_MOMENT]
        return matches[0] if len(matches) == 1 else None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the exchange reports of the account.

    Attributes:
        two_factor: whether logging in takes a second factor.
        siblings: its other keys.
        withdrawal_addresses: the saved addresses to which money can be sent.
        event_log: what happened to it.
    """

    two_factor: bool | NotReported = NOT_QUERIED
    siblings: tuple[SiblingKey, ...] | NotReported = NOT_QUERIED
    withdrawal_addresses: tuple[WithdrawalAddress, ...] | NotReported = NOT_QUERIED
    event_log: EventLog | NotReported = NOT_QUERIED


@dataclass(frozen=True, slots=True)
class Evidence:
    """What rules judge: a key and the account around it at one moment.

    Attributes:
        key: the bot's own.
        account: the account around it.
        now: the moment, in UTC.
    """

    key: KeyFacts
    account: AccountFacts
    now: datetime
