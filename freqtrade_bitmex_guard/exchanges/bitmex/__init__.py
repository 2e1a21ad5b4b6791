"""BitMEX, as it was until it closed on 2026-09-23."""

from __future__ import annotations

from freqtrade_bitmex_guard.exchanges.bitmex import account, events, keys
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.exchanges.interface import EventPage, ExchangeAdapter, KeyListing, Request
from freqtrade_bitmex_guard.model.account import WithdrawalAddress
from freqtrade_bitmex_guard.model.key import NotReported


class BitMEX(ExchangeAdapter):
    """Reads /apiKey, and about the account /user, /address and /userEvent."""

    profile = PROFILE

    def read_key(self, ask: Request, key_id: str) -> KeyListing:
        """What BitMEX tells of the key; see `Venue.read_key`."""
        return keys.read_keys(ask, key_id)

    def read_two_factor(self, ask: Request) -> bool | NotReported:
        """Whether two-factor is on; see `Venue.read_two_factor`."""
        return account.two_factor(ask("user"))

    def read_withdrawal_addresses(self, ask: Request) -> tuple[WithdrawalAddress, ...] | NotReported:
        """The saved addresses; see `Venue.read_withdrawal_addresses`."""
        return account.withdrawal_addresses(ask("address"))

    def read_events(self, ask: Request, cursor: int | None) -> EventPage | NotReported:
        """One page of events; see `Venue.read_events`."""
        return events.read_events(ask, cursor)


ADAPTER = BitMEX()
