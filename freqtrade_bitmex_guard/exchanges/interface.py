"""What every exchange owes. A new one is one new file in this folder, named like its ccxt id, with a `VENUE` in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.model.account import EventLog, SiblingKey, WithdrawalAddress
from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported
from freqtrade_bitmex_guard.model.profile import ExchangeProfile

_NOT_QUERIED = NotReported("this exchange is not asked about it")


class Request(Protocol):
    """Sends one signed request."""

    def __call__(self, path: str, verb: str = ..., api: str = ..., **query: str | int) -> Response:
        """The answer to one call, whatever its status; path, verb, api and query as ccxt's `request` takes them.

        Without them it is a GET of the private API.

        Raises:
            GuardError: if none came that may be looked at.
        """
        ...


def _no_siblings() -> NotReported:
    return NotReported("the exchange showed this key only")


@dataclass(frozen=True, slots=True)
class KeyListing:
    """What the exchange tells when asked about a key.

    Attributes:
        entries: the key, once, or several times if it is listed more than once.
        siblings: tells of the account's other keys; called only where that matters, for there may be thousands.
    """

    entries: tuple[KeyFacts, ...]
    siblings: Callable[[], tuple[SiblingKey, ...] | NotReported] = _no_siblings


@dataclass(frozen=True, slots=True)
class EventPage:
    """A part of an account's timeline.

    Attributes:
        event_log: the events on it, and since when none is missing.
        cursor: where the next older page starts, or None if there is none, or it cannot be told.
    """

    event_log: EventLog
    cursor: int | None


class ExchangeAdapter(Protocol):
    """An exchange: its words, and how it tells what a key may do.

    The questions about the account are answered with `NotTold` by an exchange that brings no answer of its own.
    """

    @property
    def profile(self) -> ExchangeProfile:
        """What it calls things."""
        ...

    def read_key(self, ask: Request, key_id: str) -> KeyListing:
        """Ask what a key may do.

        Args:
            ask: sends a request signed by the key.
            key_id: the key, by its exact id.

        Returns:
            What the exchange tells of it.

        Raises:
            GuardError: unverified or refused, if the exchange did not tell.
        """
        ...

    def read_two_factor(self, ask: Request) -> bool | NotReported:  # noqa: ARG002
        """Ask whether logging in takes a second factor, with one request.

        Raises:
            GuardError: if the exchange did not tell. This is the same for the questions below.
        """
        return _NOT_QUERIED

    def read_withdrawal_addresses(self, ask: Request) -> tuple[WithdrawalAddress, ...] | NotReported:  # noqa: ARG002
        """Ask for the saved withdrawal addresses, with one request."""
        return _NOT_QUERIED

    def read_events(self, ask: Request, cursor: int | None) -> EventPage | NotReported:  # noqa: ARG002
        """Ask for one page of events, with one request: the newest, or those from a page's cursor on."""
        return _NOT_QUERIED
