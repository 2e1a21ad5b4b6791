"""Gate on loopback, spot and USDT futures, and Gate EU by a subclass.

Signature and answers are as on www.gate.com/docs/developers/apiv4. Texts and statuses that the documentation does not
give are marked as assumed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import unquote_plus

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind, random_text
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response

CLASSIC, UNIFIED = 1, 2
_MAX_CLOCK_GAP_SECONDS = 60
_SHOWN_CHARACTERS = 12
_USER_ID = 1667201533  # of the account that the documentation shows
_PUBLIC_LEAVES = ("wallet", "futures", "margin", "delivery", "spot", "options", "sub_accounts", "earn")
_PRIVATE_LEAVES = (
    *("withdrawals", "wallet", "futures", "margin", "delivery", "spot", "options", "subAccounts", "unified"),
    *("rebate", "earn", "account", "loan", "otc"),
)
_PERMISSIONS = {"withdrawals": "withdrawal"}  # where a path's first part is not the permission's name


def error(status: int, label: str, message: str, headers: dict[str, str] | None = None) -> Response:
    """Build an error in Gate's own shape."""
    return json_response({"label": label, "message": message}, status, headers)


def missing_permission(name: str) -> Response:
    """Build the error of a key that lacks a permission."""
    return error(403, "FORBIDDEN", f"Request API key does not have {name} permission")


_ERRORS = {
    Cause.CREDENTIALS_MISSING: error(401, "MISSING_REQUIRED_HEADER", "Missing required header: KEY"),  # text assumed
    Cause.UNKNOWN_KEY: error(401, "INVALID_KEY", "Invalid key provided"),
    Cause.SIGNATURE: error(401, "INVALID_SIGNATURE", "Signature mismatch"),  # status assumed
    # Status assumed.
    Cause.CLOCK: error(401, "REQUEST_EXPIRED", "gap between request Timestamp and server time exceeds 60"),
    Cause.ADDRESS: error(401, "IP_FORBIDDEN", "Request IP not in whitelist: 198.51.100.7"),
    Cause.PERMISSION: missing_permission("account"),
    Cause.RATE_LIMIT: error(429, "TOO_MANY_REQUESTS", "Request Rate limit Exceeded"),  # text assumed
    Cause.MAINTENANCE: error(503, "TOO_BUSY", "Server is too busy"),  # text assumed
    Cause.NOT_FOUND: error(404, "NOT_FOUND", "Not found"),  # text assumed
}


def signature(secret: str, verb: str, path: str, query: str, body: str, timestamp: str) -> str:  # noqa: PLR0913, PLR0917 - what is signed
    """Sign as the documentation says: HMAC-SHA512 over five lines, hexadecimal.

    Args:
        secret: of the key.
        verb: upper case.
        path: from /api/v4 on.
        query: without URL encoding, or "".
        body: as sent, or "".
        timestamp: Unix seconds, as sent.
    """
    lines = (verb, path, query, hashlib.sha512(body.encode()).hexdigest(), timestamp)
    return hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha512).hexdigest()


