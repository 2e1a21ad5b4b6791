"""Reads the account around a key: a few queries side by side, none of which can hold up the check."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from freqtrade_bitmex_guard.client.exchange_client import ExchangeClient
from freqtrade_bitmex_guard.client.session import ApiSession
from freqtrade_bitmex_guard.exchanges.interface import EventPage, ExchangeAdapter, KeyListing
from freqtrade_bitmex_guard.model.account import AccountEvent, AccountFacts, AccountQuery, EventLog
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.key import NotReported
from freqtrade_bitmex_guard.util import deadline

_MAX_PAGES = 200

_PAGING_SECONDS = 300.0

_MIN_RATE_LIMIT_REMAINING = 30

_PAUSE_SECONDS = 1.0


class AccountReader:
    """Reads the account of a key that was read already.

    Attributes:
        request_count: how many requests that took.
    """

    def __init__(
        self, adapter: ExchangeAdapter, client: ExchangeClient, credentials: Credentials, seconds: float
    ) -> None:
        """Keep the arguments; nothing is sent yet.

        Args:
            adapter: the exchange.
            client: that read the key; each query gets a clone of it.
            credentials: of the key.
            seconds: the limit for all queries together, because they run at the same time.
        """
        self.request_count = 0
        self._adapter = adapter
        self._client = client
        self._credentials = credentials
        self._seconds = seconds

    def read(
        self, listing: KeyListing, queries: Collection[AccountQuery], page_back_to: datetime | None = None
    ) -> AccountFacts:
        """Send one request for each query.

        Args:
            listing: what the exchange reported about the key.
            queries: what to read.
            page_back_to: how far back to follow the events, page by page; by default one page is read.

        Returns:
            The answers. What was not queried, or not answered, is `NotReported`.
        """
        readers: dict[AccountQuery, tuple[str, Callable[[ApiSession], Any]]] = {
            AccountQuery.TWO_FACTOR: ("two_factor", self._adapter.read_two_factor),
            AccountQuery.WITHDRAWAL_ADDRESSES: ("withdrawal_addresses", self._adapter.read_withdrawal_addresses),
            AccountQuery.EVENTS: ("event_log", lambda session: self._read_events(session, page_back_to)),
        }
        wanted = [readers[query] for query in AccountQuery if query in queries]
        # ccxt's classes are made one after the other; only the requests run at the same time.
        sessions = [self._open_session(paging=name == "event_log" and page_back_to is not None) for name, _ in wanted]
        answers = deadline.run_concurrently(
            [functools.partial(reader, session) for session, (_, reader) in zip(sessions, wanted, strict=True)]
        )
        self.request_count = sum(session.request_count for session in sessions)
        facts = {name: _value_or_not_reported(answer) for (name, _), answer in zip(wanted, answers, strict=True)}
        return AccountFacts(siblings=listing.siblings(), **facts)

    def _open_session(self, *, paging: bool) -> ApiSession:
        seconds = max(self._seconds, _PAGING_SECONDS) if paging else self._seconds
        return self._client.clone().open_session(self._credentials, seconds, retry=False)

    def _read_events(self, session: ApiSession, page_back_to: datetime | None) -> EventLog | NotReported:
        page = self._adapter.read_events(session, None)
        if isinstance(page, NotReported) or page_back_to is None:
            return page if isinstance(page, NotReported) else page.event_log
        event_log = page.event_log
        for _ in range(_MAX_PAGES):
            if event_log.covers(page_back_to) or not isinstance(page, EventPage) or page.cursor is None:
                break
            _throttle(session)
            older = self._read_older_page(session, page.cursor)
            if isinstance(older, EventPage) and older.cursor is not None and older.cursor >= page.cursor:
                break
            if isinstance(older, EventPage):
                event_log = _merge_pages(event_log, older.event_log)
            page = older
        return event_log

    def _read_older_page(self, session: ApiSession, cursor: int) -> EventPage | NotReported:
        try:
            return self._adapter.read_events(session, cursor)
        except GuardError as problem:
            return NotReported(str(problem))


def _value_or_not_reported(answer: Any) -> Any:
    if isinstance(answer, GuardError):
        return NotReported("; ".join(finding.message.rstrip(".") for finding in answer.findings))
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _merge_pages(newer: EventLog, older: EventLog) -> EventLog:
    events: dict[AccountEvent, None] = dict.fromkeys((*newer.events, *older.events))
    return EventLog(tuple(events), older.complete_since or newer.complete_since)


def _throttle(session: ApiSession) -> None:
    """Leave some of the account's requests to the bot that runs with the same key."""
    remaining = session.rate_limit_remaining
    if remaining is not None and remaining < _MIN_RATE_LIMIT_REMAINING:
        time.sleep(_PAUSE_SECONDS)
