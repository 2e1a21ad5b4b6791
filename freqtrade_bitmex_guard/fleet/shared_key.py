"""Asks an exchange about a key once, however many bots share it."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from freqtrade_bitmex_guard.check.prepare import PreparedCheck
from freqtrade_bitmex_guard.client.settings import merge_settings
from freqtrade_bitmex_guard.exchanges.interface import EventPage, ExchangeAdapter, KeyListing, Session
from freqtrade_bitmex_guard.fleet.hosts import HostGate, Route
from freqtrade_bitmex_guard.model.account import WithdrawalAddress
from freqtrade_bitmex_guard.model.credentials import KEY, Credentials
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.key import NotReported
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.opaque import opaque
from freqtrade_bitmex_guard.redaction.sanitize import fingerprint

_T = TypeVar("_T")

# How fast ccxt sends, which no answer depends on.
_PACE_SETTINGS = frozenset(["enableRateLimit", "rateLimit", "rateLimiterAlgorithm", "rollingWindowSize", "timeout"])

_digest_key = secrets.token_bytes(32)


@opaque
class SharedKey(ExchangeAdapter):
    """An exchange's adapter that asks about one key: each question once, and only while the gate lets it.

    Every bot that shares the key gets the first answer, or the first failure.
    """

    def __init__(self, adapter: ExchangeAdapter, gate: HostGate, route: Route) -> None:
        """Keep the arguments; nothing is sent yet."""
        self.route = route
        self._adapter = adapter
        self._gate = gate
        self._answers: dict[str, Any] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._choosing = threading.Lock()

    @property
    def profile(self) -> ExchangeProfile:
        """What is known of the exchange."""
        return self._adapter.profile

    def read_key(self, session: Session, key_id: str) -> KeyListing:
        """Read what the key may do; see `ExchangeAdapter.read_key`."""
        return self._ask_once("key", lambda: self._adapter.read_key(session, key_id))

    def read_two_factor(self, session: Session) -> bool | NotReported:
        """See `ExchangeAdapter.read_two_factor`."""
        return self._ask_once("two-factor", lambda: self._adapter.read_two_factor(session))

    def read_withdrawal_addresses(self, session: Session) -> tuple[WithdrawalAddress, ...] | NotReported:
        """See `ExchangeAdapter.read_withdrawal_addresses`."""
        return self._ask_once("addresses", lambda: self._adapter.read_withdrawal_addresses(session))

    def read_events(self, session: Session, cursor: int | None) -> EventPage | NotReported:
        """See `ExchangeAdapter.read_events`."""
        return self._ask_once(f"events {cursor}", lambda: self._adapter.read_events(session, cursor))

    def forget_failures(self) -> None:
        """Have questions that failed asked again."""
        with self._choosing:
            self._answers = {
                name: answer for name, answer in self._answers.items() if not isinstance(answer, BaseException)
            }

    def _ask_once(self, question: str, ask: Callable[[], _T]) -> _T:
        with self._choosing:
            lock = self._locks[question]
        with lock:
            if question not in self._answers:
                try:
                    with self._gate.request(self.route):
                        answer: Any = ask()
                except GuardError as problem:
                    answer = problem
                self._answers[question] = answer
            answer = self._answers[question]
        if isinstance(answer, GuardError):
            raise GuardError(*answer.findings)
        result: _T = answer
        return result


def question_of(prepared: PreparedCheck, exchange: Mapping[str, Any]) -> str:
    """Return what two bots have in common exactly if they ask one exchange about one key in one way.

    Nothing may differ that a request could carry: the same key at another server, or with another secret, is asked
    about by itself, and nothing that one bot signs goes to a server of another's.

    Args:
        prepared: the bot's check.
        exchange: freqtrade's `exchange` section.
    """
    settings = merge_settings(exchange, "ccxt_sync_config")
    asked_with = {name: value for name, value in settings.items() if name not in _PACE_SETTINGS}
    connection = prepared.client.connection
    parts = [
        prepared.adapter.profile.id,
        sorted(map(str, connection.servers)),
        repr(connection.proxies),
        prepared.client.demo_trading,
        json.dumps(asked_with, sort_keys=True, default=repr),
        prepared.credentials.for_store(),
    ]
    return _keyed_digest(json.dumps(parts, sort_keys=True))


def key_identity(credentials: Credentials) -> str:
    """Return what two bots have in common exactly if the exchange knows their credentials as one key."""
    if KEY in credentials.fields:
        return fingerprint(credentials.key_id.reveal())
    # Where the id is an account's address, several keys share it.
    return _keyed_digest(json.dumps(credentials.for_store(), sort_keys=True))


def _keyed_digest(text: str) -> str:
    """Return a digest that nobody outside this process could compare a guess with."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=_digest_key, digest_size=16).hexdigest()