class SimulatedGate(SimulatedExchange[KeyState]):
    """Gate's /api/v4. A word such as `spot` is a permission to write, `spot:read` is one to read only.

    Attributes:
        account_mode: CLASSIC or UNIFIED.
    """

    exchange_id = "gate"
    base_path = "/api/v4"
    key_header = "key"
    pairs: ClassVar[Mapping[str, str]] = {"spot": "BTC/USDT", "futures": "BTC/USDT:USDT"}
    account_mode = CLASSIC

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """Gate's permissions that a bot needs in its trading mode, and what moves money or manages keys."""
        trade = "spot" if self.trading_mode == "spot" else "futures"
        trades = (trade,) if self.account_mode == CLASSIC else (trade, "unified")
        reads = ("account", *trades) if trade == "spot" else ("account", "wallet", *trades)
        return {
            Kind.READ: tuple(f"{name}:read" for name in reads),
            Kind.TRADE: trades,
            Kind.CANCEL: trades,
            Kind.WITHDRAW: ("withdrawal",),
            Kind.TRANSFER: ("wallet",),
            Kind.MANAGE_KEYS: ("sub_accounts",),
        }

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """Gate's errors. What it answers to an expired key is not known."""
        return _ERRORS

    def error(self, cause: Cause, request: Request | None = None) -> Response:
        """Return Gate's error; some quote the request, and a rate limit says when it ends."""
        if cause is Cause.ADDRESS and request:
            return error(401, "IP_FORBIDDEN", f"Request IP not in whitelist: {request.address}")
        if cause is Cause.RATE_LIMIT:
            limits = {"Requests-Remain": "0", "Limit": "150", "Reset-Timestamp": str(int(self.now()) + 10)}
            headers = {f"X-Gate-RateLimit-{name}": value for name, value in limits.items()}
            return error(429, "TOO_MANY_REQUESTS", "Request Rate limit Exceeded", headers)
        return super().error(cause, request)

    def api_urls(self) -> Any:
        """Return ccxt's URLs: one for each part of the API."""
        url = f"{self.url}{self.base_path}"
        return {"public": dict.fromkeys(_PUBLIC_LEAVES, url), "private": dict.fromkeys(_PRIVATE_LEAVES, url)}

    @classmethod
    def random_key(cls, **changed: Any) -> KeyState:
        """Make a good key: id and secret are 32 and 64 hexadecimal digits."""
        return KeyState(random_text(32, "0123456789abcdef"), random_text(64, "0123456789abcdef"), **changed)

    def authenticate(self, request: Request) -> KeyState | Response:
        """Return the key that signed a request, or Gate's error."""
        headers = request.headers
        if not all(headers.get(name) for name in ("key", "sign", "timestamp")):
            return self.error(Cause.CREDENTIALS_MISSING)
        key = self.find_key(self.key_id(request))
        if key is None:
            return self.error(Cause.UNKNOWN_KEY)
        query, timestamp = unquote_plus(request.query_string), headers["timestamp"]
        if headers["sign"] != signature(key.secret, request.verb, request.full_path, query, request.text, timestamp):
            return self.error(Cause.SIGNATURE)
        if abs(float(timestamp) - self.now()) > _MAX_CLOCK_GAP_SECONDS:
            return self.error(Cause.CLOCK)
        return self.reject(request, key) or self._judge(request, key) or key

    def _judge(self, request: Request, key: KeyState) -> Response | None:
        part = request.path.split("/")[1]
        name = _PERMISSIONS.get(part, part)
        read_only = {permission["name"]: permission["read_only"] for permission in self._permissions(key)}
        if name not in read_only:
            return missing_permission(name)
        if read_only[name] and request.verb != "GET":
            return error(403, "READ_ONLY", "API key is read-only")  # text and status assumed
        return None

    def _permissions(self, key: KeyState) -> list[dict[str, Any]]:
        words = self.words_of(key)
        names = dict.fromkeys(word.removesuffix(":read") for word in words)
        return [{"name": name, "read_only": name not in words} for name in names]

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """The market, in both trading modes."""
        currencies = self._symbol.split("_")
        return {
            "GET /spot/time": lambda _: {"server_time": int(self.now() * 1000)},
            "GET /spot/currencies": lambda _: [{"currency": name, "name": name, "chains": []} for name in currencies],
            "GET /spot/currency_pairs": lambda _: [{**_PAIR, **dict(zip(_PAIR_NAMES, self._names, strict=True))}],
            "GET /spot/candlesticks": lambda request: [_spot_candle(candle) for candle in _candles(request)],
            "GET /spot/order_book": lambda request: self._order_book(request, lambda level: [str(n) for n in level]),
            "GET /margin/currency_pairs": lambda _: [],
            "GET /futures/btc/contracts": lambda _: [],
            "GET /futures/usdt/contracts": lambda _: [_CONTRACT],
            "GET /futures/usdt/risk_limit_tiers": lambda _: [_RISK_TIER],  # read by ccxt 4.5.90
            "GET /futures/usdt/candlesticks": lambda request: [_futures_candle(c) for c in _candles(request)],
            "GET /futures/usdt/order_book": lambda request: self._order_book(
                request, lambda level: {"p": str(level[0]), "s": int(level[1] * 10_000)}
            ),
            "GET /delivery/usdt/contracts": lambda _: [],
            "GET /options/underlyings": lambda _: [],
        }

    @property
    def routes(self) -> Mapping[str, Handler]:
        """The account."""
        return {
            "GET /account/detail": self._detail,
            "GET /account/main_keys": lambda *_: [self._describe(key) for key in self.account_keys()],
            "GET /wallet/fee": lambda *_: _FEES,
            "GET /spot/accounts": lambda *_: [
                {"currency": name, "available": amount, "locked": "0"}
                for name, amount in zip(self._symbol.split("_"), ("0.5", "1000"), strict=True)
            ],
            "GET /unified/accounts": lambda *_: _UNIFIED_ACCOUNT,
            "GET /futures/usdt/accounts": lambda *_: _FUTURES_ACCOUNT,
            "GET /futures/usdt/positions": lambda *_: [],
        }

    @property
    def _symbol(self) -> str:
        return self.pair.partition(":")[0].replace("/", "_")

    @property
    def _names(self) -> tuple[str, ...]:
        return (self._symbol, *self._symbol.split("_"))

    def _detail(self, _: Request, key: KeyState) -> dict[str, Any]:
        return {
            "user_id": _USER_ID,
            "ip_whitelist": key.overrides.get("ip_whitelist", key.networks or []),
            "currency_pairs": [],
            "key": {"mode": self.account_mode},
            "tier": 0,
            "tier_expire_time": "0001-01-01T00:00:00Z",
            "copy_trading_role": 0,
        }

    def _describe(self, key: KeyState) -> dict[str, Any]:
        moment = int(key.created)
        return {
            "state": 1 if key.enabled else 2,
            "mode": self.account_mode,
            "name": key.name,
            "user_id": _USER_ID,
            "perms": self._permissions(key),
            "ip_whitelist": key.networks or [],
            "currency_pairs": [],
            "key": f"{key.id[:_SHOWN_CHARACTERS]}*****",
            "created_at": moment,
            "update_at": moment,
            "last_access": int(self.now()),
            **key.overrides,
        }

    def _order_book(self, request: Request, level: Any) -> dict[str, Any]:
        book, moment = market.order_book(int(request.query.get("limit", "10"))), int(self.now() * 1000)
        sides = {"asks": list(map(level, book.asks)), "bids": list(map(level, book.bids))}
        return {"id": moment, "current": moment, "update": moment, **sides}


