"""The wire under the look-alike: answers well, badly, slowly or not at all."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from freqtrade_bitmex_guard.simulator.behaviour import Behaviour, Reset, Respond


class Exchange(Protocol):
    """Decides what to do about a request."""

    def respond(self, handler: Handler, body: str) -> Behaviour:
        """What to do about one request."""
        ...


class Server(ThreadingHTTPServer):
    """One thread for each connection.

    Attributes:
        exchange: decides what to do.
        ending: set once the look-alike ends, so that nothing hangs on.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], exchange: Exchange, tls: ssl.SSLContext | None) -> None:
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
        """A client that went away is no news."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        """Any verb is treated alike."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("utf-8", "replace")
        behaviour = self.server.exchange.respond(self, body)
        if isinstance(behaviour, Respond):
            self._send(behaviour)
        elif isinstance(behaviour, Reset):
            self._reset()
        else:
            self.server.ending.wait()
            self.close_connection = True

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server calls
        """Nothing is printed: what was asked is kept by the look-alike."""

    def _send(self, respond: Respond) -> None:
        headers = {"Content-Type": "application/json", "Content-Length": str(len(respond.body)), **respond.headers}
        try:
            phrase = HTTPStatus(respond.status).phrase
        except ValueError:
            phrase = "Unknown"
        head = f"HTTP/1.1 {respond.status} {phrase}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._write(head.encode("latin-1") + b"\r\n", respond.seconds_a_byte)
        self._write(respond.body[: respond.cut_after], respond.seconds_a_byte)
        if respond.cut_after is not None:
            self._reset()

    def _write(self, content: bytes, seconds_a_byte: float) -> None:
        with contextlib.suppress(OSError):
            if not seconds_a_byte:
                self.wfile.write(content)
                return
            for number in range(len(content)):
                if self.server.ending.is_set():
                    break
                self.wfile.write(content[number : number + 1])
                time.sleep(seconds_a_byte)

    def _reset(self) -> None:
        # Lingering for no time makes closing a reset instead of a polite goodbye (socket(7), SO_LINGER).
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.wfile.flush()
        self.connection.close()
