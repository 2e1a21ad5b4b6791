"""OKX on loopback: spot and perpetual swaps.

Source: www.okx.com/docs-v5/en (overview, REST authentication, error codes).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any, ClassVar

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind, random_text
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response, page

MAX_CLOCK_SKEW_SECONDS = 30
# An account as documented, instruments and position tiers in OKX's shape with made-up numbers.
_DATA: Mapping[str, Any] = json.loads(files(__package__).joinpath("okx_data/market.json").read_text("utf-8"))
_WORDS = {
    Kind.READ: ("read_only",),
    Kind.TRADE: ("trade",),
    Kind.CANCEL: ("trade",),
    Kind.WITHDRAW: ("withdraw",),
}
_HEADERS = {
    "ok-access-key": "50103",
    "ok-access-passphrase": "50104",
    "ok-access-sign": "50106",
    "ok-access-timestamp": "50107",
}


def error(status: int, code: str, message: str) -> Response:
    """Build an error in OKX's shape; with HTTP 200 it has an empty list of data beside it."""
    return json_response({"msg": message, "code": code, **({"data": []} if status == 200 else {})}, status)


_ERRORS = {
    Cause.CREDENTIALS_MISSING: error(401, "50103", 'Request header "OK-ACCESS-KEY" cannot be empty.'),
    Cause.UNKNOWN_KEY: error(401, "50111", "Invalid OK-ACCESS-KEY."),
    Cause.EXPIRED: error(401, "50119", "API key doesn't exist"),
    Cause.DISABLED: error(400, "50100", "API frozen, please contact customer service."),
    Cause.SIGNATURE: error(401, "50113", "Invalid signature."),
    Cause.PASSWORD: error(401, "50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.'),
    Cause.CLOCK: error(401, "50102", "Timestamp request expired."),
    Cause.PERMISSION: error(200, "50120", "This API key doesn't have permission to use this function"),
    Cause.RATE_LIMIT: error(429, "50011", "Too Many Requests"),
    Cause.MAINTENANCE: error(503, "50001", "Service temporarily unavailable. Please try again later."),
    Cause.NOT_FOUND: page(404, "<html>"),
}


def sign(secret: str, timestamp: str, verb: str, target: str, body: str) -> str:
    """Return the signature of one request in Base64.

    Args:
        secret: of the key.
        timestamp: ISO time, as sent.
        verb: in capitals.
        target: the path from /api/v5 on, with its query as sent.
        body: as sent, or "".
    """
    text = f"{timestamp}{verb}{target}{body}".encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


class SimulatedOKX(SimulatedExchange[KeyState]):
    """OKX's /api/v5, with a main account."""

    exchange_id = "okx"
    base_path = "/api/v5"
    key_header = "ok-access-key"
    pairs: ClassVar[Mapping[str, str]] = {"spot": "BTC/USDT", "futures": "BTC/USDT:USDT"}
    credential_parts = ("key", "secret", "password")

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """OKX's permissions; `trade` includes cancelling, and transfers inside the owner's accounts."""
        return _WORDS

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """OKX's errors; the one for a wrong address quotes the request."""
        return {**_ERRORS, Cause.ADDRESS: self._wrong_address("198.51.100.7", str(uuid.UUID(int=0)))}

    def error(self, cause: Cause, request: Request | None = None) -> Response:
        """Return an error; the client's address and the key's id are in the one for a wrong address, as recorded."""
        if cause is Cause.ADDRESS and request is not None:
            return self._wrong_address(request.address, self.key_id(request) or "")
        return super().error(cause, request)

    @staticmethod
    def _wrong_address(address: str, key_id: str) -> Response:
        return error(401, "50110", f"Your IP {address} is not included in your API key's {key_id} IP whitelist.")

    def render(self, content: Any) -> Response:
        """Put data into OKX's envelope."""
        return json_response({"code": "0", "data": content, "msg": ""})

    def api_urls(self) -> Any:
        """Return ccxt's one URL."""
        return {"rest": self.url}

    @classmethod
    def random_key(cls, **changed: Any) -> KeyState:
        """Make a good key with a passphrase."""
        secret = random_text(32, "0123456789ABCDEF")
        return KeyState(str(uuid.uuid4()), **{"secret": secret, "password": random_text(20), **changed})

    def authenticate(self, request: Request) -> KeyState | Response:
        """Return the key that signed a request, or OKX's error."""
        headers = request.headers
        for name, code in _HEADERS.items():
            if not headers.get(name):
                return error(401, code, f'Request header "{name.upper()}" cannot be empty.')
        key = self.find_key(headers["ok-access-key"])
        if key is None:
            return self.error(Cause.UNKNOWN_KEY, request)
        if headers.get("x-simulated-trading") == "1":
            return error(401, "50101", "APIKey does not match current environment.")
        return (
            self.reject(request, key)
            or self._reject_time(request)
            or self._reject_signature(request, key)
            or self._reject_permission(request, key)
            or key
        )

    def _reject_time(self, request: Request) -> Response | None:
        try:
            sent = datetime.fromisoformat(request.headers["ok-access-timestamp"]).timestamp()
        except ValueError:
            return error(401, "50112", "Invalid OK-ACCESS-TIMESTAMP.")
        return self.error(Cause.CLOCK, request) if abs(self.now() - sent) > MAX_CLOCK_SKEW_SECONDS else None

    def _reject_signature(self, request: Request, key: KeyState) -> Response | None:
        headers = request.headers
        if headers["ok-access-passphrase"] != key.password:
            return self.error(Cause.PASSWORD, request)
        expected = sign(key.secret, headers["ok-access-timestamp"], request.verb, request.target, request.text)
        return None if headers["ok-access-sign"] == expected else self.error(Cause.SIGNATURE, request)

    def _reject_permission(self, request: Request, key: KeyState) -> Response | None:
        needed = "read_only" if request.verb == "GET" else "trade"
        if request.path == "/asset/withdrawal":
            needed = "withdraw"
        return None if needed in self.words_of(key) else self.error(Cause.PERMISSION, request)

    def account_config(self, key: KeyState) -> dict[str, Any]:
        """Return the account and its key as OKX reports them: not the key's id, and not when it was made or ends."""
        return {
            **_DATA["account"],
            "ip": ",".join(key.networks or []),
            "label": key.name,
            "perm": ",".join(self.words_of(key)),
            **key.overrides,
        }

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """Market data."""
        return {
            "GET /public/time": lambda _: [{"ts": self._millis()}],
            "GET /public/instruments": _instruments,
            "GET /public/position-tiers": lambda _: _DATA["position_tiers"],
            "GET /public/funding-rate-history": lambda _: [],
            "GET /market/candles": _candles,
            "GET /market/history-candles": _candles,
            "GET /market/mark-price-candles": _candles,
            "GET /market/history-mark-price-candles": _candles,
            "GET /market/books": lambda request: [{**_order_book(request), "ts": self._millis()}],
        }

    @property
    def routes(self) -> Mapping[str, Handler]:
        """The key, the account and its orders."""
        nothing: dict[str, Handler] = dict.fromkeys(
            (
                "GET /asset/currencies",
                "GET /account/positions",
                "GET /trade/orders-pending",
                "GET /trade/orders-algo-pending",
                "GET /trade/orders-history",
                "GET /trade/orders-history-archive",
                "GET /trade/orders-algo-history",
                "GET /trade/fills-history",
            ),
            lambda *_: [],
        )
        return {
            **nothing,
            "GET /account/config": lambda _, key: [self.account_config(key)],
            "GET /account/balance": lambda *_: [self._balance()],
            "POST /trade/order": lambda *_: _failed("51008", "Order failed. Insufficient USDT balance in account."),
            "POST /trade/cancel-order": lambda *_: _failed("51400", "Cancellation failed as the order does not exist."),
        }

    def _balance(self) -> dict[str, Any]:
        amounts = dict.fromkeys(("eq", "cashBal", "availEq", "availBal"), "1000")
        detail = {"ccy": "USDT", **amounts, "frozenBal": "0", "uTime": self._millis()}
        return {"details": [detail], "totalEq": "1000", "uTime": self._millis()}

    def _millis(self) -> str:
        return str(int(self.now() * 1000))


def _failed(code: str, message: str) -> Response:
    data = [{"ordId": "", "clOrdId": "", "sCode": code, "sMsg": message}]
    return json_response({"code": "1", "data": data, "msg": "All operations failed"})


def _instruments(request: Request) -> list[dict[str, Any]]:
    return [row for row in _DATA["instruments"] if row["instType"] == request.query.get("instType")]


def _candles(request: Request) -> list[list[str]]:
    # `before` and `after` are about the order in the answer, the newest first; both are exclusive.
    query = request.query
    step = market.TIMEFRAME_SECONDS[query["bar"].lower().removesuffix("utc")]
    since = (int(query["before"]) + 1) / 1000 if "before" in query else None
    until = (int(query["after"]) - 1) / 1000 if "after" in query else None
    found = market.candles(step, int(query.get("limit", "100")), since=since, until=until)
    return [_row(candle) for candle in reversed(found)]


def _row(candle: market.Candle) -> list[str]:
    prices = (candle.open, candle.high, candle.low, candle.close)
    closed = "1" if candle.end <= time.time() else "0"
    return [str(candle.millis), *map(str, prices), *[str(candle.volume)] * 2, str(candle.close), closed]


def _order_book(request: Request) -> dict[str, Any]:
    book = market.order_book(int(request.query.get("sz", "1")))
    bids, asks = ([[str(price), str(amount), "0", "1"] for price, amount in side] for side in (book.bids, book.asks))
    return {"bids": bids, "asks": asks}


SIMULATOR = SimulatedOKX
