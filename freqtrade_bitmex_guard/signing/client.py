"""The bot's connections to the agent. A late reply never meets the next request: a failed connection is closed."""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from freqtrade_bitmex_guard.signing import wire

_MAX_CONNECTIONS = 3
"""A bot that reloads has two clients for a moment, and the agent takes eight connections."""

_CONNECT_SECONDS = 2.0
_INTRODUCTION_SECONDS = 5.0
_REASONS = {FileNotFoundError: "there is no socket", ConnectionRefusedError: "nobody serves the socket"}


class AgentUnavailableError(Exception):
    """The agent did not answer.

    Attributes:
        was_sent: whether the request may have reached it; then an order may have been placed.
    """

    def __init__(self, reason: str, *, was_sent: bool) -> None:
        super().__init__(f"the signing agent does not answer: {reason}")
        self.was_sent = was_sent


class AgentClient:
    """Speaks with one agent; safe for several threads.

    Attributes:
        standing: what the newest reply said that the agent lets through; None before the first one.
    """

    def __init__(self, path: str) -> None:
        """Keep the path; nothing is connected yet.

        Args:
            path: of the socket.
        """
        self.standing: str | None = None
        self._path = path
        self._numbers = itertools.count(1)
        self._idle: list[socket.socket] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_MAX_CONNECTIONS)

    def hello(self, exchange: str, ccxt: str, version: str) -> dict[str, Any]:
        """Ask the agent what it is.

        Returns:
            The reply, with `hello` or `error`.

        Raises:
            AgentUnavailableError: if it does not answer.
        """
        fields = {"protocol": wire.PROTOCOL, "exchange": exchange, "ccxt": ccxt, "version": version}
        return self._ask({"operation": "hello", **fields}, _INTRODUCTION_SECONDS)

    def status(self) -> dict[str, Any]:
        """Ask the agent for its status; see `hello`."""
        return self._ask({"operation": "status"}, _INTRODUCTION_SECONDS)

    def call(self, operation: str, call: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Have the agent carry or sign one call. It is never asked again.

        Args:
            operation: `carry` or `sign`.
            call: api, verb, path and params.
            seconds: how long to wait for the reply.

        Raises:
            AgentUnavailableError: if it does not answer.
            WireError: if the call is no plain JSON of 64 KiB; then nothing was sent.
        """
        return self._ask({"operation": operation, **call}, seconds)

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def _ask(self, message: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        number = next(self._numbers)
        if not self._places.acquire(timeout=seconds):
            raise AgentUnavailableError("all connections are in use", was_sent=False)
        try:
            with self._connection() as connection:
                reply = self._exchange(connection, {"number": number, **message}, seconds)
        finally:
            self._places.release()
        standing = reply.get("standing")
        self.standing = standing if isinstance(standing, str) else None
        return reply

    def _exchange(self, connection: socket.socket, message: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        try:
            connection.settimeout(wire.FRAME_SECONDS)
            wire.send_frame(connection, message, wire.MAX_REQUEST_BYTES)
            content = wire.receive_frame(connection, wire.MAX_REPLY_BYTES, seconds)
            return wire.parse_reply(content, message["number"])
        except TimeoutError:
            raise AgentUnavailableError("no reply came in time", was_sent=True) from None
        except OSError as problem:
            raise AgentUnavailableError(f"the connection broke ({type(problem).__name__})", was_sent=True) from None

    @contextlib.contextmanager
    def _connection(self) -> Iterator[socket.socket]:
        """Take a connection for one request; it is kept only if the request ended well."""
        connection = self._take_idle() or self._connect()
        try:
            yield connection
        except wire.WireError as problem:
            connection.close()
            if isinstance(problem, wire.ConnectionEndedError):
                raise AgentUnavailableError("it closed the connection", was_sent=True) from None
            raise
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._idle.append(connection)

    def _take_idle(self) -> socket.socket | None:
        with self._lock:
            while self._idle:
                connection = self._idle.pop()
                # Something to read before a request was sent: the agent has gone, or a reply that nobody waits for.
                if not select.select([connection], [], [], 0)[0]:
                    return connection
                connection.close()
        return None

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_CONNECT_SECONDS)
        try:
            connection.connect(self._path)
        except OSError as problem:
            connection.close()
            reason = _REASONS.get(type(problem)) or problem.strerror or type(problem).__name__
            raise AgentUnavailableError(reason, was_sent=False) from None
        return connection
