"""KuCoin's spot exchange on loopback, with a classic or a unified account.

Where the status of an error was not recorded, it has that of its recorded neighbours, 401.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind, random_text
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response

_CLOCK_TOLERANCE_SECONDS = 5
_SIGNED_HEADERS = ("kc-api-key", "kc-api-sign", "kc-api-timestamp", "kc-api-passphrase")
_USER_ID = 165111215  # of the documented answer
_APIS = ("public", "private", "futuresPublic", "futuresPrivate", "broker", "earn", "uta", "utaV2", "utaPrivate")
_COINS = {"BTC": "0.5", "USDT": "100000"}
_STEP_SECONDS = {"1min": 60, "5min": 300, "15min": 900, "30min": 1800, "1hour": 3600, "4hour": 14_400, "1day": 86_400}
# What a request that changes something needs; all others that do need one of the words for trading.
_NEEDED_WORD = {
    "/api/v1/withdrawals": "Transfer",
    "/api/v3/withdrawals": "Transfer",
    "/api/v2/accounts/inner-transfer": "InnerTransfer",
    "/api/v3/accounts/universal-transfer": "InnerTransfer",
    "/api/v1/earn": "Earn",
}
_TRADE_WORDS = ("Spot", "Unified", "Trade")
_GOOD_CODE = "200000"


def error(code: str, message: str, status: int = 401, headers: dict[str, str] | None = None) -> Response:
    """Build an error in KuCoin's own shape."""
    return json_response({"code": code, "msg": message}, status, headers)


_MISSING_HEADER = (
    "Any of KC-API-KEY, KC-API-SIGN, KC-API-TIMESTAMP, KC-API-PASSPHRASE is missing in your request header"
)
_RATE_LIMIT_HEADERS = {"gw-ratelimit-limit": "2000", "gw-ratelimit-remaining": "0", "gw-ratelimit-reset": "12000"}
_ERRORS = {
    Cause.CREDENTIALS_MISSING: error("400001", _MISSING_HEADER),
    Cause.CLOCK: error("400002", "KC-API-TIMESTAMP Invalid"),
    Cause.UNKNOWN_KEY: error("400003", "KC-API-KEY not exists"),
    Cause.PASSWORD: error("400004", "Invalid KC-API-PASSPHRASE"),
    Cause.SIGNATURE: error("400005", "Invalid KC-API-SIGN"),
    Cause.ADDRESS: error("400006", "Invalid request ip", 403),
    Cause.PERMISSION: error("400007", "Access denied--->Require more permission."),
    Cause.RATE_LIMIT: error("429000", "Too many requests", 429, _RATE_LIMIT_HEADERS),
    Cause.MAINTENANCE: error("503000", "Service unavailable", 503),
    Cause.NOT_FOUND: error("404000", "URL Not Found", 404),
}


def signature(secret: str, timestamp: str, verb: str, endpoint: str, body: str = "") -> str:
    """Sign one request (www.kucoin.com/docs-new/authentication).

    Args:
        secret: of the key.
        timestamp: Unix milliseconds, as sent.
        verb: GET, POST or DELETE.
        endpoint: path and query, not URL-encoded.
        body: as sent, or "".
    """
    return _hmac(secret, f"{timestamp}{verb}{endpoint}{body}")


def signed_password(secret: str, password: str) -> str:
    """Return a passphrase as keys of version 2 and 3 send it."""
    return _hmac(secret, password)


