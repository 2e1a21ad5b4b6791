"""The HTTP session under a ccxt client: it follows no redirect, and bounds the size and time of every answer."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from freqtrade_bitmex_guard.client.connection import Origin
from freqtrade_bitmex_guard.client.response import Observer, Response, ignore
from freqtrade_bitmex_guard.client.transport_errors import TransportError, transport_error

MAX_BYTES = 4_000_000

MAX_BYTES_PARALLEL = 1_000_000
"""The bound for each answer where several requests run at the same time."""

# Each of these can begin a value in JSON. A value takes up to 150 bytes of memory, so a short text could fill it; the
# list of a thousand keys has one of them in some 25 bytes.
_JSON_DELIMITERS = (b",", b":", b"[", b"{")

_BYTES_PER_DELIMITER = 25

_MAX_HEADER_BYTES = 100_000

_CHUNK_BYTES = 65_536


class RequestLog:
    """What happened to one request.

    Attributes:
        response: the answer, if one came.
        is_aborted: whether it was aborted; then nothing more of it may be sent.
        sockets: its open connections.
    """

    def __init__(self) -> None:
        self.response: Response | None = None
        self.is_aborted = False
        self.sockets: list[socket.socket] = []


class BoundedSession(requests.Session):
    """A session that records each answer, and whose request another thread can abort.

    Attributes:
        request_count: how many requests were sent.
        log: where the next answer is recorded.
        seconds: how long the next request may wait for the server.
    """

    def __init__(self, servers: frozenset[Origin], max_bytes: int = MAX_BYTES, observe: Observer = ignore) -> None:
        super().__init__()
        self._max_bytes, self._observe = max_bytes, observe
        self.trust_env = False  # variables and .netrc must not redirect a signed request
        self.request_count = 0
        self.log, self.seconds = RequestLog(), 1.0
        self._servers = servers
        self._thread_state = threading.local()
        for scheme in ("https://", "http://"):
            self.mount(scheme, TrackingAdapter(self._track))

    @property
    def hosts(self) -> set[str]:
        """The hosts to which requests may go."""
        return {server.host for server in self._servers}

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send one request and record its answer.

        Raises:
            TransportError: if no answer came that may be read.
        """
        log = self._thread_state.log = self.log
        # Only scheme, host and port are compared; ccxt adds path and query to the URL that was checked.
        if Origin.of(url.partition("?")[0]) not in self._servers:
            raise TransportError("host-not-allowed", "ccxt would have queried a server that was not checked")
        options["headers"] = {**(options.get("headers") or {}), "Accept-Encoding": "identity"}
        options.update(allow_redirects=False, stream=True, timeout=self.seconds)
        self.request_count += 1
        try:
            with super().request(method, url, **options) as response:
                if 300 <= response.status_code < 400:
                    raise TransportError("redirected", f"the answer was a redirect (HTTP {response.status_code})")
                body = self._body(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as problem:
            raise transport_error(problem) from None
        finally:
            while log.sockets:
                log.sockets.pop().close()
            # A connection that is kept would be used again without being tracked, so nobody could abort it.
            for adapter in self.adapters.values():
                adapter.close()
        log.response = Response(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            received_at=time.time(),
        )
        self._observe(log.response)
        response._content = b""  # ccxt would read it again, and less strictly; only our record is judged
        return response

    def _body(self, response: requests.Response) -> bytes:
        limit = self._max_bytes
        body = decompress(_read_body(response, limit), response.headers.get("Content-Encoding", ""), limit)
        if sum(map(body.count, _JSON_DELIMITERS)) > limit // _BYTES_PER_DELIMITER:
            raise TransportError("response-too-large", "the answer has far more values than an honest one")
        return body

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Return None: otherwise requests reads the body of a redirect, of any size, before we see it."""
        return None

    def abort(self) -> None:
        """End the running request, from another thread."""
        self.log.is_aborted = True
        for connection in list(self.log.sockets):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def _track(self, connection: socket.socket) -> None:
        log: RequestLog = self._thread_state.log
        # A duplicate still reaches the connection after TLS has taken over the original.
        log.sockets.append(connection.dup())
        if log.is_aborted:  # aborted before it was connected, for example during a slow look-up of the name
            connection.close()
            raise TransportError("timed-out", "no answer came in time", transient=True)


class BoundedHeaderResponse(HTTPResponse):
    """A response that ends where status line and headers are too long: http.client takes 6 MB and makes 50 of it."""

    def begin(self) -> None:
        """Read status line and headers."""
        self.fp, file = _HeaderReader(self.fp), self.fp  # type: ignore[assignment]
        try:
            super().begin()
        finally:
            if self.fp is not None:  # it was not closed
                self.fp = file
        # Nobody needs cookies, and the time that Python takes for hostile ones grows with the square of their length.
        for name in ("Set-Cookie", "Set-Cookie2"):
            del self.headers[name]
        length, coding = self.headers.get("Content-Length", "0"), self.headers.get("Transfer-Encoding", "chunked")
        if not (length.isascii() and length.isdigit()) or coding.lower() != "chunked":
            raise TransportError("response-invalid", "the answer does not state its length properly")


class _HeaderReader:
    """Reads the beginning of an answer line by line, up to a bound."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._remaining = _MAX_HEADER_BYTES
        self.close = file.close

    def readline(self, limit: int) -> bytes:
        line: bytes = self._file.readline(limit)
        self._remaining -= len(line)
        if self._remaining < 0:
            raise TransportError(
                "response-too-large", f"the answer's headers are larger than {_MAX_HEADER_BYTES // 1000} KB"
            )
        return line


class TrackingAdapter(HTTPAdapter):
    """Reports every socket that it opens, and bounds the headers of every answer."""

    def __init__(self, track: Callable[[socket.socket], None]) -> None:
        self._track = track
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return requests' own pool, with connections that are tracked."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        track = self._track
        if not getattr(pool.ConnectionCls, "is_tracked", False):

            class TrackedConnection(pool.ConnectionCls):  # type: ignore[misc]
                is_tracked = True
                response_class = BoundedHeaderResponse

                def _new_conn(self) -> socket.socket:
                    connection: socket.socket = super()._new_conn()
                    track(connection)
                    return connection

            pool.ConnectionCls = TrackedConnection
        return pool


def _read_body(response: requests.Response, limit: int) -> bytes:
    body = bytearray()
    while chunk := response.raw.read(_CHUNK_BYTES, decode_content=False):
        body += chunk
        if len(body) > limit:
            raise TransportError("response-too-large", f"the answer is larger than {limit // 1_000_000} MB")
    return bytes(body)


def decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """Decompress a body, up to a limit; raise TransportError if it is damaged, too large or of another coding."""
    if encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() != "gzip":
        raise TransportError("response-invalid", "the answer is compressed in a way that was not requested")
    decompressor = zlib.decompressobj(wbits=31)
    try:
        plain = decompressor.decompress(body, limit + 1)
    except zlib.error:
        raise TransportError("response-invalid", "the compressed answer is damaged") from None
    if len(plain) > limit:
        raise TransportError("response-too-large", f"the answer unpacks to more than {limit // 1_000_000} MB")
    if not decompressor.eof:
        raise TransportError("response-invalid", "the compressed answer is cut short")
    if decompressor.unused_data:
        raise TransportError("response-invalid", "something follows the compressed answer")
    return plain
