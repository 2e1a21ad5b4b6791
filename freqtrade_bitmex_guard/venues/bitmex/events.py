"""What happened to the account: /userEvent.

Source: documented as a list, observed as {"userEvents": [...]}; `count` and `startId` as in the API explorer, which
does not say in which order events come nor which way `startId` leads. So nothing is concluded from the order: a page
counts as whole only if it shows so itself.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from freqtrade_bitmex_guard.facts import NotTold
from freqtrade_bitmex_guard.posture import EVER, Event, Timeline
from freqtrade_bitmex_guard.venues.bitmex.answers import content, moment
from freqtrade_bitmex_guard.venues.interface import Ask, Page

_PAGE = 150  # the documented default
# A page that is no multiple of this was not cut short by a limit of the exchange's own, so nothing lies beyond it.
_SMALLEST_PAGE = 25
_LONGEST = 64  # characters of what an event says; an audit keeps 30,000 events
_WEIGHTY = {"apikeycreated", "twofactordisabled", "passwordchanged"}
_WEIGHTY_KINDS = ("addressskipconfirm", "withdrawal")


def read(ask: Ask, cursor: int | None) -> Page | NotTold:
    """One page of events.

    Raises:
        Stopped: if the answer is an error.
    """
    answer = ask("userEvent", count=_PAGE) if cursor is None else ask("userEvent", count=_PAGE, startId=cursor)
    told: Any = content(answer, list, dict)
    listed: Any = told.get("userEvents") if isinstance(told, dict) else told
    objection = _objection(listed, cursor)
    if objection is not None:
        return NotTold(objection)
    numbers = [entry.get("id") for entry in listed]
    events = [event for event in map(_event, listed) if event is not None]
    if len(events) < len(listed):
        return NotTold("an event is not what BitMEX documents")
    newest_first = sorted(events, key=lambda event: event.moment, reverse=True)
    descending = all(map(_is_number, numbers)) and all(newer > older for newer, older in pairwise(numbers))
    if not listed or len(listed) % _SMALLEST_PAGE:
        return Page(Timeline(tuple(newest_first), EVER), None)
    if not descending or events != newest_first:
        # Oldest first, perhaps: then the newest are on a page that was not asked for.
        return Page(Timeline(tuple(newest_first), None), None)
    return Page(Timeline(tuple(newest_first), events[-1].moment), numbers[-1])


def _objection(listed: Any, cursor: int | None) -> str | None:
    """Why a page cannot be relied on, if so."""
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        return "the events are not what BitMEX documents"
    if len(listed) > _PAGE:
        return "more events came than were asked for"
    numbers = [entry.get("id") for entry in listed]
    if cursor is not None and not all(_is_number(number) and number <= cursor for number in numbers):
        return "an older page of events holds newer ones"
    return None


def _is_number(told: object) -> bool:
    return isinstance(told, int) and not isinstance(told, bool)


def _event(entry: dict[str, Any]) -> Event | None:
    word, created = entry.get("type"), entry.get("created")
    when = moment(created) if isinstance(created, str) else None
    if not isinstance(word, str) or when is None:
        return None
    plain = word.casefold()
    weighty = plain in _WEIGHTY or plain.startswith(_WEIGHTY_KINDS)
    where, how_it_ended = _text(entry.get("ip")), _text(entry.get("status"))
    return Event(word[:_LONGEST], when, where, how_it_ended, weighty, plain == "apikeycreated")


def _text(told: object) -> str | None:
    return told[:_LONGEST] if isinstance(told, str) and told else None
