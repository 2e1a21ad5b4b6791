"""BitMEX on loopback: its keys, its signatures, its errors.

It stands in for an exchange that closed. It checks what BitMEX checked, in BitMEX's order and words.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

from freqtrade_bitmex_guard.simulator.bitmex import market
from freqtrade_bitmex_guard.simulator.bitmex.account import Account
from freqtrade_bitmex_guard.simulator.bitmex.keys import WORDS, Key, random_key
from freqtrade_bitmex_guard.simulator.bitmex.orders import Orders
from freqtrade_bitmex_guard.simulator.bitmex.signing import signature
from freqtrade_bitmex_guard.simulator.bitmex.trading import LOT_FOR_FREQTRADE, SpotOrders
from freqtrade_bitmex_guard.simulator.interface import Cause, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response

_PUBLIC = ("/instrument", "/wallet/assets", "/trade", "/orderBook", "/quote", "/announcement", "/stats")


def error(status: int, message: str, headers: dict[str, str] | None = None, name: str = "HTTPError") -> Response:
    """Build an error in BitMEX's own shape."""
    body = json.dumps({"error": {"message": message, "name": name}}).encode()
    return Response(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


_ERRORS = {
    Cause.CREDENTIALS_MISSING: error(401, "Authorization Required"),
    Cause.UNKNOWN_KEY: error(401, "Invalid API Key."),
    Cause.DISABLED: error(403, "This key is disabled."),
    Cause.ADDRESS: error(403, "This IP address is not allowed to use this key."),
    Cause.CLOCK: error(400, "This request has expired - `expires` is in the past."),
    Cause.SIGNATURE: error(401, "Signature not valid."),
    Cause.PERMISSION: error(403, "Access Denied"),
    Cause.NOT_FOUND: error(404, "Not Found"),
    Cause.RATE_LIMIT: error(429, "Rate limit exceeded, retry in 1 seconds.", {"Retry-After": "1"}),
    Cause.MAINTENANCE: error(503, "The system is currently overloaded. Please try again later."),
}


class SimulatedBitMEX(SimulatedExchange[Key]):
    """BitMEX's /api/v1.

    Attributes:
        account: around the keys; it may be changed while it serves.
        orders: that rest on its book.
        trading: of the account, once a test gives it some; it then answers about orders, and fills them.
    """

    exchange_id = "bitmex"
    base_path = "/api/v1"
    key_header = "api-key"
    exchange_settings: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self,
        keys: Iterable[KeyState] = (),
        *,
        trading_mode: str | None = None,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        super().__init__(keys, trading_mode=trading_mode, tls=tls, host=host)
        self.account = Account()
        self.orders = Orders()
        self.trading: SpotOrders | None = None
        if not all(key.two_factor for key in self.account_keys()):
            self.account.two_factor = None

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """BitMEX's permissions; every key reads."""
        return WORDS

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """BitMEX's errors."""
        return _ERRORS

    def api_urls(self) -> Any:
        """Return ccxt's two URLs."""
        return {"public": self.url, "private": self.url}

    def bot_config(self) -> dict[str, Any]:
        """Return the exchange's part of freqtrade's config; freqtrade up to 2026.8 blocks BitMEX unless told not to."""
        return {**super().bot_config(), "experimental": {"block_bad_exchanges": False}}

    def adopt(self, key: KeyState) -> Key:
        """Translate a key in common words."""
        if isinstance(key, Key):
            return key
        return Key(
            key.id,
            key.secret,
            permissions=self.words_of(key),
            cidr="" if key.networks is None else None,
            cidrs=key.networks,
            enabled=key.enabled,
            name=key.name,
            age_days=key.age_days,
            two_factor=key.two_factor,
            siblings=key.siblings,
            overrides=key.overrides,
        )

    @classmethod
    def random_key(cls, **changed: Any) -> Key:
        """Make a good key; `permissions` may be kinds, and `networks` stands for the two fields of BitMEX."""
        if "permissions" in changed:
            parts = [WORDS[one] if isinstance(one, Kind) else (one,) for one in changed["permissions"]]
            changed["permissions"] = [word for part in parts for word in part]
        if "networks" in changed:
            networks = changed.pop("networks")
            changed |= {"cidr": "" if networks is None else None, "cidrs": networks}
        return random_key(**changed)

    def answer(self, request: Request) -> Response:
        """Answer a request: a signature is checked wherever there is one, on public paths too."""
        names = ("api-key", "api-expires", "api-signature")
        signed = any(request.headers.get(name) for name in names)
        if not signed and request.path.startswith(_PUBLIC):
            return self._serve(request, None)
        key = self.authenticate(request)
        return key if isinstance(key, Response) else self._serve(request, key)

    def authenticate(self, request: Request) -> Key | Response:
        """Return the key that signed a request, or BitMEX's error."""
        headers = request.headers
        if not all(headers.get(name) for name in ("api-key", "api-expires", "api-signature")):
            return self.error(Cause.CREDENTIALS_MISSING)
        key = self.find_key(headers["api-key"])
        if key is None:
            return self.error(Cause.UNKNOWN_KEY)
        rejected = self.reject(request, key)
        if rejected:
            return rejected
        now = self.now()
        if not headers["api-expires"].isdigit() or int(headers["api-expires"]) < now:
            return error(400, f"This request has expired - `expires` is in the past. Current time: {now:.0f}")
        expected = signature(key.secret, request.verb, request.target, headers["api-expires"], request.text)
        return key if headers["api-signature"] == expected else self.error(Cause.SIGNATURE)

    def _serve(self, request: Request, key: Key | None) -> Response:
        if request.verb == "GET" and key is not None and request.path.startswith("/apiKey"):
            return self._describe_keys(request.path, key)
        if request.verb == "GET" and key is not None and request.path in ("/user", "/userEvent", "/address"):
            return _json(self.account.respond(request.path, request.query))
        if request.verb == "GET":
            return self._read(request, key)
        if key is None or not self._is_permitted(key, request.verb, request.path):
            return error(403, "Access Denied")
        if self.trading:
            return self._change_orders(self.trading, request)
        return self._cancel(request)

    def _read(self, request: Request, key: Key | None) -> Response:
        traded = self._serve_orders(self.trading, request) if self.trading and key is not None else None
        if traded is None and request.path == "/order":
            return _json(self.orders.find(request))
        return traded or _market(request.path, request.query, LOT_FOR_FREQTRADE if self.trading else None)

    def _cancel(self, request: Request) -> Response:
        cancelled = self.orders.cancel(request) if (request.verb, request.path) == ("DELETE", "/order") else []
        return _json(cancelled) if cancelled else error(404, "Not Found")

    @staticmethod
    def _serve_orders(orders: SpotOrders, request: Request) -> Response | None:
        contents: dict[str, Callable[[], Any]] = {
            "/user/margin": lambda: market.margin(orders.held()),
            "/order": lambda: orders.listed(request.query),
            "/execution/tradeHistory": orders.executions,
        }
        if request.verb != "GET" or request.path not in contents:
            return None
        return _json(contents[request.path]())

    @staticmethod
    def _change_orders(orders: SpotOrders, request: Request) -> Response:
        content = json.loads(request.text or "{}")
        if (request.verb, request.path) == ("POST", "/order"):
            status, answer = orders.place(content)
        elif (request.verb, request.path) == ("DELETE", "/order"):
            status, answer = orders.cancel(content.get("orderID"))
        elif (request.verb, request.path) == ("POST", "/user/requestWithdrawal"):
            status, answer = 200, {"transactID": "made-up", "transactType": "Withdrawal", **content}
        else:
            return error(404, "Not Found")
        return _json(answer, status)

    def _describe_keys(self, path: str, key: Key) -> Response:
        if path == "/apiKey" and key.can_list_keys:
            return _json([listed.to_json() for listed in self.account_keys()])
        if path == "/apiKey/self" and key.can_read_itself:
            return _json(key.to_json())
        return error(403, "Access Denied")

    @staticmethod
    def _is_permitted(key: Key, verb: str, path: str) -> bool:
        if path.startswith("/user/requestWithdrawal"):
            return "withdraw" in key.permissions
        if path.startswith("/order") and (verb == "DELETE" or "cancel" in path):
            return bool({"order", "orderCancel"} & set(key.permissions))
        return path.startswith(("/order", "/position")) and "order" in key.permissions


def _market(path: str, query: dict[str, str], lot: float | None = None) -> Response:
    symbol = query.get("symbol", "XBT_USDT")
    if path == "/trade/bucketed":
        count = int(query.get("count", "100"))
        newest_first = query.get("reverse", "").lower() == "true"
        size, start = query.get("binSize", "5m"), query.get("startTime")
        return _json(market.candles(symbol, size, count, start, newest_first=newest_first))
    contents: dict[str, Callable[[], Any]] = {
        "/instrument": lambda: market.instruments(query.get("symbol"), lot),
        "/instrument/active": lambda: market.instruments(lot=lot),
        "/instrument/activeAndIndices": lambda: market.instruments(lot=lot),
        "/wallet/assets": market.assets,
        "/user/margin": market.margin,
        "/orderBook/L2": lambda: market.book(symbol, int(query.get("depth", "25"))),
        "/position": list,
        "/execution/tradeHistory": list,
        "/trade": list,
    }
    return _json(contents[path]()) if path in contents else error(404, "Not Found")


def _json(content: Any, status: int = 200) -> Response:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "x-ratelimit-limit": "120",
        "x-ratelimit-remaining": "119",
    }
    return Response(status, json.dumps(content).encode(), headers)
