"""The HTTP session under our ccxt client: no redirect, no body without end, no server that drips for ever."""

from __future__ import annotations

import socket
import threading
import time
import zlib
from collections.abc import Callable
from http.client import HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from freqtrade_bitmex_guard.client.connection import Origin
from freqtrade_bitmex_guard.client.response import Response

MAX_BYTES = 4_000_000


MAX_BYTES_PARALLEL = 1_000_000


"""Of each answer, where several are asked for at the same time."""


# What can make a value in JSON. A value takes up to 150 bytes for each of them, so a short text can fill the memory;
# a thousand keys hold some 25 each.
_JSON_DELIMITERS = (b",", b":", b"[", b"{")


_BYTES_PER_DELIMITER = 25


_MAX_HEADER_BYTES = 100_000


_CHUNK = 65_536


_SETTINGS_ERRORS = (
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidProxyURL,
)


_PROTOCOL_ERRORS = (
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidURL,
    urllib3.exceptions.InvalidHeader,
    urllib3.exceptions.InvalidChunkLength,
    urllib3.exceptions.LocationParseError,
    urllib3.exceptions.DecodeError,
)


class TransportError(Exception):
    """No answer came, or none that may be looked at.

    Attributes:
        finding: the finding this leads to.
        transient: whether asking again may help.
    """

    def __init__(self, rule: str, what: str, *, passing: bool = False) -> None:
        super().__init__(what)
        self.finding = rule
        self.transient = passing


class RequestLog:
    """What happened to one request.

    Attributes:
        response: what came, if anything did.
        is_aborted: whether it was cut off; then nothing of it may be sent any more.
        sockets: its open connections.
    """

    def __init__(self) -> None:
        self.response: Response | None = None
        self.is_aborted = False
        self.sockets: list[socket.socket] = []


class BoundedSession(requests.Session):
    """A session that records each answer, and that another thread can cut off.

    Attributes:
        request_count: how many requests were sent.
        log: where the next answer is written.
        seconds: how long the next request may wait for its peer.
    """

    def __init__(self, servers: frozenset[Origin], most_bytes: int = MAX_BYTES) -> None:
        super().__init__()
        self._most_bytes = most_bytes
        self.trust_env = False  # variables and .netrc have no say in where a signed request goes
        self.request_count = 0
        self.log = RequestLog()
        self.seconds = 1.0
        self._servers = servers
        self._of_this_thread = threading.local()
        for scheme in ("https://", "http://"):
            self.mount(scheme, _TrackingAdapter(self._remember))

    @property
    def hosts(self) -> set[str]:
        """The hosts that may be asked."""
        return {server.host for server in self._servers}

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send one request and take its answer down.

        Raises:
            Fault: if there is none that may be looked at.
        """
        record = self._of_this_thread.record = self.log
        # Only scheme, host and port are compared; ccxt adds path and query to the URL that was judged.
        if Origin.of(url.partition("?")[0]) not in self._servers:
            raise TransportError(
                "host-not-allowed", "ccxt would have asked another server than the one that was judged"
            )
        options["headers"] = {**(options.get("headers") or {}), "Accept-Encoding": "identity"}
        options.update(allow_redirects=False, stream=True, timeout=self.seconds)
        self.request_count += 1
        try:
            with super().request(method, url, **options) as response:
                if 300 <= response.status_code < 400:
                    raise TransportError("redirected", f"the answer was a redirect (HTTP {response.status_code})")
                body = self._body(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as problem:
            raise _transport_error(problem) from None
        finally:
            while record.sockets:
                record.sockets.pop().close()
            # A connection that was kept could be used again without being remembered, and so could not be cut.
            for adapter in self.adapters.values():
                adapter.close()
        record.response = Response(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            received_at=time.time(),
        )
        response._content = b""  # ccxt would read it once more, and less strictly; only the answer is judged
        return response

    def _body(self, response: requests.Response) -> bytes:
        most = self._most_bytes
        body = _decompress(_read_body(response, most), response.headers.get("Content-Encoding", ""), most)
        if sum(map(body.count, _JSON_DELIMITERS)) > most // _BYTES_PER_DELIMITER:
            raise TransportError("response-too-large", "the answer holds far more values than an honest one")
        return body

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """None: asked, requests would read the body of a redirect, of whatever size, before we see it."""
        return None

    def abort(self) -> None:
        """End the request under way, from another thread."""
        self.log.is_aborted = True
        for connection in list(self.log.sockets):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def _remember(self, connection: socket.socket) -> None:
        record: RequestLog = self._of_this_thread.record
        # A duplicate still reaches the connection after TLS has taken the original over.
        record.sockets.append(connection.dup())
        if record.is_aborted:  # it was cut off before it was connected, for example in a slow look-up of the name
            connection.close()
            raise TransportError("timed-out", "no answer came in time", passing=True)


class _BoundedHeaderResponse(HTTPResponse):
    """Ends where status line and headers are too long: http.client alone would take 6 MB and make 50 of it."""

    def begin(self) -> None:
        whole: Any = self.fp
        self.fp = _HeaderReader(whole)  # type: ignore[assignment]
        try:
            super().begin()
        finally:
            if self.fp is not None:  # it was not closed
                self.fp = whole
        # Nobody wants cookies, and to read hostile ones takes Python longer by the square of their length.
        for name in ("Set-Cookie", "Set-Cookie2"):
            del self.headers[name]
        length, coding = self.headers.get("Content-Length", "0"), self.headers.get("Transfer-Encoding", "chunked")
        if not (length.isascii() and length.isdigit()) or coding.lower() != "chunked":
            raise TransportError("response-invalid", "the answer does not say properly how long it is")


class _HeaderReader:
    """The beginning of an answer, line by line."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._left = _MAX_HEADER_BYTES
        self.close = file.close

    def readline(self, limit: int) -> bytes:
        line: bytes = self._file.readline(limit)
        self._left -= len(line)
        if self._left < 0:
            raise TransportError(
                "response-too-large", f"the answer's headers are larger than {_MAX_HEADER_BYTES // 1000} KB"
            )
        return line


