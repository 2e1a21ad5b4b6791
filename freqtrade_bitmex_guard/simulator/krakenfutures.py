"""Kraken Futures on loopback, with keys of its own.

Signature, answers and error words are as on docs.kraken.com. The HTTP statuses of errors outside the key's check are
not documented: they are assumed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response

CHECK = "/api/auth/v1/api-keys/v3/check"
MAX_CANDLES = 2000
_API = "/derivatives/api/v3"
_SYMBOL = "PF_XBTUSD"
# From weak to strong; a word that is not here is stronger than all, so that a test can have it reported.
_LEVELS = ("NO_ACCESS", "READ_ONLY", "FULL_ACCESS")


def error(word: str, status: int = 200) -> Response:
    """Build an error in the shape of all paths but the key's check."""
    return json_response(
        {"result": "error", "error": word, "serverTime": market.iso(datetime.now(UTC).timestamp())}, status
    )


def check_error() -> Response:
    """Build the error of the key's check, the only one that it is documented to have."""
    message = "API key is not found or request signature is invalid."
    return json_response({"error": "authenticationError", "message": message, "suberror": None}, 401)


_ERRORS = {
    Cause.CLOCK: error("nonceBelowThreshold"),  # only of clients that send a nonce; ccxt sends none
    Cause.RATE_LIMIT: error("apiLimitExceeded"),
    Cause.MAINTENANCE: error("Unavailable"),
    Cause.NOT_FOUND: error("notFound", 404),
}


def signature(secret: str, path: str, post_data: str, nonce: str = "") -> str:
    """Sign as docs.kraken.com says: HMAC-SHA512 over SHA256 of data, nonce and path.

    Args:
        secret: of the key, base64.
        path: without /derivatives and without a query.
        post_data: query and body as sent, URL-encoded.
        nonce: as sent, or "".
    """
    digest = hashlib.sha256((post_data + nonce + path).encode()).digest()
    return base64.b64encode(hmac.new(base64.b64decode(secret), digest, hashlib.sha512).digest()).decode()


