"""A BitMEX look-alike on loopback: its keys, its signatures, its errors, and what it was asked.

It stands in for an exchange that closed. It checks what BitMEX checked, in BitMEX's order and words, and can be told
to fail in every way that BitMEX, or anything in between, was seen to.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.account import Account
from freqtrade_bitmex_guard.simulator.behaviour import Behaviour, Respond, error
from freqtrade_bitmex_guard.simulator.http import Handler, Server
from freqtrade_bitmex_guard.simulator.keys import Key
from freqtrade_bitmex_guard.simulator.signing import signature

_PUBLIC = ("/instrument", "/wallet/assets", "/trade", "/orderBook", "/quote", "/announcement", "/stats")


@dataclass(frozen=True)
class Asked:
    """One request, as it came.

    Attributes:
        method: HTTP verb.
        path: from /api/v1 on, without its query.
        key: the id it was signed with, or None.
        status: what was answered, or None for none at all.
        headers: as sent, by lower-case name.
    """

    method: str
    path: str
    key: str | None = field(repr=False)
    status: int | None
    headers: dict[str, str] = field(repr=False)


class Lookalike:
    """Serves /api/v1. Use it as a context manager.

    Attributes:
        keys: of the account; they may be changed while it serves.
        account: around them, likewise.
        asked: every request so far.
        clock_offset: seconds that its clock is ahead of ours.
    """

    def __init__(self, keys: Iterable[Key] = (), *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.keys = list(keys)
        self.account = Account()
        self.asked: list[Asked] = []
        self.clock_offset = 0.0
        self._scripts: dict[str, list[Behaviour]] = {}
        self._always: dict[str, Behaviour] = {}
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

    @property
    def url(self) -> str:
        """Where it serves, without a path."""
        host, port = self._server.server_address[:2]
        return f"{self._scheme}://{host!s}:{port}"

    def ccxt_config(self) -> dict[str, Any]:
        """Freqtrade's `exchange.ccxt_config` that points both of its clients here."""
        return {"urls": {"api": {"public": self.url, "private": self.url}}}

    def then(self, path: str, *behaviours: Behaviour) -> None:
        """Do these things, one for each of the next requests to a path (from /api/v1 on), then answer well again."""
        self._scripts.setdefault(path, []).extend(behaviours)

    def always(self, path: str, behaviour: Behaviour) -> None:
        """Do this for every request to a path, once what `then` was told is done."""
        self._always[path] = behaviour

    def paths(self) -> list[str]:
        """What was asked, in order, as `VERB /path`."""
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def respond(self, handler: Handler, body: str) -> Behaviour:
        """What to do about one request, which is taken down."""
        url = urlsplit(handler.path)
        path = url.path.removeprefix("/api/v1")
        with self._lock:
            script = self._scripts.get(path)
            behaviour = script.pop(0) if script else self._always.get(path)
        if behaviour is None:
            behaviour = self._judge(handler, body) or self._serve(handler.command, path, url.query, handler)
        with self._lock:
            self.asked.append(
                Asked(
                    handler.command,
                    path,
                    handler.headers.get("api-key"),
                    behaviour.status if isinstance(behaviour, Respond) else None,
                    {name.lower(): value for name, value in handler.headers.items()},
                )
            )
        return behaviour

    def _judge(self, handler: Handler, body: str) -> Respond | None:  # noqa: PLR0911 - one for each check
        """The checks that come before the path: None if the request may pass."""
        headers = handler.headers
        path = urlsplit(handler.path).path.removeprefix("/api/v1")
        names = ("api-key", "api-expires", "api-signature")
        if not any(headers.get(name) for name in names):
            return None if path.startswith(_PUBLIC) else error(401, "Authorization Required")
        if not all(headers.get(name) for name in names):
            return error(401, "Authorization Required")
        key = self._key(headers["api-key"])
        now = time.time() + self.clock_offset
        if key is None:
            return error(401, "Invalid API Key.")
        if not key.enabled:
            return error(403, "This key is disabled.")
        if not key.admits(handler.client_address[0]):
            return error(403, "This IP address is not allowed to use this key.")
        if not headers["api-expires"].isdigit() or int(headers["api-expires"]) < now:
            return error(400, f"This request has expired - `expires` is in the past. Current time: {now:.0f}")
        expected = signature(key.secret, handler.command, handler.path, headers["api-expires"], body)
        if headers["api-signature"] != expected:
            return error(401, "Signature not valid.")
        return None

    def _key(self, key_id: str | None) -> Key | None:
        return next((key for key in self.keys if key.id == key_id), None)

    def _serve(self, verb: str, path: str, query: str, handler: Handler) -> Respond:
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        key = self._key(handler.headers.get("api-key"))
        if verb == "GET" and key is not None and path.startswith("/apiKey"):
            return self._of_keys(path, key)
        if verb == "GET" and key is not None and path in ("/user", "/userEvent", "/address"):
            return _json(self.account.tells(path, asked))
        if verb == "GET":
            return _market(path, asked)
        if key is None or not self._may(key, verb, path):
            return error(403, "Access Denied")
        return error(404, "Not Found")

    def _of_keys(self, path: str, key: Key) -> Respond:
        if path == "/apiKey" and key.sees_list:
            return _json([each.described() for each in self.keys])
        if path == "/apiKey/self" and key.sees_itself:
            return _json(key.described())
        return error(403, "Access Denied")

    @staticmethod
    def _may(key: Key, verb: str, path: str) -> bool:
        if path.startswith("/user/requestWithdrawal"):
            return "withdraw" in key.permissions
        if path.startswith("/order") and (verb == "DELETE" or "cancel" in path):
            return bool({"order", "orderCancel"} & set(key.permissions))
        return path.startswith(("/order", "/position")) and "order" in key.permissions


def _market(path: str, asked: dict[str, str]) -> Respond:
    symbol = asked.get("symbol", "XBT_USDT")
    if path == "/trade/bucketed":
        count = int(asked.get("count", "100"))
        backwards = asked.get("reverse", "").lower() == "true"
        made = market.candles(symbol, asked.get("binSize", "5m"), count, asked.get("startTime"), newest_first=backwards)
        return _json(made)
    contents: dict[str, Callable[[], Any]] = {
        "/instrument": lambda: market.instruments(asked.get("symbol")),
        "/instrument/active": market.instruments,
        "/instrument/activeAndIndices": market.instruments,
        "/wallet/assets": market.assets,
        "/user/margin": market.margin,
        "/orderBook/L2": lambda: market.book(symbol, int(asked.get("depth", "25"))),
        "/order": list,
        "/position": list,
        "/execution/tradeHistory": list,
        "/trade": list,
    }
    return _json(contents[path]()) if path in contents else error(404, "Not Found")


def _json(content: Any) -> Respond:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "x-ratelimit-limit": "120",
        "x-ratelimit-remaining": "119",
    }
    return Respond(200, json.dumps(content).encode(), headers)
