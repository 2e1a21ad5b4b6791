"""What is asked about the account around a key: a few questions side by side, none of which may hold up the check."""

from __future__ import annotations

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
    """Asks about the account of a key that was read already.

    Attributes:
        request_count: how many requests that took.
    """

    def __init__(self, venue: ExchangeAdapter, line: ExchangeClient, credentials: Credentials, seconds: float) -> None:
        """Take what is needed to ask; nothing is asked yet.

        Args:
            venue: the exchange.
            line: the client that read the key; each question gets one like it.
            credentials: of the key.
            seconds: bounds all questions together, for they are asked at the same time.
        """
        self.request_count = 0
        self._venue = venue
        self._line = line
        self._credentials = credentials
        self._seconds = seconds

    def read(
        self, listing: KeyListing, topics: Collection[AccountQuery], page_back_to: datetime | None = None
    ) -> AccountFacts:
        """Ask, one request for each topic.

        Args:
            listing: what the exchange told when it was asked about the key.
            topics: what to ask.
            page_back_to: how far back to follow the events, page by page; by default one page has to do.

        Returns:
            What was told. What was not asked, or not answered, is `NotTold`.
        """
        questions: dict[AccountQuery, tuple[str, Callable[[ApiSession], Any]]] = {
            AccountQuery.TWO_FACTOR: ("two_factor", self._venue.read_two_factor),
            AccountQuery.WITHDRAWAL_ADDRESSES: (
                "withdrawal_addresses",
                self._venue.read_withdrawal_addresses,
            ),
            AccountQuery.EVENTS: ("event_log", lambda talk: self._events(talk, page_back_to)),
        }
        asked = [questions[topic] for topic in AccountQuery if topic in topics]
        # ccxt's classes are made one after the other: only the talking happens at the same time.
        talks = [self._talk(paging=name == "event_log" and page_back_to is not None) for name, _ in asked]
        answers = deadline.run_concurrently(
            [lambda talk=talk, ask=ask: ask(talk) for talk, (_, ask) in zip(talks, asked, strict=True)]  # type: ignore[misc]
        )
        self.request_count = sum(talk.request_count for talk in talks)
        told = {name: _value_or_not_reported(answer) for (name, _), answer in zip(asked, answers, strict=True)}
        return AccountFacts(siblings=listing.siblings(), **told)

    def _talk(self, *, paging: bool) -> ApiSession:
        seconds = max(self._seconds, _PAGING_SECONDS) if paging else self._seconds
        return self._line.clone().open_session(self._credentials, seconds, retry=False)

    def _events(self, talk: ApiSession, page_back_to: datetime | None) -> EventLog | NotReported:
        page = self._venue.read_events(talk, None)
        if isinstance(page, NotReported) or page_back_to is None:
            return page if isinstance(page, NotReported) else page.event_log
        timeline = page.event_log
        for _ in range(_MAX_PAGES):
            if timeline.covers(page_back_to) or not isinstance(page, EventPage) or page.cursor is None:
                break
            _throttle(talk)
            older = self._one_more(talk, page.cursor)
            if isinstance(older, EventPage) and older.cursor is not None and older.cursor >= page.cursor:
                break
            if isinstance(older, EventPage):
                timeline = _merge_pages(timeline, older.event_log)
            page = older
        return timeline

    def _one_more(self, talk: ApiSession, cursor: int) -> EventPage | NotReported:
        try:
            return self._venue.read_events(talk, cursor)
        except GuardError as end:
            return NotReported(str(end))


def _value_or_not_reported(answer: Any) -> Any:
    if isinstance(answer, GuardError):
        return NotReported("; ".join(finding.message.rstrip(".") for finding in answer.findings))
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _merge_pages(newer: EventLog, older: EventLog) -> EventLog:
    events: dict[AccountEvent, None] = dict.fromkeys((*newer.events, *older.events))
    return EventLog(tuple(events), older.complete_since or newer.complete_since)


def _throttle(talk: ApiSession) -> None:
    """Leave some of the account's requests to the bot that runs with the same key."""
    left = talk.rate_limit_remaining
    if left is not None and left < _MIN_RATE_LIMIT_REMAINING:
        time.sleep(_PAUSE_SECONDS)
