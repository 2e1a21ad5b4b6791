"""What every exchange owes. A new one is one new file in this folder, named like its ccxt id, with a `VENUE` in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from freqtrade_bitmex_guard.exchange.answer import Answer
from freqtrade_bitmex_guard.facts import KeyFacts, NotTold
from freqtrade_bitmex_guard.posture import OtherKey, Timeline, WithdrawalAddress
from freqtrade_bitmex_guard.terms import Terms

_NO_QUESTION = NotTold("this exchange is not asked about it")


class Ask(Protocol):
    """Sends one signed request."""

    def __call__(self, path: str, verb: str = ..., api: str = ..., **query: str | int) -> Answer:
        """The answer to one call, whatever its status; path, verb, api and query as ccxt's `request` takes them.

        Without them it is a GET of the private API.

        Raises:
            Stopped: if none came that may be looked at.
        """
        ...


def _no_list() -> NotTold:
    return NotTold("the exchange showed this key only")


@dataclass(frozen=True, slots=True)
class Listing:
    """What the exchange tells when asked about a key.

    Attributes:
        own: the key, once, or several times if it is listed more than once.
        others: tells of the account's other keys; called only where that matters, for there may be thousands.
    """

    own: tuple[KeyFacts, ...]
    others: Callable[[], tuple[OtherKey, ...] | NotTold] = _no_list


@dataclass(frozen=True, slots=True)
class Page:
    """A part of an account's timeline.

    Attributes:
        timeline: the events on it, and since when none is missing.
        cursor: where the next older page starts, or None if there is none, or it cannot be told.
    """

    timeline: Timeline
    cursor: int | None


class Venue(Protocol):
    """An exchange: its words, and how it tells what a key may do.

    The questions about the account are answered with `NotTold` by an exchange that brings no answer of its own.
    """

    @property
    def terms(self) -> Terms:
        """What it calls things."""
        ...

    def read_key(self, ask: Ask, key_id: str) -> Listing:
        """Ask what a key may do.

        Args:
            ask: sends a request signed by the key.
            key_id: the key, by its exact id.

        Returns:
            What the exchange tells of it.

        Raises:
            Stopped: unverified or refused, if the exchange did not tell.
        """
        ...

    def read_two_factor(self, ask: Ask) -> bool | NotTold:  # noqa: ARG002
        """Ask whether logging in takes a second factor, with one request.

        Raises:
            Stopped: if the exchange did not tell. This is the same for the questions below.
        """
        return _NO_QUESTION

    def read_withdrawal_addresses(self, ask: Ask) -> tuple[WithdrawalAddress, ...] | NotTold:  # noqa: ARG002
        """Ask for the saved withdrawal addresses, with one request."""
        return _NO_QUESTION

    def read_events(self, ask: Ask, cursor: int | None) -> Page | NotTold:  # noqa: ARG002
        """Ask for one page of events, with one request: the newest, or those from a page's cursor on."""
        return _NO_QUESTION
