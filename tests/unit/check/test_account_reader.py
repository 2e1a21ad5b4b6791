"""The questions about the account, one by one: an exchange and a client of the test's own answer them at once."""

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
    """An exchange that tells pages of events in turn, and how it was asked."""

    def __init__(self, *pages: Any, left: int | None = None) -> None:
        self.pages = list(pages)
        self.cursors: list[int | None] = []
        self.talks: list[tuple[Any, float, bool]] = []
        self.left = left

    def clone(self) -> Case:
        return self

    def open_session(self, credentials: Any, seconds: float, *, retry: bool) -> Any:
        self.talks.append((credentials, seconds, retry))
        return SimpleNamespace(
            number=len(self.talks), request_count=10 ** (len(self.talks) - 1), rate_limit_remaining=self.left
        )

    def read_two_factor(self, session: Any) -> Any:
        return session.number

    def read_withdrawal_addresses(self, session: Any) -> Any:
        return ADDRESSES * session.number

    def read_events(self, session: Any, cursor: int | None) -> Any:
        self.cursors.append(cursor)
        told = self.pages.pop(0)
        if isinstance(told, BaseException):
            raise told
        return told

    def ask(
        self, *topics: AccountQuery, back_to: datetime | None = None, others: Callable[[], Any] = lambda: ()
    ) -> tuple[AccountFacts, int]:
        line: Any = self
        inquiry = AccountReader(line, line, CREDENTIALS, 7.0)
        assert inquiry.request_count == 0
        account = inquiry.read(KeyListing((), others), topics, back_to)
        return account, inquiry.request_count


def test_what_is_asked_is_told_each_by_a_client_of_its_own() -> None:
    case = Case(page(0, 1, 5))
    account, sent = case.ask(*AccountQuery, others=lambda: NotReported("many"))
    assert account.two_factor == 1
    assert account.withdrawal_addresses == ADDRESSES * 2
    assert account.event_log == page(0, 1, 5).event_log
    assert account.siblings == NotReported("many")
    assert sent == 111
    assert case.talks == [(CREDENTIALS, 7.0, False)] * 3
    assert case.cursors == [None]


def test_what_is_not_asked_is_not_told_and_costs_nothing() -> None:
    case = Case()
    account, sent = case.ask()
    assert (account, sent, case.talks) == (AccountFacts(siblings=()), 0, [])
    account, sent = case.ask(AccountQuery.TWO_FACTOR)
    assert (account, sent) == (AccountFacts(two_factor=True, siblings=()), 1)


def test_only_the_events_of_an_audit_have_five_minutes() -> None:
    case = Case(page(0, 1, None))
    case.ask(*AccountQuery, back_to=NOON)
    assert case.talks == [(CREDENTIALS, 7.0, False)] * 2 + [(CREDENTIALS, 300.0, False)]


def test_a_question_that_ends_is_not_told_with_its_reason() -> None:
    found = error("overloaded", "One thing failed.", "x"), error("maintenance", "another", "y")
    account, _ = Case(GuardError(*found)).ask(AccountQuery.EVENTS)
    assert account.event_log == NotReported("One thing failed; another")
    account, _ = Case(NotReported("odd")).ask(AccountQuery.EVENTS, back_to=NOON)
    assert account.event_log == NotReported("odd")


def test_a_bug_is_no_answer() -> None:
    with pytest.raises(ZeroDivisionError):
        Case(ZeroDivisionError()).ask(AccountQuery.EVENTS)


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
        # What is not told ends it; what was told before stays.
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
    account, _ = case.ask(AccountQuery.EVENTS, back_to=SINCE)
    assert isinstance(account.event_log, EventLog)
    assert case.cursors == asked
    assert len(account.event_log.events) == events
    assert account.event_log.complete_since == NOON - timedelta(hours=whole_since)
    moments = [each.time for each in account.event_log.events]
    assert moments == sorted(moments, reverse=True)


def test_two_hundred_more_pages_are_the_most() -> None:
    case = Case(*(page(0, 1, 9_000 - number) for number in range(300)))
    case.ask(AccountQuery.EVENTS, back_to=BEGINNING)
    assert len(case.cursors) == 201


@pytest.mark.parametrize(("left", "slept"), [(None, []), (30, []), (29, [1.0]), (0, [1.0])])
def test_some_requests_are_left_to_the_bot(monkeypatch: pytest.MonkeyPatch, left: int | None, slept: Any) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    Case(page(0, 1, 90), page(1, 5, 80), left=left).ask(AccountQuery.EVENTS, back_to=SINCE)
    assert pauses == slept


def test_an_exchange_that_lists_no_other_keys_has_not_told_of_them() -> None:
    assert KeyListing(()).siblings() == NotReported("the exchange reports this key only")


def test_an_exchange_that_brings_no_questions_about_the_account_is_not_taken_to_have_told_anything() -> None:
    anything: Any = object()
    for answer in (
        ExchangeAdapter.read_two_factor(anything, anything),
        ExchangeAdapter.read_withdrawal_addresses(anything, anything),
        ExchangeAdapter.read_events(anything, anything, None),
    ):
        assert isinstance(answer, NotReported)
