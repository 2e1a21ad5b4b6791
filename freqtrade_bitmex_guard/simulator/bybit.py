"""Bybit on loopback: spot and linear perpetuals on a unified account.

Sources: bybit-exchange.github.io/docs/v5 (guide, user/apikey-info, error) and recordings for the errors.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import time
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, ClassVar

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.asymmetric import is_pem, public_pem, verify_signature
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import DAY_SECONDS, KeyState, Kind, random_text
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response, page

DEFAULT_RECV_WINDOW = "5000"
OPEN_KEY_DAYS = 90  # a key without an IP restriction expires after so many days
# A key as documented; instruments and risk limits in Bybit's shape with made-up numbers.
_DATA: Mapping[str, Any] = json.loads(files(__package__).joinpath("bybit_data/market.json").read_text("utf-8"))
_SPOT = ("Spot.SpotTrade",)
_FUTURES = ("ContractTrade.Order", "ContractTrade.Position")
# Paths that need more than a key that works: any of these permissions.
_NEEDED = {
    "/v5/position/switch-mode": ("ContractTrade.Position",),
    "/v5/position/set-leverage": ("ContractTrade.Position",),
    "/v5/asset/withdraw/create": ("Wallet.Withdraw",),
    "/v5/asset/transfer/inter-transfer": ("Wallet.AccountTransfer",),
    "/v5/user/update-api": ("Wallet.AccountTransfer", "Wallet.SubMemberTransfer", "Wallet.Withdraw"),
}
_RATE_HEADERS = {"X-Bapi-Limit": "10", "X-Bapi-Limit-Status": "0"}


def error(code: int, message: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Build an error in Bybit's shape; most come with HTTP 200."""
    return _envelope(code, message, {}, status, headers)


