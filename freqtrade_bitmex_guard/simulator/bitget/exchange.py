"""Bitget on loopback: its keys, its signatures, its errors.

All statuses that were recorded of its errors are 400, so errors without a recorded one have that, too.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import unquote

from freqtrade_bitmex_guard.simulator.bitget import market
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind, random_text
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response

_CLOCK_TOLERANCE_SECONDS = 30
_SIGNED_HEADERS = ("access-key", "access-sign", "access-timestamp", "access-passphrase")
_APIS = ("spot", "mix", "user", "p2p", "broker", "margin", "common", "tax", "convert", "copy", "earn", "uta")
_REGISTERED = "1704067200000"
# Verb and path, the words of which one is needed, and what the error says is needed. The first match counts.
_NEEDED = (
    ("GET /api/v2/spot/account/info", (), ""),
    ("GET /api/v3/account/info", (), ""),
    ("POST /api/v2/spot/wallet/withdrawal", ("wwow",), "withdraw write"),
    ("POST /api/v2/spot/wallet/", ("wtow",), "transfer write"),
    ("GET /api/v2/spot/", ("stor", "stow"), "spot order read or spot order write"),
    ("POST /api/v2/spot/", ("stow",), "spot order write"),
    ("GET /api/v2/mix/", ("coor", "coow", "cpor", "cpow"), "future order read or future order write"),
    ("POST /api/v2/mix/order/", ("coow",), "future order write"),
    ("POST /api/v2/mix/", ("cpow",), "future order write"),
    ("POST /api/v3/account/withdrawal", ("withdraw",), "withdraw write"),
    ("POST /api/v3/trade/", ("uta_trade",), "uta trade write"),
    ("GET /api/v3/", ("uta_mgt",), "uta manage read or uta manage write"),
    ("POST /api/v3/", ("uta_mgt",), "uta manage write"),
)
_ERRORS = {
    Cause.CREDENTIALS_MISSING: ("40001", "ACCESS_KEY cannot be empty", 400),
    Cause.UNKNOWN_KEY: ("40006", "Invalid ACCESS_KEY", 400),
    Cause.DISABLED: ("40037", "Apikey does not exist", 400),
    Cause.CLOCK: ("40008", "Request timestamp expired", 400),
    Cause.SIGNATURE: ("40009", "sign signature error", 400),
    Cause.PASSWORD: ("40012", "apikey/password is incorrect", 400),
    Cause.ADDRESS: ("40018", "Invalid IP", 400),
    Cause.PERMISSION: (
        "40014",
        "Incorrect permissions, need spot order read or spot order write permissions",
        400,
    ),
    Cause.RATE_LIMIT: ("429", "Too Many Requests", 429),
    Cause.MAINTENANCE: ("40200", "Server upgrade, please try again later", 400),
    Cause.NOT_FOUND: ("40404", "Request URL NOT FOUND", 404),
}
_CLASSIC_ONLY = (
    "40085",
    "You are in Unified Account mode, and the Classic Account API is not supported at this time",
)
_UNIFIED_ONLY = (
    "40084",
    "You are in Classic Account mode, and the Unified Account API is not supported at this time",
)
_WRONG_ENVIRONMENT = ("40099", "exchange environment is incorrect")


def error(code: str, message: str, status: int = 400) -> Response:
    """Build an error in Bitget's own shape."""
    return json_response({"code": code, "msg": message, "requestTime": int(time.time() * 1000), "data": None}, status)


def text_to_sign(timestamp: str, verb: str, path: str, query: str = "", body: str = "") -> str:
    """Return what Bitget signs of a request (www.bitget.com/api-doc/common/signature).

    Args:
        timestamp: Unix milliseconds, as sent.
        verb: GET or POST.
        path: without the query.
        query: as sent, without the question mark, but not URL-encoded.
        body: as sent, or "".
    """
    return f"{timestamp}{verb}{path}{'?' if query else ''}{query}{body}"


def signature(secret: str, text: str) -> str:
    """Sign a text."""
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


