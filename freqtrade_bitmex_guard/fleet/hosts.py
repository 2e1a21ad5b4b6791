"""How fast a fleet may ask each server, and which servers it gives up on.

All bots of a fleet send from one address. An exchange that sees too many requests, or failing ones without end, bans
the address, and every bot behind it then stands still.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from freqtrade_bitmex_guard.client.connection import ClientConnection, Origin
from freqtrade_bitmex_guard.client.response import Response, retry_after
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.redaction.sanitize import fingerprint

MAX_CONCURRENT = 4
"""How many requests may be under way to one server."""

# An exchange counts what is under way only once it has answered.
_MIN_REMAINING = MAX_CONCURRENT
_REMAINING = re.compile(r"limit.*(remain|status$)|remain.*limit")
_RESET = re.compile(r"limit.*reset")
_USED_OF = {"x-mbx-used-weight-1m": 6_000, "x-sapi-used-ip-weight-1m": 12_000}
_MAX_USED_SHARE = 0.8
_DEFAULT_PAUSE_SECONDS = 1.0
_AFTER_REFUSAL_SECONDS = 10.0
_MAX_PAUSE_SECONDS = 60.0
_TOO_MANY_REQUESTS = (418, 429)

# What is a server's trouble, or this machine's, and no key's.
_OF_THE_SERVER = frozenset(["unreachable", "timed-out", "tls-failed", "maintenance", "overloaded", "server-error"])
_AT_ONCE = "address-banned"
_FAILURES_UNTIL_GIVEN_UP = 3


@dataclass(frozen=True, slots=True)
class Route:
    """The way to an exchange: its servers, and a digest of the proxies on the way to them."""

    servers: frozenset[Origin]
    proxies: str

    @classmethod
    def of(cls, connection: ClientConnection) -> Route:
        """Return the way that a client's requests take."""
        return cls(connection.servers, fingerprint(repr(connection.proxies)))


class HostGate:
    """Lets few requests at a time to each server, none while it asks for a pause, and none once it failed for all."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin; the time for all requests of the fleet runs from now on."""
        self._clock = clock
        self._ends = clock() + seconds
        self._changed = threading.Condition()
        self._under_way: Counter[Origin] = Counter()
        self._paused_until: dict[Origin, float] = {}
        self._failures: Counter[Route] = Counter()
        self._given_up: dict[Route, GuardError] = {}

    @property
    def remaining_seconds(self) -> float:
        """How much of the time for the whole fleet remains."""
        return self._ends - self._clock()

    @contextmanager
    def request(self, route: Route) -> Iterator[None]:
        """Wait until one more request may be sent, and count it while it is under way.

        Raises:
            GuardError: unverified, if the time is over or the server was given up on; nothing was sent then.
        """
        with self._changed:
            while (wait := self._seconds_to_wait(route)) != 0:
                if self.remaining_seconds <= 0:
                    fail_out_of_time()
                self._changed.wait(min(self.remaining_seconds, wait or self.remaining_seconds))
            if self.remaining_seconds <= 0:
                fail_out_of_time()
            self._under_way.update(route.servers)
        try:
            yield
        except GuardError as problem:
            self._note_failure(route, problem)
            raise
        else:
            with self._changed:
                self._failures[route] = 0
        finally:
            with self._changed:
                self._under_way.subtract(route.servers)
                self._changed.notify_all()

    def _seconds_to_wait(self, route: Route) -> float | None:
        """Return how long to wait for a request: 0 for not at all, None for until another one has ended."""
        if route in self._given_up:
            raise GuardError(*self._given_up[route].findings)
        pause = max((self._paused_until.get(server, 0.0) for server in route.servers), default=0.0) - self._clock()
        if pause > 0:
            return pause
        is_busy = any(self._under_way[server] >= MAX_CONCURRENT for server in route.servers)
        return None if is_busy else 0

    def _note_failure(self, route: Route, problem: GuardError) -> None:
        names = {finding.name for finding in problem.findings}
        with self._changed:
            if _AT_ONCE in names:
                self._given_up[route] = problem
            elif names <= _OF_THE_SERVER:
                self._failures[route] += 1
                if self._failures[route] >= _FAILURES_UNTIL_GIVEN_UP:
                    self._given_up[route] = problem
            else:  # it answered
                self._failures[route] = 0

    def is_paused(self, route: Route) -> bool:
        """Return whether a server has asked for a pause that is not over."""
        return any(self._paused_until.get(server, 0.0) > self._clock() for server in route.servers)

    def observer(self, route: Route) -> Callable[[Response], None]:
        """Return what reads each response's headers for a pause that the exchange asks for."""

        def observe(response: Response) -> None:
            seconds = pause_seconds(response)
            if seconds <= 0:
                return
            with self._changed:
                until = self._clock() + seconds
                for server in route.servers:
                    self._paused_until[server] = max(until, self._paused_until.get(server, 0.0))

        return observe


def fail_out_of_time() -> NoReturn:
    """End a bot's check because the time for the whole fleet is over.

    Raises:
        GuardError: unverified, always.
    """
    fail(
        "timed-out",
        "The time for the whole fleet was over before the check of this bot had ended.",
        "Give it more time with --timeout, or check fewer bots at once.",
    )


def pause_seconds(response: Response) -> float:
    """Return for how long an exchange wants no more requests from this address, by its response; 0 for not at all.

    Args:
        response: whatever its status.
    """
    headers = response.headers
    asked = retry_after(response)
    if response.status in _TOO_MANY_REQUESTS:
        return _AFTER_REFUSAL_SECONDS if asked is None else max(asked, _DEFAULT_PAUSE_SECONDS)
    if asked is not None and response.status >= 400:
        return asked
    remaining = [_number(value) for name, value in headers.items() if _REMAINING.search(name)]
    is_low = any(number is not None and number < _MIN_REMAINING for number in remaining)
    used = [(_number(headers.get(name)), limit) for name, limit in _USED_OF.items()]
    if any(number is not None and number > limit * _MAX_USED_SHARE for number, limit in used):
        return _MAX_PAUSE_SECONDS - response.received_at % _MAX_PAUSE_SECONDS  # they count by the minute of the clock
    return _until_reset(headers, response.received_at) if is_low else 0.0


def _until_reset(headers: Mapping[str, str], now: float) -> float:
    resets = [_number(value) for name, value in headers.items() if _RESET.search(name)]
    known = [reset for reset in resets if reset is not None]
    if not known:
        return _DEFAULT_PAUSE_SECONDS
    # A moment in milliseconds or seconds, or a number of seconds.
    reset = known[0]
    seconds = reset / 1000 - now if reset > 1e12 else reset - now if reset > 1e9 else reset
    return min(max(seconds, _DEFAULT_PAUSE_SECONDS), _MAX_PAUSE_SECONDS)


def _number(text: str | None) -> float | None:
    text = (text or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
