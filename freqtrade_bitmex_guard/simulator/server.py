"""The HTTP server of a simulated exchange: it responds well, badly, slowly or not at all."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from freqtrade_bitmex_guard.simulator.request import RecordedRequest, Request
from freqtrade_bitmex_guard.simulator.responses import Reaction, Reset, Response


class Server(ThreadingHTTPServer):
    """One thread for each connection.

    Attributes:
        exchange: decides what to do.
        ending: set once the server ends, so that nothing hangs on.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], exchange: ScriptedServer, tls: ssl.SSLContext | None) -> None:
        self.exchange = exchange
        self.ending = threading.Event()
        self._tls = tls
        super().__init__(address, Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection, in its own thread: a TLS handshake that fails must hold nobody up."""
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        with contextlib.suppress(OSError), self._tls.wrap_socket(request, server_side=True) as wrapped:
            super().finish_request(wrapped, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that went away."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        """Treat every verb alike."""
        reaction = self.server.exchange.respond(self._request())
        if isinstance(reaction, Response):
            self._send(reaction)
        elif isinstance(reaction, Reset):
            self._reset()
        else:
            self.server.ending.wait()
            self.close_connection = True

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server calls
        """Print nothing; the simulated exchange records its requests."""

    def _request(self) -> Request:
        return Request(
            verb=self.command,
            path=urlsplit(self.path).path.removeprefix(self.server.exchange.base_path),
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
            address=self.client_address[0],
        )

    def _send(self, response: Response) -> None:
        headers = {"Content-Type": "application/json", "Content-Length": str(len(response.body)), **response.headers}
        try:
            phrase = HTTPStatus(response.status).phrase
        except ValueError:
            phrase = "Unknown"
        head = f"HTTP/1.1 {response.status} {phrase}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        # In one piece: a second one would wait 40 ms for the acknowledgement of the first.
        whole = head.encode("latin-1") + b"\r\n" + response.body[: response.reset_after]
        self._write(whole, response.seconds_per_byte)
        if response.reset_after is not None:
            self._reset()

    def _write(self, content: bytes, seconds_per_byte: float) -> None:
        with contextlib.suppress(OSError):
            if not seconds_per_byte:
                self.wfile.write(content)
                return
            for number in range(len(content)):
                if self.server.ending.is_set():
                    break
                self.wfile.write(content[number : number + 1])
                time.sleep(seconds_per_byte)

    def _reset(self) -> None:
        # Lingering for no time makes closing a reset instead of a polite goodbye (socket(7), SO_LINGER).
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.wfile.flush()
        self.connection.close()


class ScriptedServer:
    """A server on loopback that records its requests, and fails where a test says so. Use it as a context manager.

    Attributes:
        base_path: beginning of every path, left out of routes, scripts and the record.
        requests: every request so far.
    """

    base_path: ClassVar[str] = ""

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[RecordedRequest] = []
        self._scripts: dict[str, list[Reaction]] = {}
        self._always: dict[str, Reaction] = {}
        self._crash: Exception | None = None
        self._lock = threading.Lock()
        self._server = Server((host, 0), self, tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._scheme = "https" if tls else "http"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        if self._crash is not None and problem is None:
            raise RuntimeError("a handler of the simulated exchange raised") from self._crash

    def answer(self, request: Request) -> Response:
        """Answer a request that no script is for."""
        raise NotImplementedError

    def route_of(self, request: Request) -> str:
        """Return the path for routes, scripts and the record; more than the path where one path serves many calls."""
        return request.path

    def key_id(self, request: Request) -> str | None:
        """Return the id of the key that a request names, without checking anything."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        """Where it serves, without a path."""
        host, port = self._server.server_address[:2]
        return f"{self._scheme}://{host!s}:{port}"

    def respond_next(self, path: str, *reactions: Reaction) -> None:
        """Use these reactions, one for each of the next requests to a path, then respond well again."""
        self._scripts.setdefault(path, []).extend(reactions)

    def respond_always(self, path: str, reaction: Reaction) -> None:
        """React like this to every request to a path, once the reactions of `respond_next` are used up."""
        self._always[path] = reaction

    def paths(self) -> list[str]:
        """Return all requests in order, as `VERB /path`."""
        return [f"{recorded.verb} {recorded.route}" for recorded in self.requests]

    def respond(self, request: Request) -> Reaction:
        """Decide what to do about one request, and record it."""
        try:
            path = self.route_of(request)
            with self._lock:
                script = self._scripts.get(path)
                reaction = script.pop(0) if script else self._always.get(path)
            if reaction is None:
                reaction = self.answer(request)
            key_id = self.key_id(request)
        except Exception as problem:
            self._crash = problem  # raised when the server ends, where a test sees it
            raise
        status = reaction.status if isinstance(reaction, Response) else None
        with self._lock:
            self.requests.append(RecordedRequest(request, path, key_id, status))
        return reaction
