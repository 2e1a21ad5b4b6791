"""The account's events: /userEvent.

Source: documented as a list, observed as {"userEvents": [...]}; `count` and `startId` as in the API explorer. It does
not say in which order events come, nor in which direction `startId` leads. So the order proves nothing: a page counts
as complete only if the page itself shows it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from freqtrade_bitmex_guard.exchanges.bitmex.errors import parse_success, parse_time
from freqtrade_bitmex_guard.exchanges.interface import EventPage, Session
from freqtrade_bitmex_guard.model.account import BEGINNING, AccountEvent, EventLog
from freqtrade_bitmex_guard.model.key import NotReported

_PAGE_SIZE = 150  # the documented default

# A page whose length is no multiple of this was not cut by a limit of the exchange, so it is the last one.
_SMALLEST_PAGE = 25

_MAX_TEXT_LENGTH = 64  # characters of an event's texts; an audit keeps 30,000 events

# The documented types that neither change who can get at the money nor move any out. Every other one is relevant, also
# one that is not documented, or spelt differently.
_HARMLESS_EVENTS = {
    "banZeroVolumeApiUser",
    "deleverageExecution",
    "depositConfirmed",
    "depositPending",
    "liquidationOrderPlaced",
    "login",
    "positionStateLiquidated",
    "positionStateWarning",
    "transferReceived",
}


def read_events(session: Session, cursor: int | None) -> EventPage | NotReported:
    """Read one page of events.

    Raises:
        GuardError: if the response is an error.
    """
    start = {} if cursor is None else {"startId": cursor}
    response = session.request("userEvent", params={"count": _PAGE_SIZE, **start})
    content: Any = parse_success(response, list, dict)
    entries: Any = content.get("userEvents") if isinstance(content, dict) else content
    problem = _page_problem(entries, cursor)
    if problem is not None:
        return NotReported(problem)
    ids = [entry.get("id") for entry in entries]
    events = [event for event in map(_event, entries) if event is not None]
    if len(events) < len(entries):
        return NotReported("an event is not what BitMEX documents")
    newest_first = sorted(events, key=lambda event: event.time, reverse=True)
    is_descending = all(map(_is_integer, ids)) and all(newer > older for newer, older in pairwise(ids))
    if not entries or len(entries) % _SMALLEST_PAGE:
        return EventPage(EventLog(tuple(newest_first), BEGINNING), None)
    if not is_descending or events != newest_first:
        # Perhaps the oldest come first: then the newest are on another page.
        return EventPage(EventLog(tuple(newest_first), None), None)
    return EventPage(EventLog(tuple(newest_first), events[-1].time), ids[-1])


def _page_problem(entries: Any, cursor: int | None) -> str | None:
    """Return why a page cannot be relied on, or None if it can."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return "the events are not what BitMEX documents"
    if len(entries) > _PAGE_SIZE:
        return "BitMEX sent more events than were requested"
    ids = [entry.get("id") for entry in entries]
    if cursor is not None and not all(_is_integer(number) and number <= cursor for number in ids):
        return "an older page of events holds newer ones"
    return None


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _event(entry: dict[str, Any]) -> AccountEvent | None:
    name, created = entry.get("type"), entry.get("created")
    time = parse_time(created) if isinstance(created, str) else None
    if not isinstance(name, str) or time is None:
        return None
    return AccountEvent(
        type=name[:_MAX_TEXT_LENGTH],
        time=time,
        ip=_text(entry.get("ip")),
        status=_text(entry.get("status")),
        security_relevant=name not in _HARMLESS_EVENTS,
        creates_key=name == "apiKeyCreated",
    )


def _text(value: object) -> str | None:
    return value[:_MAX_TEXT_LENGTH] if isinstance(value, str) and value else None
