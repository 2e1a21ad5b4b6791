"""Sends signed requests over connections that are kept, with the same bounds as a check has."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import certifi

from freqtrade_bitmex_guard.client.connection import ClientConnection, Origin
from freqtrade_bitmex_guard.client.http import MAX_BYTES, BoundedHeaderResponse, decompress
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.client.transport_errors import TransportError
from freqtrade_bitmex_guard.model.findings import fail

_MAX_IDLE = 8
_WATCH_SECONDS = 0.25
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True, repr=False)
class HttpRequest:
    """A request as it is sent.

    Attributes:
        url: with its query.
        verb: the HTTP verb.
        headers: all but Host, Content-Length and Accept-Encoding.
        body: or None.
    """

    url: str
    verb: str
    headers: Mapping[str, str]
    body: bytes | None = None


class Carrier:
    """Connections to an exchange's servers, kept between requests; safe for several threads."""

    def __init__(self, servers: frozenset[Origin], proxy: str | None = None) -> None:
        """Keep the arguments; nothing is connected yet.

        Args:
            servers: to which requests may go.
            proxy: an http proxy that forwards encrypted traffic, as a URL.
        """
        self._servers = servers
        self._proxy = urlsplit(proxy) if proxy else None
        self._tls = ssl.create_default_context(cafile=certifi.where())
        self._idle: dict[Origin, list[http.client.HTTPConnection]] = {}
        self._busy: dict[http.client.HTTPConnection, float] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="carrier", daemon=True).start()

    def send(self, request: HttpRequest, seconds: float, *, retry: bool = False) -> Response:
        """Send one request and read its answer.

        Args:
            request: what to send.
            seconds: the limit for all of it together.
            retry: whether it may be sent again if a kept connection turns out to be closed. Never for an order.

        Raises:
            TransportError: if no answer came that may be read.
        """
        origin = Origin.of(request.url.partition("?")[0])
        if origin not in self._servers:
            raise TransportError("host-not-allowed", "the request would have gone to a server that was not checked")
        ends = time.monotonic() + seconds
        connection, is_kept = self._take(origin, seconds)
        try:
            return self._exchange(connection, origin, request, ends)
        except ConnectionError as problem:  # RemoteDisconnected is one
            if not (is_kept and retry):
                raise _transport_error(problem) from None
        except (OSError, http.client.HTTPException) as problem:
            raise _transport_error(problem) from None
        return self.send(request, max(0.1, ends - time.monotonic()))

    def close(self) -> None:
        """Close all connections; nothing is sent afterwards."""
        self._closed.set()
        with self._lock:
            for connection in [*self._busy, *(kept for idle in self._idle.values() for kept in idle)]:
                connection.close()
            self._idle.clear()

    def _exchange(
        self, connection: http.client.HTTPConnection, origin: Origin, request: HttpRequest, ends: float
    ) -> Response:
        parts = urlsplit(request.url)
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        with self._lock:
            self._busy[connection] = ends
        is_whole = False
        try:
            headers = {**request.headers, "Accept-Encoding": "identity"}
            connection.request(request.verb, target, request.body, headers)
            answer = connection.getresponse()
            if 300 <= answer.status < 400:
                raise TransportError("redirected", f"the answer was a redirect (HTTP {answer.status})")
            content = decompress(_read(answer), answer.headers.get("Content-Encoding", ""), MAX_BYTES)
            is_whole = not answer.will_close
            lower = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status, lower, content, time.time())
        finally:
            with self._lock:
                is_late = self._busy.pop(connection) < time.monotonic()
                idle = self._idle.setdefault(origin, [])
                if is_whole and not is_late and len(idle) < _MAX_IDLE:
                    idle.append(connection)
                else:
                    connection.close()

    def _take(self, origin: Origin, seconds: float) -> tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            idle = self._idle.get(origin, [])
            while idle:
                connection = idle.pop()
                # Something to read before a request was sent can only be the server's good-bye.
                if connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]:
                    connection.sock.settimeout(seconds)
                    return connection, True
                connection.close()
        return self._connect(origin, seconds), False

    def _connect(self, origin: Origin, seconds: float) -> http.client.HTTPConnection:
        host, port = origin.host, origin.port
        if self._proxy is not None:
            host, port = self._proxy.hostname or "", self._proxy.port or 80
        connection: http.client.HTTPConnection
        if origin.scheme == "https":
            connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=self._tls)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=seconds)
        if self._proxy is not None:
            connection.set_tunnel(origin.host, origin.port)
        connection.response_class = BoundedHeaderResponse
        return connection

    def _watch(self) -> None:
        """End requests whose time is over: a server that sends a byte now and then would hold one for ever."""
        while not self._closed.wait(_WATCH_SECONDS):
            now = time.monotonic()
            with self._lock:
                late = [connection for connection, ends in self._busy.items() if ends < now]
            for connection in late:
                if connection.sock is not None:
                    with contextlib.suppress(OSError):
                        connection.sock.shutdown(socket.SHUT_RDWR)


def open_carrier(connection: ClientConnection) -> Carrier:
    """Return a carrier to the servers of a connection that was checked.

    Raises:
        GuardError: misconfigured, if it goes through a proxy that no carrier can use.
    """
    proxies = connection.proxies
    if not proxies:
        return Carrier(connection.servers)
    is_usable = str(proxies.requests).startswith("http://") and not proxies.plain and not any(proxies.others)
    if not is_usable or any(server.scheme != "https" for server in connection.servers):
        fail(
            "agent-setup",
            "The agent sends through http proxies only, and its config names another one.",
            'Write "httpsProxy": "http://HOST:PORT" into exchange.ccxt_config.',
        )
    return Carrier(connection.servers, str(proxies.requests))


def _read(answer: http.client.HTTPResponse) -> bytes:
    body = bytearray()
    while chunk := answer.read(_CHUNK_BYTES):
        body += chunk
        if len(body) > MAX_BYTES:
            raise TransportError("response-too-large", f"the answer is larger than {MAX_BYTES // 1_000_000} MB")
    return bytes(body)


def _transport_error(problem: Exception) -> TransportError:
    name = type(problem).__name__
    if isinstance(problem, ssl.SSLCertVerificationError):
        return TransportError("tls-failed", f"the encrypted connection could not be trusted ({name})")
    if isinstance(problem, TimeoutError):
        return TransportError("timed-out", "no answer came in time", transient=True)
    if isinstance(problem, http.client.HTTPException) and not isinstance(
        problem, http.client.RemoteDisconnected | http.client.IncompleteRead
    ):
        return TransportError("response-invalid", f"the answer is not HTTP as it should be ({name})")
    return TransportError("unreachable", f"the connection failed or broke ({name})", transient=True)
