"""The queries about the account, one by one, to an exchange and a client of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from freqtrade_bitmex_guard.check.account_reader import AccountReader
from freqtrade_bitmex_guard.exchanges.interface import EventPage, ExchangeAdapter, KeyListing
from freqtrade_bitmex_guard.model.account import (
    BEGINNING,
    AccountEvent,
    AccountFacts,
    AccountQuery,
    EventLog,
    WithdrawalAddress,
)
from freqtrade_bitmex_guard.model.findings import GuardError, error
from freqtrade_bitmex_guard.model.key import NotReported

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


ADDRESSES = (WithdrawalAddress("cold", ()),)


CREDENTIALS: Any = object()


def event(hours_ago: float, word: str = "login") -> AccountEvent:
    return AccountEvent(word, NOON - timedelta(hours=hours_ago), None, None, False)


def page(newest: float, oldest: float, cursor: int | None, whole: bool = True) -> EventPage:
    events = (event(newest), event(oldest))
    return EventPage(EventLog(events, events[-1].time if whole else None), cursor)


class Case:
    """An exchange that reports pages of events in turn, and how it was queried."""

    def __init__(self, *pages: Any, remaining: int | None = None) -> None:
        self.pages = list(pages)
        self.cursors: list[int | None] = []
        self.sessions: list[tuple[Any, float, bool]] = []
        self.remaining = remaining

    def clone(self) -> Case:
        return self

    def open_session(self, credentials: Any, seconds: float, *, retry: bool) -> Any:
        self.sessions.append((credentials, seconds, retry))
        return SimpleNamespace(
            number=len(self.sessions), request_count=10 ** (len(self.sessions) - 1), rate_limit_remaining=self.remaining
        )

    def read_two_factor(self, session: Any) -> Any:
        return session.number

    def read_withdrawal_addresses(self, session: Any) -> Any:
        return ADDRESSES * session.number

    def read_events(self, session: Any, cursor: int | None) -> Any:
        assert session.request_count > 0
        self.cursors.append(cursor)
        page = self.pages.pop(0)
        if isinstance(page, BaseException):
            raise page
        return page

    def read(
        self, *queries: AccountQuery, back_to: datetime | None = None, siblings: Callable[[], Any] = lambda: ()
    ) -> tuple[AccountFacts, int]:
        both: Any = self
        reader = AccountReader(both, both, CREDENTIALS, 7.0)
        assert reader.request_count == 0
        account = reader.read(KeyListing((), siblings), queries, back_to)
        return account, reader.request_count


def test_each_query_has_a_client_of_its_own() -> None:
    case = Case(page(0, 1, 5))
    account, sent = case.read(*AccountQuery, siblings=lambda: NotReported("many"))
    assert account.two_factor == 1
    assert account.withdrawal_addresses == ADDRESSES * 2
    assert account.event_log == page(0, 1, 5).event_log
    assert account.siblings == NotReported("many")
    assert sent == 111
    assert case.sessions == [(CREDENTIALS, 7.0, False)] * 3
    assert case.cursors == [None]


def test_what_is_not_queried_is_not_reported_and_sends_nothing() -> None:
    case = Case()
    account, sent = case.read()
    assert (account, sent, case.sessions) == (AccountFacts(siblings=()), 0, [])
    account, sent = case.read(AccountQuery.TWO_FACTOR)
    assert (account, sent) == (AccountFacts(two_factor=True, siblings=()), 1)


def test_only_the_events_of_an_audit_have_five_minutes() -> None:
    case = Case(page(0, 1, None))
    case.read(*AccountQuery, back_to=NOON)
    assert case.sessions == [(CREDENTIALS, 7.0, False)] * 2 + [(CREDENTIALS, 300.0, False)]


def test_a_query_that_fails_is_not_reported_with_its_reason() -> None:
    found = error("overloaded", "One thing failed.", "x"), error("maintenance", "another", "y")
    account, _ = Case(GuardError(*found)).read(AccountQuery.EVENTS)
    assert account.event_log == NotReported("One thing failed; another")
    account, _ = Case(NotReported("odd")).read(AccountQuery.EVENTS, back_to=NOON)
    assert account.event_log == NotReported("odd")


def test_a_bug_is_no_answer() -> None:
    with pytest.raises(ZeroDivisionError):
        Case(ZeroDivisionError()).read(AccountQuery.EVENTS)


SINCE = NOON - timedelta(hours=4)


@pytest.mark.parametrize(
    ("pages", "asked", "events", "whole_since"),
    [
        # The first page reaches back far enough, or is all there is.
        ([page(0, 5, 90)], [None], 2, 5),
        ([page(0, 4, 90)], [None], 2, 4),
        ([page(0, 1, None)], [None], 2, 1),
        # One that overlaps is joined without doubles, as far back as it goes and no further.
        ([page(0, 1, 90), page(1, 3, 80), page(3, 5, 70)], [None, 90, 80], 4, 5),
        ([page(0, 1, 90), page(1, 3, None)], [None, 90], 3, 3),
        ([page(0, 1, 90), page(1, 3, 80, whole=False), page(3, 5, 70)], [None, 90, 80], 4, 5),
        ([page(0, 1, 90), page(1, 3, None, whole=False)], [None, 90], 3, 1),
        # A page that is not reported ends it; what came before stays.
        ([page(0, 1, 90), NotReported("odd")], [None, 90], 2, 1),
        ([page(0, 1, 90), GuardError(error("overloaded", "x", "y"))], [None, 90], 2, 1),
        # A circle, and a cursor that leads forward.
        ([page(0, 1, 90), page(2, 3, 90)], [None, 90], 2, 1),
        ([page(0, 1, 90), page(2, 3, 91)], [None, 90], 2, 1),
    ],
    ids=range(11),
)
def test_events_are_followed_back_page_by_page(
    pages: list[Any], asked: list[int | None], events: int, whole_since: float
) -> None:
    case = Case(*pages)
    account, _ = case.read(AccountQuery.EVENTS, back_to=SINCE)
    assert isinstance(account.event_log, EventLog)
    assert case.cursors == asked
    assert len(account.event_log.events) == events
    assert account.event_log.complete_since == NOON - timedelta(hours=whole_since)
    moments = [each.time for each in account.event_log.events]
    assert moments == sorted(moments, reverse=True)


def test_at_most_two_hundred_more_pages_are_read() -> None:
    case = Case(*(page(0, 1, 9_000 - number) for number in range(300)))
    case.read(AccountQuery.EVENTS, back_to=BEGINNING)
    assert len(case.cursors) == 201


@pytest.mark.parametrize(("remaining", "slept"), [(None, []), (30, []), (29, [1.0]), (0, [1.0])])
def test_the_reader_pauses_to_leave_requests_to_the_bot(
    monkeypatch: pytest.MonkeyPatch, remaining: int | None, slept: Any
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    Case(page(0, 1, 90), page(1, 5, 80), remaining=remaining).read(AccountQuery.EVENTS, back_to=SINCE)
    assert pauses == slept


def test_an_exchange_that_lists_no_siblings_has_not_reported_them() -> None:
    assert KeyListing(()).siblings() == NotReported("the exchange reports this key only")


def test_an_exchange_without_account_queries_reports_nothing() -> None:
    anything: Any = object()
    for answer in (
        ExchangeAdapter.read_two_factor(anything, anything),
        ExchangeAdapter.read_withdrawal_addresses(anything, anything),
        ExchangeAdapter.read_events(anything, anything, None),
    ):
        assert isinstance(answer, NotReported)
