"""BitMEX, as it was until it closed on 2026-09-23."""

from __future__ import annotations

from freqtrade_bitmex_guard.exchanges.bitmex import account, events, keys
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.exchanges.interface import EventPage, ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.model.account import WithdrawalAddress
from freqtrade_bitmex_guard.model.key import NotReported


class BitMEX(ExchangeAdapter):
    """Reads /apiKey, and about the account /user, /address and /userEvent."""

    profile = PROFILE

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        return keys.read_keys(session, key_id)

    def read_two_factor(self, session: Session) -> bool | NotReported:
        """Read whether two-factor is on; see `ExchangeAdapter.read_two_factor`."""
        return account.parse_two_factor(session.request("user"))

    def read_withdrawal_addresses(self, session: Session) -> tuple[WithdrawalAddress, ...] | NotReported:
        """Read the saved addresses; see `ExchangeAdapter.read_withdrawal_addresses`."""
        return account.parse_withdrawal_addresses(session.request("address"))

    def read_events(self, session: Session, cursor: int | None) -> EventPage | NotReported:
        """Read one page of events; see `ExchangeAdapter.read_events`."""
        return events.read_events(session, cursor)


ADAPTER = BitMEX()