class _TrackingAdapter(HTTPAdapter):
    """Tells of every socket that is opened."""

    def __init__(self, remember: Callable[[socket.socket], None]) -> None:
        self._remember = remember
        super().__init__(max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        remember = self._remember
        if not getattr(pool.ConnectionCls, "remembers", False):

            class Remembering(pool.ConnectionCls):  # type: ignore[misc]
                remembers = True
                response_class = _BoundedHeaderResponse

                def _new_conn(self) -> socket.socket:
                    connection: socket.socket = super()._new_conn()
                    remember(connection)
                    return connection

            pool.ConnectionCls = Remembering
        return pool


def _read_body(response: requests.Response, most: int) -> bytes:
    body = bytearray()
    while chunk := response.raw.read(_CHUNK, decode_content=False):
        body += chunk
        if len(body) > most:
            raise TransportError("response-too-large", f"the answer is larger than {most // 1_000_000} MB")
    return bytes(body)


def _decompress(body: bytes, encoding: str, most: int) -> bytes:
    if encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() != "gzip":
        raise TransportError("response-invalid", "the answer is compressed in a way that was not asked for")
    unpack = zlib.decompressobj(wbits=31)
    try:
        plain = unpack.decompress(body, most + 1)
    except zlib.error:
        raise TransportError("response-invalid", "the compressed answer is damaged") from None
    if len(plain) > most:
        raise TransportError("response-too-large", f"the answer unpacks to more than {most // 1_000_000} MB")
    if not unpack.eof:
        raise TransportError("response-invalid", "the compressed answer is cut short")
    if unpack.unused_data:
        raise TransportError("response-invalid", "something follows the compressed answer")
    return plain


def _transport_error(problem: Exception) -> TransportError:
    """A fault for what requests, or urllib3 under it, raised. Its text is left out: it may hold a proxy's password."""
    name = type(problem).__name__
    if isinstance(problem, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        return TransportError("tls-failed", f"the encrypted connection could not be trusted ({name})")
    if isinstance(problem, requests.Timeout | urllib3.exceptions.TimeoutError):
        return TransportError("timed-out", "no answer came in time", passing=True)
    if isinstance(problem, _SETTINGS_ERRORS):
        return TransportError("client-settings", f"the request could not be made ({name}); socks proxies need PySocks")
    if isinstance(problem, _PROTOCOL_ERRORS) or _is_malformed_http(problem):
        return TransportError("response-invalid", f"the answer is not HTTP as it should be ({name})")
    return TransportError("unreachable", f"the connection failed or broke ({name})", passing=True)


def _is_malformed_http(problem: BaseException) -> bool:
    """Whether something came that http.client could not read, rather than nothing or too little."""
    cause: BaseException | None = problem
    while cause is not None and not isinstance(cause, HTTPException):
        cause = cause.__context__
    return cause is not None and not isinstance(cause, RemoteDisconnected | IncompleteRead)