def _candles(request: Request) -> list[market.Candle]:
    query, step = request.query, market.TIMEFRAME_SECONDS[request.query.get("interval", "5m")]
    since, until = (float(query[name]) if name in query else None for name in ("from", "to"))
    return market.candles(step, int(query.get("limit", market.MAX_CANDLES)), since=since, until=until)


def _spot_candle(c: market.Candle) -> list[str]:
    closed = "true" if c.end <= market.candles(60, 1)[0].start else "false"
    return [*(str(value) for value in (c.start, c.volume * c.close, c.close, c.high, c.low, c.open, c.volume)), closed]


def _futures_candle(c: market.Candle) -> dict[str, Any]:
    prices = {"o": str(c.open), "h": str(c.high), "l": str(c.low), "c": str(c.close)}
    return {"t": c.start, "v": int(c.volume * 10_000), "sum": str(c.volume * c.close), **prices}


_PAIR_NAMES = ("id", "base", "quote")
_PAIR: dict[str, Any] = (
    {"fee": "0.2", "min_base_amount": "0.00001", "min_quote_amount": "3"}
    | {"amount_precision": 5, "precision": 1}
    | {"trade_status": "tradable", "sell_start": 0, "buy_start": 0}
)
_CONTRACT: dict[str, Any] = (
    {"name": "BTC_USDT", "type": "direct", "status": "trading", "quanto_multiplier": "0.0001"}
    | {"mark_price": str(market.PRICE), "order_price_round": "0.1", "order_price_deviate": "0.5"}
    | {"order_size_min": 1, "order_size_max": 1_000_000, "leverage_min": "1", "leverage_max": "100"}
    | {"maintenance_rate": "0.005", "maker_fee_rate": "0.0002", "taker_fee_rate": "0.0005"}
)
_RISK_TIER: dict[str, Any] = {"contract": "BTC_USDT", "tier": 1} | {
    "risk_limit": "1000000",
    "maintenance_rate": "0.005",
    "leverage_max": "100",
}
_FEES: dict[str, Any] = (
    {"user_id": _USER_ID, "gt_discount": False}
    | {"taker_fee": "0.002", "maker_fee": "0.002"}
    | {"futures_taker_fee": "0.0005", "futures_maker_fee": "0.0002"}
)
_FUTURES_ACCOUNT: dict[str, Any] = (
    {"currency": "USDT", "in_dual_mode": False}
    | {"total": "1000", "available": "1000"}
    | {"position_margin": "0", "order_margin": "0"}
)
_UNIFIED_ACCOUNT = {"user_id": _USER_ID, "balances": {"USDT": {"available": "1000", "freeze": "0", "equity": "1000"}}}

SIMULATOR = SimulatedGate
