"""What is asked about the account around a key: a few questions side by side, none of which may hold up the check."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from freqtrade_bitmex_guard import bounded
from freqtrade_bitmex_guard.credentials.secret import Credentials
from freqtrade_bitmex_guard.exchange.client import Line
from freqtrade_bitmex_guard.exchange.conversation import Conversation
from freqtrade_bitmex_guard.facts import NotTold
from freqtrade_bitmex_guard.findings import Stopped
from freqtrade_bitmex_guard.posture import Account, Event, Timeline, Topic
from freqtrade_bitmex_guard.venues.interface import Listing, Page, Venue

_MOST_PAGES = 200
_PAGING_SECONDS = 300.0
_FEW_REQUESTS_LEFT = 30
_PAUSE_SECONDS = 1.0


class Inquiry:
    """Asks about the account of a key that was read already.

    Attributes:
        sent: how many requests that took.
    """

    def __init__(self, venue: Venue, line: Line, credentials: Credentials, seconds: float) -> None:
        """Take what is needed to ask; nothing is asked yet.

        Args:
            venue: the exchange.
            line: the client that read the key; each question gets one like it.
            credentials: of the key.
            seconds: bounds all questions together, for they are asked at the same time.
        """
        self.sent = 0
        self._venue = venue
        self._line = line
        self._credentials = credentials
        self._seconds = seconds

    def account(self, listing: Listing, topics: Collection[Topic], page_back_to: datetime | None = None) -> Account:
        """Ask, one request for each topic.

        Args:
            listing: what the exchange told when it was asked about the key.
            topics: what to ask.
            page_back_to: how far back to follow the events, page by page; by default one page has to do.

        Returns:
            What was told. What was not asked, or not answered, is `NotTold`.
        """
        questions: dict[Topic, tuple[str, Callable[[Conversation], Any]]] = {
            Topic.TWO_FACTOR: ("two_factor", lambda talk: self._venue.read_two_factor(talk.ask)),
            Topic.WITHDRAWAL_ADDRESSES: (
                "withdrawal_addresses",
                lambda talk: self._venue.read_withdrawal_addresses(talk.ask),
            ),
            Topic.EVENTS: ("timeline", lambda talk: self._events(talk, page_back_to)),
        }
        asked = [questions[topic] for topic in Topic if topic in topics]
        # ccxt's classes are made one after the other: only the talking happens at the same time.
        talks = [self._talk(paging=name == "timeline" and page_back_to is not None) for name, _ in asked]
        answers = bounded.together(
            [lambda talk=talk, ask=ask: ask(talk) for talk, (_, ask) in zip(talks, asked, strict=True)]  # type: ignore[misc]
        )
        self.sent = sum(talk.sent for talk in talks)
        told = {name: _told(answer) for (name, _), answer in zip(asked, answers, strict=True)}
        return Account(others=listing.others(), **told)

    def _talk(self, *, paging: bool) -> Conversation:
        seconds = max(self._seconds, _PAGING_SECONDS) if paging else self._seconds
        return self._line.twin().conversation(self._credentials, seconds, patient=False)

    def _events(self, talk: Conversation, page_back_to: datetime | None) -> Timeline | NotTold:
        page = self._venue.read_events(talk.ask, None)
        if isinstance(page, NotTold) or page_back_to is None:
            return page if isinstance(page, NotTold) else page.timeline
        timeline = page.timeline
        for _ in range(_MOST_PAGES):
            if timeline.covers(page_back_to) or not isinstance(page, Page) or page.cursor is None:
                break
            _spare_the_bot(talk)
            older = self._one_more(talk, page.cursor)
            if isinstance(older, Page) and older.cursor is not None and older.cursor >= page.cursor:
                break
            if isinstance(older, Page):
                timeline = _joined(timeline, older.timeline)
            page = older
        return timeline

    def _one_more(self, talk: Conversation, cursor: int) -> Page | NotTold:
        try:
            return self._venue.read_events(talk.ask, cursor)
        except Stopped as end:
            return NotTold(str(end))


def _told(answer: Any) -> Any:
    if isinstance(answer, Stopped):
        return NotTold("; ".join(finding.message.rstrip(".") for finding in answer.findings))
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _joined(newer: Timeline, older: Timeline) -> Timeline:
    events: dict[Event, None] = dict.fromkeys((*newer.events, *older.events))
    return Timeline(tuple(events), older.whole_since or newer.whole_since)


def _spare_the_bot(talk: Conversation) -> None:
    """Leave some of the account's requests to the bot that runs with the same key."""
    left = talk.requests_left
    if left is not None and left < _FEW_REQUESTS_LEFT:
        time.sleep(_PAUSE_SECONDS)