class SimulatedKrakenFutures(SimulatedExchange[KeyState]):
    """Kraken Futures. A word is a permission with its level, such as `general:FULL_ACCESS`."""

    exchange_id = "krakenfutures"
    key_header = "apikey"
    pairs: ClassVar[Mapping[str, str]] = {"futures": "BTC/USD:USD"}

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """The permissions of Kraken Futures; `general` also moves money inside of the account, so that is no kind."""
        return {
            Kind.READ: ("general:READ_ONLY",),
            Kind.TRADE: ("general:FULL_ACCESS",),
            Kind.CANCEL: ("general:FULL_ACCESS",),
            Kind.WITHDRAW: ("transfer:FULL_ACCESS",),
        }

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """The errors of Kraken Futures but for those of a key."""
        return _ERRORS

    def error(self, cause: Cause, request: Request | None = None) -> Response:
        """Return the error for a cause; every complaint about a key is `authenticationError`, no other is known."""
        if cause in self.errors:
            return self.errors[cause]
        return check_error() if request is None or request.path == CHECK else error("authenticationError")

    def api_urls(self) -> Any:
        """Return ccxt's URLs; the key's check is not among them."""
        derivatives = f"{self.url}/derivatives/api/"
        others = {part: f"{self.url}/api/{part}/" for part in ("charts", "history", "feeschedules")}
        return {"public": derivatives, "private": derivatives, **others}

    @classmethod
    def random_key(cls, **changed: Any) -> KeyState:
        """Make a good key: id and secret are base64 of 42 and 64 bytes."""
        key_id, secret = (base64.b64encode(secrets.token_bytes(length)).decode() for length in (42, 64))
        return KeyState(key_id, secret, **changed)

    def route_of(self, request: Request) -> str:
        """Return the path; of candles without their length."""
        is_chart = request.path.startswith("/api/charts/")
        return request.path.rpartition("/")[0] if is_chart else request.path

    def render(self, content: Any) -> Response:
        """Put the content of a good answer into the envelope."""
        return json_response({"result": "success", **content, "serverTime": market.iso(self.now())})

    def authenticate(self, request: Request) -> KeyState | Response:
        """Return the key that signed a request, or the error."""
        headers = request.headers
        if not headers.get("apikey") or not headers.get("authent"):
            return self.error(Cause.CREDENTIALS_MISSING, request)
        key = self.find_key(self.key_id(request))
        if key is None:
            return self.error(Cause.UNKNOWN_KEY, request)
        path, data = request.path.removeprefix("/derivatives"), request.query_string + request.text
        if headers["authent"] != signature(key.secret, path, data, headers.get("nonce", "")):
            return self.error(Cause.SIGNATURE, request)
        rejected = self.reject(request, key)
        if rejected:
            return rejected
        return key if self._is_permitted(request, key) else self.error(Cause.PERMISSION, request)

    def _is_permitted(self, request: Request, key: KeyState) -> bool:
        if request.path == CHECK:
            return True
        name = "transfer" if request.path in (f"{_API}/withdrawal", f"{_API}/transfers") else "general"
        needed = "READ_ONLY" if request.verb == "GET" else "FULL_ACCESS"
        return _strength(self._permissions(key)[name]) >= _strength(needed)

    def _permissions(self, key: KeyState) -> dict[str, str]:
        permissions = {"general": "NO_ACCESS", "transfer": "NO_ACCESS"}
        for word in self.words_of(key):
            name, _, level = word.partition(":")
            permissions[name] = max(permissions.get(name, "NO_ACCESS"), level, key=_strength)
        return permissions

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """The market."""
        kinds = ("trade", "mark", "spot")
        return {
            f"GET {_API}/instruments": lambda _: {"instruments": [_INSTRUMENT]},
            f"GET {_API}/orderbook": self._order_book,
            f"GET {_API}/tickers": lambda _: {"tickers": [{"symbol": _SYMBOL, "markPrice": market.price()}]},
            **{f"GET /api/charts/v1/{kind}/{_SYMBOL}": _candles for kind in kinds},
        }

    @property
    def routes(self) -> Mapping[str, Handler]:
        """The account."""
        return {
            f"GET {CHECK}": self._check,
            f"GET {_API}/accounts": lambda *_: {"accounts": _ACCOUNTS},
            f"GET {_API}/openpositions": lambda *_: {"openPositions": []},
            f"GET {_API}/openorders": lambda *_: {"openOrders": []},
        }

    def _check(self, _: Request, key: KeyState) -> Response:
        networks = [_cidr(network) for network in key.networks or []]
        content = {
            "apiKey": key.id,
            "accountUid": "5cf5c29c-0000-4000-8000-000000000000",
            "iiban": "AA08 N84G CPAR UN7A",
            "createdAt": market.iso(key.created).partition(".")[0] + "Z",
            "permissions": self._permissions(key),
            "allowedCidrBlock": networks[0] if networks else None,
            "allowedCidrBlocks": networks,
        }
        return json_response({**content, **key.overrides})

    def _order_book(self, _: Request) -> dict[str, Any]:
        book = market.order_book()
        return {"orderBook": {"bids": book.bids, "asks": book.asks}}


def _strength(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)


def _cidr(network: str) -> str:
    if "/" in network:
        return network
    return f"{network}/{128 if ':' in network else 32}"


def _candles(request: Request) -> Response:
    step = market.TIMEFRAME_SECONDS[request.path.rpartition("/")[2]]
    since, until = (float(request.query[name]) if name in request.query else None for name in ("from", "to"))
    candles = [
        {
            "time": candle.start * 1000,
            **{name: str(getattr(candle, name)) for name in ("open", "high", "low", "close", "volume")},
        }
        for candle in market.candles(step, MAX_CANDLES, since=since, until=until)
    ]
    return json_response({"candles": candles, "more_candles": False})


_INSTRUMENT = {
    "symbol": _SYMBOL,
    "type": "flexible_futures",
    "base": "BTC",
    "quote": "USD",
    "pair": "BTC:USD",
    "tradeable": True,
    "contractSize": 1,
    "tickSize": 1,
    "contractValueTradePrecision": 4,
    "maxPositionSize": 1_000_000,
    "openingDate": "2022-01-01T00:00:00.000Z",
    "marginLevels": [
        {"contracts": 0, "initialMargin": 0.02, "maintenanceMargin": 0.01},
        {"contracts": 500_000, "initialMargin": 0.04, "maintenanceMargin": 0.02},
    ],
}
_USD = {"quantity": "1000", "value": "1000", "collateral": "1000", "available": "1000"}
_ACCOUNTS = {
    "cash": {"type": "cashAccount", "balances": {}},
    "flex": {
        "type": "multiCollateralMarginAccount",
        "currencies": {"USD": _USD},
        **dict.fromkeys(("availableMargin", "marginEquity", "balanceValue", "portfolioValue"), "1000"),
        **dict.fromkeys(("initialMargin", "maintenanceMargin", "pnl"), "0"),
    },
}

SIMULATOR = SimulatedKrakenFutures
