"""The socket: who may connect, how many, and how long a message may take."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from freqtrade_bitmex_guard.agent import boundary
from freqtrade_bitmex_guard.agent.desk import Desk, Peer
from freqtrade_bitmex_guard.agent.record import Throttle
from freqtrade_bitmex_guard.agent.standing import KeyStanding
from freqtrade_bitmex_guard.signing import wire

logger = logging.getLogger("freqtrade_bitmex_guard")

MAX_CONNECTIONS = 8
_MAX_STATUS_CONNECTIONS = 2
_ACCEPT_SECONDS = 0.5
_LOGGED_PER_MINUTE = 10


class Server:
    """Serves the connections of one bot, a thread each, and those that only ask for the status."""

    def __init__(
        self,
        listener: socket.socket,
        desk: Desk,
        standing: KeyStanding,
        describe: Callable[[], dict[str, Any]],
        allow_peers: list[str],
    ) -> None:
        """Keep the arguments; `serve` begins.

        Args:
            listener: that listens.
            desk: handles calls.
            standing: of the key, which every reply carries.
            describe: returns what `hello` says of the agent.
            allow_peers: `own-user` and `root`, if the config admits them.
        """
        self._listener = listener
        self._desk = desk
        self._standing = standing
        self._describe = describe
        own, root = os.geteuid(), 0
        self._not_bots = {uid for uid, word in ((own, "own-user"), (root, "root")) if word not in allow_peers}
        if "own-user" in allow_peers:
            self._not_bots.discard(own)
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()
        self._bot_uid: int | None = None
        self._log_throttle = Throttle(_LOGGED_PER_MINUTE)
        self.peers: dict[str, str] = {}

    def serve(self) -> None:
        """Accept connections until `end`."""
        self._listener.settimeout(_ACCEPT_SECONDS)
        while not self._ended.is_set():
            self._desk.flush_counts()
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError as problem:
                self._warn("a connection could not be accepted (%s)", type(problem).__name__)
                self._ended.wait(_ACCEPT_SECONDS)
                continue
            threading.Thread(target=self._serve_connection, args=(connection,), daemon=True).start()

    def end(self) -> None:
        """Stop serving."""
        self._ended.set()

    def _serve_connection(self, connection: socket.socket) -> None:
        with connection:
            try:
                uid, pid = boundary.peer_of(connection)
                with self._admitted(uid) as problem:
                    self._talk(connection, Peer(uid, pid), problem)
            except wire.ConnectionEndedError:
                return
            except (wire.WireError, TimeoutError) as broken:
                self._warn("a connection was closed (%s)", str(broken) or "it was too slow")
            except OSError:
                return
            except Exception as bug:
                self._warn("a connection failed (%s)", type(bug).__name__)

    @contextlib.contextmanager
    def _admitted(self, uid: int) -> Any:
        """Count a connection while it is open; yield why its peer may send no calls, or an empty text."""
        role, problem = "bot", ""
        with self._lock:
            if uid in self._not_bots:
                role, problem = "status", "the bot runs as the agent's own user or as root"
            elif self._open["bot"] and self._bot_uid != uid:
                role, problem = "status", "another user's bot is connected"
            elif self._open["bot"] >= MAX_CONNECTIONS:
                role, problem = "status", f"there are {MAX_CONNECTIONS} connections already"
            if role == "status" and self._open["status"] >= _MAX_STATUS_CONNECTIONS:
                raise wire.WireError("too many connections")
            self._open[role] += 1
            if role == "bot":
                self._bot_uid = uid
        try:
            yield problem
        finally:
            with self._lock:
                self._open[role] -= 1

    def _talk(self, connection: socket.socket, peer: Peer, problem: str) -> None:
        """Answer one message after the other; one that is not of the protocol ends the connection."""
        wait = wire.FRAME_SECONDS if problem else None
        while True:
            message = wire.parse_request(wire.receive_frame(connection, wire.MAX_REQUEST_BYTES, wait))
            if isinstance(message, wire.Call):
                number = message.number
                reply = _refused(problem) if problem else self._handle(message, peer)
            else:
                number = message["number"]
                reply = self._introduce(message, problem)
            connection.settimeout(wire.FRAME_SECONDS)
            content = {"number": number, "standing": self._standing.now.value, **reply}
            wire.send_frame(connection, content, wire.MAX_REPLY_BYTES)

    def _handle(self, call: wire.Call, peer: Peer) -> dict[str, Any]:
        try:
            return self._desk.handle(call, peer)
        except Exception as bug:
            # Nothing that is not a refusal or an answer may look like one.
            self._warn("a call failed (%s)", type(bug).__name__)
            return {"error": {"name": "ExchangeError", "text": f"the signing agent failed ({type(bug).__name__})"}}

    def _introduce(self, message: dict[str, Any], problem: str) -> dict[str, Any]:
        if message["operation"] == "status":
            return {"status": {**self._describe(), **self._desk.status(), "peers": dict(self.peers)}}
        if problem:
            return _refused(problem)
        if message["protocol"] != wire.PROTOCOL:
            return _refused(f"this agent's protocol is {wire.PROTOCOL}")
        self.peers = {name: message[name][:40] for name in ("ccxt", "version")}
        return {"hello": self._describe()}

    def _warn(self, text: str, *arguments: object) -> None:
        if self._log_throttle.admits():
            logger.warning(f"Signing agent: {text}.", *arguments)


def _refused(problem: str) -> dict[str, Any]:
    return {"error": {"name": "PermissionDenied", "text": problem, "limit": "peer"}}