class SimulatedBybit(SimulatedExchange[KeyState]):
    """Bybit's /v5, with a master account."""

    exchange_id = "bybit"
    key_header = "x-bapi-api-key"
    pairs: ClassVar[Mapping[str, str]] = {"spot": "BTC/USDT", "futures": "BTC/USDT:USDT"}

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """Bybit's permissions as group and word; every key reads, and trading includes cancelling."""
        trade = _SPOT if self.trading_mode == "spot" else _FUTURES
        return {
            Kind.READ: (),
            Kind.TRADE: trade,
            Kind.CANCEL: trade,
            Kind.WITHDRAW: ("Wallet.Withdraw",),
            Kind.TRANSFER: ("Wallet.AccountTransfer",),
        }

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """Bybit's errors; the one for a wrong clock quotes the request."""
        unknown = error(10003, "API key is invalid.", 401)
        reset = {"X-Bapi-Limit-Reset-Timestamp": str(self._millis() + 1000)}
        return {
            Cause.CREDENTIALS_MISSING: unknown,
            Cause.UNKNOWN_KEY: unknown,
            Cause.SIGNATURE: error(10004, "error sign! please check your signature generation algorithm."),
            Cause.CLOCK: self._wrong_clock("1776149980532", DEFAULT_RECV_WINDOW),
            Cause.ADDRESS: error(10010, "Unmatched IP, please check your API key's bound IP addresses."),
            Cause.EXPIRED: error(33004, "Your api key has expired."),
            Cause.PERMISSION: error(10005, "Permission denied, please check your API key permissions."),
            Cause.RATE_LIMIT: error(
                10006, "Too many visits. Exceeded the API Rate Limit.", headers={**_RATE_HEADERS, **reset}
            ),
            Cause.MAINTENANCE: error(10016, "Server error."),
            Cause.NOT_FOUND: page(404, "404 page not found"),
        }

    def error(self, cause: Cause, request: Request | None = None) -> Response:
        """Return an error; the one for a wrong clock quotes the timestamp of the request."""
        if cause is Cause.CLOCK and request is not None:
            headers = request.headers
            window = headers.get("x-bapi-recv-window", DEFAULT_RECV_WINDOW)
            return self._wrong_clock(headers.get("x-bapi-timestamp", ""), window)
        return super().error(cause, request)

    def _wrong_clock(self, timestamp: str, window: str) -> Response:
        message = "invalid request, please check your server timestamp or recv_window param. "
        message += f"req_timestamp[{timestamp}],server_timestamp[{self._millis()}],recv_window[{window}]"
        return error(10002, message)

    def render(self, content: Any) -> Response:
        """Put a result into Bybit's envelope."""
        return _envelope(0, "OK", content)

    def api_urls(self) -> Any:
        """Return ccxt's URLs."""
        return dict.fromkeys(("spot", "futures", "v2", "public", "private"), self.url)

    @classmethod
    def random_key(cls, **changed: Any) -> KeyState:
        """Make a good key; `secret` may be an RSA key as PEM text."""
        return KeyState(random_text(18), **{"secret": random_text(36), **changed})

    def authenticate(self, request: Request) -> KeyState | Response:
        """Return the key that signed a request, or Bybit's error."""
        key = self.find_key(self.key_id(request))
        if key is None:
            return self.error(Cause.UNKNOWN_KEY, request)
        return (
            self.reject(request, key)
            or self._reject_time(request)
            or self._reject_signature(request, key)
            or self._reject_permission(request, key)
            or key
        )

    def _reject_time(self, request: Request) -> Response | None:
        sent = request.headers.get("x-bapi-timestamp", "")
        window = request.headers.get("x-bapi-recv-window", DEFAULT_RECV_WINDOW)
        if not sent.isdigit() or not window.isdigit():
            return self.error(Cause.CLOCK, request)
        in_time = self._millis() - int(window) <= int(sent) < self._millis() + 1000
        return None if in_time else self.error(Cause.CLOCK, request)

    def _reject_signature(self, request: Request, key: KeyState) -> Response | None:
        headers = request.headers
        parameters = request.query_string if request.verb == "GET" else request.text
        text = f"{headers['x-bapi-timestamp']}{key.id}{headers.get('x-bapi-recv-window', '')}{parameters}"
        signature = headers.get("x-bapi-sign", "")
        if is_pem(key.secret):
            valid = verify_signature(key.secret, text, signature)
        else:
            valid = signature == hmac.new(key.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        return None if valid else self.error(Cause.SIGNATURE, request)

    def _reject_permission(self, request: Request, key: KeyState) -> Response | None:
        needed = _NEEDED.get(request.path)
        if request.verb == "POST" and request.path.startswith("/v5/order/"):
            needed = _SPOT if request.json.get("category") == "spot" else _FUTURES[:1]
        granted = set() if is_read_only(key) else set(self.words_of(key))
        return None if needed is None or granted & set(needed) else self.error(Cause.PERMISSION, request)

    def describe_key(self, key: KeyState) -> dict[str, Any]:
        """Return a key as Bybit reports it. A key that only reads lists what it could do, beside `readOnly`."""
        permissions: dict[str, list[str]] = {group: [] for group in _DATA["permission_groups"]}
        for name in self.words[Kind.TRADE] if is_read_only(key) else self.words_of(key):
            group, _, word = name.partition(".")
            permissions.setdefault(group, []).append(word or group)
        if permissions["ContractTrade"]:  # a unified account adds this by itself
            permissions["Derivatives"] = ["DerivativesTrade"]
        return {
            **_DATA["api_key"],
            "note": key.name,
            "apiKey": key.id,
            "readOnly": int(is_read_only(key)),
            "permissions": permissions,
            "ips": ["*"] if key.networks is None else key.networks,
            **_expiry(key),
            "createdAt": _iso(key.created),
            "rsaPublicKey": public_pem(key.secret) if is_pem(key.secret) else "",
            **key.overrides,
        }

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """Market data."""
        return {
            "GET /v5/market/time": lambda _: {
                "timeSecond": str(int(self.now())),
                "timeNano": str(int(self.now() * 1e9)),
            },
            "GET /v5/market/instruments-info": _instruments,
            "GET /v5/market/risk-limit": lambda request: _page(request, _DATA["risk_limits"]),
            "GET /v5/market/kline": _candles,
            "GET /v5/market/mark-price-kline": _candles,
            "GET /v5/market/funding/history": lambda request: _page(request, []),
            "GET /v5/market/orderbook": _order_book,
        }

    @property
    def routes(self) -> Mapping[str, Handler]:
        """The key, the account and its orders."""
        nothing: dict[str, Handler] = dict.fromkeys(
            (
                "GET /v5/position/list",
                "GET /v5/order/realtime",
                "GET /v5/order/history",
                "GET /v5/execution/list",
            ),
            lambda request, _: _page(request, []),
        )
        return {
            **nothing,
            "GET /v5/user/query-api": lambda _, key: self.describe_key(key),
            "GET /v5/account/info": lambda *_: {"unifiedMarginStatus": 5, "marginMode": "ISOLATED_MARGIN"},
            "GET /v5/account/wallet-balance": lambda *_: {"list": [{"accountType": "UNIFIED", "coin": [_BALANCE]}]},
            "GET /v5/asset/coin/query-info": lambda *_: {"rows": []},
            "POST /v5/position/switch-mode": lambda *_: {},
            "POST /v5/position/set-leverage": lambda *_: {},
            "POST /v5/order/create": lambda *_: error(110007, "Available balance is insufficient."),
            "POST /v5/order/cancel": lambda *_: error(110001, "Order does not exist."),
        }

    def _millis(self) -> int:
        return int(self.now() * 1000)


_BALANCE = {"coin": "USDT", "equity": "1000", "walletBalance": "1000", "locked": "0", "borrowAmount": "0"}


def is_read_only(key: KeyState) -> bool:
    """Return whether a key was made with nothing but reading."""
    return set(key.permissions) <= {Kind.READ}


def _envelope(
    code: int, message: str, result: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    content = {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": int(time.time() * 1000)}
    return json_response(content, status, dict(headers or {}))


def _iso(moment: float) -> str:
    return f"{market.iso(moment)[:19]}Z"


def _expiry(key: KeyState) -> dict[str, Any]:
    days = OPEN_KEY_DAYS if key.networks is None and key.days_left is None else key.days_left
    if days is None:
        return {"deadlineDay": -2, "expiredAt": _iso(0)}
    return {"deadlineDay": math.floor(days), "expiredAt": _iso(time.time() + days * DAY_SECONDS)}


def _page(request: Request, rows: list[Any]) -> dict[str, Any]:
    return {"category": request.query.get("category", ""), "list": rows, "nextPageCursor": ""}


def _instruments(request: Request) -> dict[str, Any]:
    rows = _DATA["instruments"].get(request.query.get("category"), [])
    return _page(request, [row for row in rows if row["status"] == request.query.get("status", "Trading")])


def _candles(request: Request) -> dict[str, Any]:
    query = request.query
    interval = query["interval"]
    step = int(interval) * 60 if interval.isdigit() else DAY_SECONDS
    since, until = (int(query[name]) / 1000 if name in query else None for name in ("start", "end"))
    found = market.candles(step, int(query.get("limit", "200")), since=since, until=until)
    width = 5 if "mark-price" in request.path else 7
    rows = [
        [str(one.millis), *map(str, (one.open, one.high, one.low, one.close, one.volume, one.close))]
        for one in reversed(found)
    ]
    return {**_page(request, [row[:width] for row in rows]), "symbol": query.get("symbol", "")}


def _order_book(request: Request) -> dict[str, Any]:
    book = market.order_book(int(request.query.get("limit", "25")))
    bids, asks = ([[str(price), str(amount)] for price, amount in side] for side in (book.bids, book.asks))
    return {"s": request.query.get("symbol", ""), "b": bids, "a": asks, "ts": int(time.time() * 1000), "u": 1}


SIMULATOR = SimulatedBybit