class SimulatedBitget(SimulatedExchange[KeyState]):
    """Bitget.

    Attributes:
        unified: whether the account is a unified one; the calls and the words for permissions differ.
    """

    exchange_id = "bitget"
    key_header = "access-key"
    credential_parts = ("key", "secret", "password")
    pairs: ClassVar[Mapping[str, str]] = {"spot": "BTC/USDT", "futures": "BTC/USDT:USDT"}
    unified: bool = False

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """Bitget's permissions. A unified account has none that only moves money or makes keys: `uta_mgt` does both."""
        if self.unified:
            trade: Sequence[str] = ("uta_mgt", "uta_trade")
            return {
                Kind.READ: ("uta_mgt",),
                Kind.TRADE: trade,
                Kind.CANCEL: trade,
                Kind.WITHDRAW: ("withdraw",),
            }
        trade = ("stow",) if self.trading_mode == "spot" else ("coow", "cpow")
        return {
            Kind.READ: ("coor", "cpor", "stor"),
            Kind.TRADE: trade,
            Kind.CANCEL: trade,
            Kind.WITHDRAW: ("wwow",),
            Kind.TRANSFER: ("wtow",),
            Kind.MANAGE_KEYS: ("chow",),
        }

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """Bitget's errors; it does not say how an expired key is answered."""
        return {cause: error(*parts) for cause, parts in _ERRORS.items()}

    @classmethod
    def random_key(cls, **changed: Any) -> KeyState:
        """Make a good key in Bitget's shape."""
        digits = "0123456789abcdef"
        secret = random_text(64, digits)
        return KeyState(f"bg_{random_text(32, digits)}", secret, **{"password": random_text(16), **changed})

    def api_urls(self) -> Any:
        """Return ccxt's URLs."""
        return dict.fromkeys(_APIS, self.url)

    def render(self, content: Any) -> Response:
        """Put content into Bitget's envelope."""
        return json_response(
            {"code": "00000", "msg": "success", "requestTime": int(self.now() * 1000), "data": content}
        )

    def error(self, cause: Cause, request: Request | None = None) -> Response:
        """Return Bitget's error for a cause; for a missing permission it names what is needed."""
        if cause is Cause.PERMISSION and request is not None:
            return error("40014", f"Incorrect permissions, need {_needed(request)[1]} permissions")
        return super().error(cause, request)

    def authenticate(self, request: Request) -> KeyState | Response:
        """Return the key that signed a request, or Bitget's error."""
        headers = request.headers
        if not all(headers.get(name) for name in _SIGNED_HEADERS):
            return self.error(Cause.CREDENTIALS_MISSING)
        key = self.find_key(headers["access-key"])
        if key is None:
            return self.error(Cause.UNKNOWN_KEY)
        return self.reject(request, key) or self._bad_proof(request, key) or self._objection(request, key) or key

    def _bad_proof(self, request: Request, key: KeyState) -> Response | None:
        """Return the error for a wrong time, signature or passphrase."""
        timestamp = request.headers["access-timestamp"]
        if not timestamp.isdigit():
            return error("40005", "Invalid ACCESS_TIMESTAMP")
        if abs(int(timestamp) / 1000 - self.now()) > _CLOCK_TOLERANCE_SECONDS:
            return self.error(Cause.CLOCK)
        query = unquote(request.query_string)
        text = text_to_sign(timestamp, request.verb, request.full_path, query, request.text)
        if request.headers["access-sign"] != signature(key.secret, text):
            return self.error(Cause.SIGNATURE)
        if request.headers["access-passphrase"] != key.password:
            return self.error(Cause.PASSWORD)
        return None

    def _objection(self, request: Request, key: KeyState) -> Response | None:
        """Return the error for the wrong environment, the wrong kind of account or a missing permission."""
        if request.headers.get("paptrading"):
            return error(*_WRONG_ENVIRONMENT)
        if request.path.startswith("/api/v2/" if self.unified else "/api/v3/"):
            return error(*(_CLASSIC_ONLY if self.unified else _UNIFIED_ONLY))
        needed, _ = _needed(request)
        writes = request.verb != "GET"
        if needed and (not set(needed) & set(self.words_of(key)) or (writes and self._only_reads(key))):
            return self.error(Cause.PERMISSION, request)
        return None

    def _only_reads(self, key: KeyState) -> bool:
        return self.unified and set(key.permissions) <= {Kind.READ}

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """Market data."""
        return {
            "GET /api/v2/public/time": lambda _: {"serverTime": str(int(self.now() * 1000))},
            "GET /api/v2/spot/public/coins": lambda _: market.coins(),
            "GET /api/v2/spot/public/symbols": lambda _: [market.symbol()],
            "GET /api/v2/margin/currencies": lambda _: [],
            "GET /api/v2/mix/market/contracts": lambda request: market.contracts(request.query),
            "GET /api/v2/mix/market/query-position-lever": lambda _: market.tiers(),
            "GET /api/v2/mix/market/merge-depth": lambda request: market.order_book(request.query),
            "GET /api/v2/spot/market/orderbook": lambda request: market.order_book(request.query),
            "GET /api/v2/spot/market/candles": lambda request: market.candles(request.query, 8),
            "GET /api/v2/spot/market/history-candles": lambda request: market.candles(request.query, 8),
            "GET /api/v2/mix/market/candles": lambda request: market.candles(request.query, 7),
            "GET /api/v2/mix/market/history-candles": lambda request: market.candles(request.query, 7),
            "GET /api/v3/market/instruments": lambda request: market.instruments(request.query),
            "GET /api/v3/market/position-tier": lambda _: market.unified_tiers(),
            "GET /api/v3/market/candles": lambda request: market.candles(request.query, 7),
            "GET /api/v3/market/orderbook": lambda request: market.unified_order_book(request.query),
        }

    @property
    def routes(self) -> Mapping[str, Handler]:
        """What a key reads, and the modes that freqtrade sets at its start; `authenticate` asks for permissions."""
        return {
            "GET /api/v2/spot/account/info": lambda _, key: self.describe(key),
            "GET /api/v3/account/info": lambda _, key: self.describe_unified(key),
            "GET /api/v2/spot/account/assets": lambda *_: market.spot_assets(),
            "GET /api/v2/mix/account/accounts": lambda *_: market.futures_accounts(),
            "GET /api/v2/mix/position/all-position": lambda *_: [],
            "POST /api/v2/mix/account/set-position-mode": lambda request, _: {"posMode": request.json.get("posMode")},
            "GET /api/v3/account/settings": lambda *_: market.SETTINGS,
            "GET /api/v3/account/assets": lambda *_: {"assets": market.unified_assets()},
            "GET /api/v3/position/current-position": lambda *_: {"list": None},
            "POST /api/v3/account/set-hold-mode": lambda *_: None,
        }

    def describe(self, key: KeyState) -> dict[str, Any]:
        """Return a key as the classic call reports it: without its id, "" for any address."""
        return {
            "userId": "5476143713",
            "inviterId": None,
            "ips": ",".join(key.networks or []),
            "authorities": self.words_of(key),
            "parentId": 1513226215,
            "traderType": "not_trader",
            "channelCode": "",
            "channel": "",
            "regisTime": _REGISTERED,
            **key.overrides,
        }

    def describe_unified(self, key: KeyState) -> dict[str, Any]:
        """Return a key as the call for unified accounts reports it."""
        return {
            "userId": "123456789",
            "inviterId": "",
            "parentId": "",
            "channelCode": "",
            "channel": "",
            "ips": ",".join(key.networks or []),
            "permType": "read_only" if self._only_reads(key) else "read_and_write",
            "permissions": self.words_of(key),
            "regisTime": _REGISTERED,
            **key.overrides,
        }


def _needed(request: Request) -> tuple[Sequence[str], str]:
    """Return the words of which a request needs one, and how the error calls them."""
    route = re.sub("^(PUT|DELETE|PATCH) ", "POST ", f"{request.verb} {request.path}")
    return next(((words, said) for start, words, said in _NEEDED if route.startswith(start)), ((), ""))
