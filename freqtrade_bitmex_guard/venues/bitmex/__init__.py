"""BitMEX, as it was until it closed on 2026-09-23."""

from __future__ import annotations

from freqtrade_bitmex_guard.facts import NotTold
from freqtrade_bitmex_guard.posture import WithdrawalAddress
from freqtrade_bitmex_guard.venues.bitmex import account, events, keys
from freqtrade_bitmex_guard.venues.bitmex.terms import TERMS
from freqtrade_bitmex_guard.venues.interface import Ask, Listing, Page, Venue

__all__ = ["TERMS", "VENUE"]


class BitMEX(Venue):
    """Reads /apiKey, and about the account /user, /address and /userEvent."""

    terms = TERMS

    def read_key(self, ask: Ask, key_id: str) -> Listing:
        """What BitMEX tells of the key; see `Venue.read_key`."""
        return keys.read(ask, key_id)

    def read_two_factor(self, ask: Ask) -> bool | NotTold:
        """Whether two-factor is on; see `Venue.read_two_factor`."""
        return account.two_factor(ask("user"))

    def read_withdrawal_addresses(self, ask: Ask) -> tuple[WithdrawalAddress, ...] | NotTold:
        """The saved addresses; see `Venue.read_withdrawal_addresses`."""
        return account.withdrawal_addresses(ask("address"))

    def read_events(self, ask: Ask, cursor: int | None) -> Page | NotTold:
        """One page of events; see `Venue.read_events`."""
        return events.read(ask, cursor)


VENUE = BitMEX()