def _hmac(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


class SimulatedKuCoin(SimulatedExchange[KeyState]):
    """KuCoin.

    Attributes:
        unified: whether the account is a unified one; its keys trade by another word.
    """

    exchange_id = "kucoin"
    key_header = "kc-api-key"
    credential_parts = ("key", "secret", "password")
    unified: bool = False

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """KuCoin's permissions; a master key with General also manages the keys of its sub-accounts."""
        trade = ("Unified",) if self.unified else ("Spot",)
        return {
            Kind.READ: ("General",),
            Kind.TRADE: trade,
            Kind.CANCEL: trade,
            Kind.WITHDRAW: ("Transfer",),
            Kind.TRANSFER: ("InnerTransfer",),
        }

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """KuCoin's errors."""
        return _ERRORS

    @classmethod
    def random_key(cls, **changed: Any) -> KeyState:
        """Make a good key in KuCoin's shape."""
        secret = str(uuid.UUID(random_text(32, "0123456789abcdef")))
        return KeyState(random_text(24, "0123456789abcdef"), secret, **{"password": random_text(16), **changed})

    def api_urls(self) -> Any:
        """Return ccxt's URLs."""
        return {**dict.fromkeys(_APIS, self.url), "webExchange": f"{self.url}/_api"}

    def render(self, content: Any) -> Response:
        """Put content into KuCoin's envelope."""
        return json_response({"code": _GOOD_CODE, "data": content})

    def authenticate(self, request: Request) -> KeyState | Response:
        """Return the key that signed a request, or KuCoin's error."""
        headers = request.headers
        if not all(headers.get(name) for name in _SIGNED_HEADERS):
            return self.error(Cause.CREDENTIALS_MISSING)
        key = self.find_key(headers["kc-api-key"])
        if key is None:
            return self.error(Cause.UNKNOWN_KEY)
        rejected = self.reject(request, key)
        if rejected:
            return rejected
        timestamp = headers["kc-api-timestamp"]
        if not timestamp.isdigit() or abs(int(timestamp) / 1000 - self.now()) > _CLOCK_TOLERANCE_SECONDS:
            return self.error(Cause.CLOCK)
        if headers["kc-api-passphrase"] != signed_password(key.secret, key.password):
            return self.error(Cause.PASSWORD)
        expected = signature(key.secret, timestamp, request.verb, unquote(request.target), request.text)
        return key if headers["kc-api-sign"] == expected else self.error(Cause.SIGNATURE)

    def not_found(self, request: Request, key: KeyState | None) -> Response:
        """Ask for the permission first."""
        words = self.words_of(key) if key else []
        needed: Iterable[str] = ("General",)
        if request.verb != "GET":
            needed = [word for path, word in _NEEDED_WORD.items() if request.path.startswith(path)] or _TRADE_WORDS
        return self.error(Cause.NOT_FOUND if set(needed) & set(words) else Cause.PERMISSION)

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """Market data."""
        return {
            "GET /api/v1/timestamp": lambda _: int(self.now() * 1000),
            "GET /api/v3/currencies": lambda _: [_currency(coin, "chains") for coin in _COINS],
            "GET /api/ua/v1/asset/currencies": lambda _: [_currency(coin, "items") for coin in _COINS],
            "GET /api/v2/symbols": lambda _: [_symbol()],
            "GET /api/v1/market/allTickers": lambda _: {"time": int(self.now() * 1000), "ticker": []},
            "GET /api/v1/contracts/active": lambda _: [],
            "GET /api/ua/v1/market/instrument": lambda request: _instruments(request.query),
            "GET /api/v1/market/candles": lambda request: _candles(request.query, request.query.get("type")),
            "GET /api/ua/v1/market/kline": lambda request: {
                "list": _candles(request.query, request.query.get("interval"))
            },
            "GET /api/v1/market/orderbook/level2_20": lambda _: self._order_book(20),
            "GET /api/v1/market/orderbook/level2_100": lambda _: self._order_book(100),
            "GET /api/ua/v1/user/my-ip": lambda request: {"ip": request.address},
        }

    @property
    def routes(self) -> Mapping[str, Handler]:
        """What a key reads."""
        answers: dict[str, Handler] = {
            "GET /api/v1/user/api-key": lambda _, key: self.describe(key),
            "GET /api/ua/v1/user/api-key": lambda _, key: self.describe(key),
            "GET /api/ua/v1/account/mode": lambda *_: {"selfAccountMode": "UNIFIED" if self.unified else "CLASSIC"},
            "GET /api/ua/v1/unified/account/balance": lambda *_: self._unified_balance(),
            "GET /api/v3/margin/symbols": lambda *_: {"timestamp": int(self.now() * 1000), "items": []},
            "GET /api/v1/isolated/symbols": lambda *_: [],
            "GET /api/v1/hf/accounts/opened": lambda *_: True,
            "GET /api/v1/accounts": lambda request, _: _accounts(request.query.get("type", "trade")),
            "GET /api/v3/market/orderbook/level2": lambda *_: self._order_book(100),
        }
        return {route: self._needs_general(handler) for route, handler in answers.items()}

    def describe(self, key: KeyState) -> dict[str, Any]:
        """Return a key as /user/api-key reports it: whole id, masked addresses, no field for no limit."""
        addresses = {} if key.networks is None else {"ipWhitelist": ",".join(map(_mask, key.networks))}
        return {
            "remark": key.name,
            "apiKey": key.id,
            "apiVersion": 3,
            "permission": ",".join(self.words_of(key)),
            **addresses,
            "createdAt": int(key.created * 1000),
            "uid": _USER_ID,
            "isMaster": True,
            **key.overrides,
        }

    def _needs_general(self, handler: Handler) -> Handler:
        def answer(request: Request, key: KeyState) -> Any:
            return handler(request, key) if "General" in self.words_of(key) else self.error(Cause.PERMISSION)

        return answer

    def _order_book(self, depth: int) -> dict[str, Any]:
        book = market.order_book(depth)
        sides = {"bids": book.bids, "asks": book.asks}
        levels = {side: [[str(price), str(size)] for price, size in side_levels] for side, side_levels in sides.items()}
        return {"time": int(self.now() * 1000), "sequence": "1", **levels}

    def _unified_balance(self) -> dict[str, Any]:
        zero = {"hold": "0", "liability": "0"}
        coins = [
            {"currency": coin, "equity": held, "balance": held, "available": held, **zero}
            for coin, held in _COINS.items()
        ]
        return {"accountType": "UNIFIED", "ts": int(self.now() * 1000), "accounts": [{"currencies": coins}]}


def _mask(address: str) -> str:
    """Hide the middle of an address as KuCoin does: 203.**.154."""
    first, _, rest = address.partition(".")
    return f"{first}.**.{rest.rpartition('.')[2]}" if rest else "**"


def _currency(coin: str, chains: str) -> dict[str, Any]:
    # A currency without chains is money of a state to ccxt.
    chain = {"chainName": coin, "chainId": coin.lower(), "isWithdrawEnabled": True, "isDepositEnabled": True}
    return {"currency": coin, "name": coin, "fullName": coin, "precision": 8, chains: [chain]}


def _symbol() -> dict[str, Any]:
    names = {"symbol": "BTC-USDT", "name": "BTC-USDT", "baseCurrency": "BTC", "quoteCurrency": "USDT"}
    amounts = {"baseMinSize": "0.00001", "baseMaxSize": "10000", "baseIncrement": "0.00000001"}
    costs = {"quoteMinSize": "0.1", "quoteMaxSize": "99999999", "quoteIncrement": "0.000001", "minFunds": "0.1"}
    flags = {"isMarginEnabled": False, "enableTrading": True}
    fees = {"feeCurrency": "USDT", "makerFeeCoefficient": "1.00", "takerFeeCoefficient": "1.00"}
    return {**names, **amounts, **costs, "priceIncrement": "0.1", **flags, **fees}


def _instruments(query: dict[str, str]) -> dict[str, Any]:
    """Return what is traded with a unified account; there are no futures."""
    names = {"symbol": "BTC-USDT", "name": "BTC-USDT", "baseCurrency": "BTC", "quoteCurrency": "USDT"}
    amounts = {"minBaseOrderSize": "0.00001", "maxBaseOrderSize": "10000", "baseOrderStep": "0.00000001"}
    costs = {"minQuoteOrderSize": "0.1", "maxQuoteOrderSize": "99999999", "quoteOrderStep": "0.000001"}
    kind = query.get("tradeType", "SPOT")
    spot = {**names, **amounts, **costs, "tickSize": "0.1", "tradingStatus": "1", "marginMode": "2"}
    return {"tradeType": kind, "list": [spot] if kind == "SPOT" else []}


def _accounts(kind: str) -> list[dict[str, Any]]:
    return [
        {"id": f"account-{coin}", "currency": coin, "type": kind, "balance": held, "available": held, "holds": "0"}
        for coin, held in _COINS.items()
    ]


def _candles(query: dict[str, str], timeframe: str | None) -> list[list[str]]:
    """Return candles, the newest first; times are in seconds."""
    since, until = (float(query[name]) if name in query else None for name in ("startAt", "endAt"))
    found = market.candles(_STEP_SECONDS.get(timeframe or "", 60), 1500, since=since, until=until)
    return [
        [str(value) for value in (c.start, c.open, c.close, c.high, c.low, c.volume, c.volume * c.close)]
        for c in reversed(found)
    ]


SIMULATOR = SimulatedKuCoin
