"""What happened to the account: /userEvent.

Source: documented as a list, observed as {"userEvents": [...]}; `count` and `startId` as in the API explorer, which
does not say in which order events come nor which way `startId` leads. So nothing is concluded from the order: a page
counts as whole only if it shows so itself.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from freqtrade_bitmex_guard.exchanges.bitmex.errors import parse_success, parse_time
from freqtrade_bitmex_guard.exchanges.interface import EventPage, Session
from freqtrade_bitmex_guard.model.account import BEGINNING, AccountEvent, EventLog
from freqtrade_bitmex_guard.model.key import NotReported

_PAGE_SIZE = 150  # the documented default


# A page that is no multiple of this was not cut short by a limit of the exchange's own, so nothing lies beyond it.
_SMALLEST_PAGE = 25


_MAX_TEXT_LENGTH = 64  # characters of what an event says; an audit keeps 30,000 events


_SECURITY_EVENTS = {"apikeycreated", "twofactordisabled", "passwordchanged"}


_SECURITY_EVENT_PREFIXES = ("addressskipconfirm", "withdrawal")


def read_events(session: Session, cursor: int | None) -> EventPage | NotReported:
    """One page of events.

    Raises:
        GuardError: if the answer is an error.
    """
    start = {} if cursor is None else {"startId": cursor}
    response = session.request("userEvent", params={"count": _PAGE_SIZE, **start})
    told: Any = parse_success(response, list, dict)
    listed: Any = told.get("userEvents") if isinstance(told, dict) else told
    objection = _page_problem(listed, cursor)
    if objection is not None:
        return NotReported(objection)
    numbers = [entry.get("id") for entry in listed]
    events = [event for event in map(_event, listed) if event is not None]
    if len(events) < len(listed):
        return NotReported("an event is not what BitMEX documents")
    newest_first = sorted(events, key=lambda event: event.time, reverse=True)
    descending = all(map(_is_integer, numbers)) and all(newer > older for newer, older in pairwise(numbers))
    if not listed or len(listed) % _SMALLEST_PAGE:
        return EventPage(EventLog(tuple(newest_first), BEGINNING), None)
    if not descending or events != newest_first:
        # Oldest first, perhaps: then the newest are on a page that was not asked for.
        return EventPage(EventLog(tuple(newest_first), None), None)
    return EventPage(EventLog(tuple(newest_first), events[-1].time), numbers[-1])


def _page_problem(listed: Any, cursor: int | None) -> str | None:
    """Why a page cannot be relied on, if so."""
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        return "the events are not what BitMEX documents"
    if len(listed) > _PAGE_SIZE:
        return "more events came than were asked for"
    numbers = [entry.get("id") for entry in listed]
    if cursor is not None and not all(_is_integer(number) and number <= cursor for number in numbers):
        return "an older page of events holds newer ones"
    return None


def _is_integer(told: object) -> bool:
    return isinstance(told, int) and not isinstance(told, bool)


def _event(entry: dict[str, Any]) -> AccountEvent | None:
    word, created = entry.get("type"), entry.get("created")
    when = parse_time(created) if isinstance(created, str) else None
    if not isinstance(word, str) or when is None:
        return None
    plain = word.casefold()
    weighty = plain in _SECURITY_EVENTS or plain.startswith(_SECURITY_EVENT_PREFIXES)
    where, how_it_ended = _text(entry.get("ip")), _text(entry.get("status"))
    return AccountEvent(word[:_MAX_TEXT_LENGTH], when, where, how_it_ended, weighty, plain == "apikeycreated")


def _text(told: object) -> str | None:
    return told[:_MAX_TEXT_LENGTH] if isinstance(told, str) and told else None
