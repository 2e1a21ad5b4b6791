"""What every exchange owes. A new one is one new file in this folder, named like its ccxt id, with a `VENUE` in it."""

from __future__ import annotations

from typing import Protocol

from freqtrade_bitmex_guard.exchange.answer import Answer
from freqtrade_bitmex_guard.facts import KeyFacts
from freqtrade_bitmex_guard.terms import Terms


class Ask(Protocol):
    """Sends one signed request."""

    def __call__(self, path: str, verb: str = "GET", api: str = "private") -> Answer:
        """The answer to one call, whatever its status; path, verb and api as ccxt's `request` takes them.

        Raises:
            Stopped: if none came that may be looked at.
        """
        ...


class Venue(Protocol):
    """An exchange: its words, and how it tells what a key may do."""

    @property
    def terms(self) -> Terms:
        """What it calls things."""
        ...

    def read_key(self, ask: Ask, key_id: str) -> tuple[KeyFacts, ...]:
        """Ask what a key may do.

        Args:
            ask: sends a request signed by the key.
            key_id: the key, by its exact id.

        Returns:
            What the exchange tells of it: one entry, or several if it lists the key more than once.

        Raises:
            Stopped: unverified or refused, if the exchange did not tell.
        """
        ...
