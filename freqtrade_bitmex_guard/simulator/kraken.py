"""Kraken (spot) on loopback.

Signature, nonce and error texts are as on docs.kraken.com. Every answer has HTTP status 200.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import ssl
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response

MAX_ROWS = 720  # older candles cannot be had


def error(text: str) -> Response:
    """Build an error in Kraken's own shape."""
    return json_response({"error": [text]})


_ERRORS = {
    Cause.CREDENTIALS_MISSING: error("EAPI:Invalid key"),
    Cause.UNKNOWN_KEY: error("EAPI:Invalid key"),
    Cause.SIGNATURE: error("EAPI:Invalid signature"),
    Cause.CLOCK: error("EAPI:Invalid nonce"),
    Cause.PERMISSION: error("EGeneral:Permission denied"),
    Cause.RATE_LIMIT: error("EAPI:Rate limit exceeded"),
    Cause.MAINTENANCE: error("EService:Unavailable"),
    Cause.NOT_FOUND: error("EGeneral:Unknown method"),
}

_WORDS = {
    Kind.READ: ("query-funds", "query-open-trades", "query-closed-trades"),
    Kind.TRADE: ("modify-trades",),
    Kind.CANCEL: ("close-trades",),
    Kind.WITHDRAW: ("withdraw-funds",),
    Kind.TRANSFER: ("earn-funds",),
}

# One of these permissions opens the path. What has no route here is answered as unknown, once it is permitted.
_NEEDED = {
    "/private/Balance": ("query-funds",),
    "/private/BalanceEx": ("query-funds",),
    "/private/OpenOrders": ("query-open-trades",),
    "/private/ClosedOrders": ("query-closed-trades",),
    "/private/QueryOrders": ("query-open-trades", "query-closed-trades"),
    "/private/TradesHistory": ("query-closed-trades",),
    "/private/AddOrder": ("modify-trades",),
    "/private/AmendOrder": ("modify-trades",),
    "/private/EditOrder": ("modify-trades",),
    "/private/CancelOrder": ("close-trades", "modify-trades"),
    "/private/CancelAll": ("close-trades", "modify-trades"),
    "/private/Withdraw": ("withdraw-funds",),
    "/private/WalletTransfer": ("withdraw-funds",),
    "/private/Earn/Allocate": ("earn-funds",),
    "/private/GetWebSocketsToken": ("create-ws-token",),
}


def signature(secret: str, path: str, nonce: str, body: str) -> str:
    """Sign as docs.kraken.com says: HMAC-SHA512 over the path and SHA256 of nonce and body.

    Args:
        secret: of the key, base64.
        path: from /0 on, without a query.
        nonce: as in the body.
        body: as sent.
    """
    digest = hashlib.sha256((nonce + body).encode()).digest()
    return base64.b64encode(
        hmac.new(base64.b64decode(secret), path.encode() + digest, hashlib.sha512).digest()
    ).decode()


class SimulatedKraken(SimulatedExchange[KeyState]):
    """Kraken's /0.

    Attributes:
        documented_names: whether GetApiKeyInfo names its fields as documented, in camel case, and writes [] for any
            address; recorded were snake case and [""].
    """

    exchange_id = "kraken"
    base_path = "/0"
    key_header = "api-key"

    def __init__(
        self,
        keys: Iterable[KeyState] = (),
        *,
        trading_mode: str | None = None,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        super().__init__(keys, trading_mode=trading_mode, tls=tls, host=host)
        self.documented_names = False
        self._nonces: dict[str, int] = {}

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """Kraken's permissions; none of them manages keys."""
        return _WORDS

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """Kraken's errors. What it answers to an expired key or a wrong address is not known."""
        return _ERRORS

    def api_urls(self) -> Any:
        """Return ccxt's three URLs; the last one is for texts of its help pages."""
        return {"public": self.url, "private": self.url, "zendesk": self.url}

    @classmethod
    def random_key(cls, **changed: Any) -> KeyState:
        """Make a good key: id and secret are base64 of 42 and 64 bytes."""
        key_id, secret = (base64.b64encode(secrets.token_bytes(length)).decode() for length in (42, 64))
        return KeyState(key_id, secret, **changed)

    def render(self, content: Any) -> Response:
        """Put the content of a good answer into Kraken's envelope."""
        return json_response({"error": [], "result": content})

    def authenticate(self, request: Request) -> KeyState | Response:
        """Return the key that signed a request, or Kraken's error."""
        if not request.headers.get("api-key") or not request.headers.get("api-sign"):
            return self.error(Cause.CREDENTIALS_MISSING)
        key = self.find_key(self.key_id(request))
        if key is None:
            return self.error(Cause.UNKNOWN_KEY)
        nonce = str(request.json.get("nonce") or request.form.get("nonce", ""))
        if request.headers["api-sign"] != signature(key.secret, request.full_path, nonce, request.text):
            return self.error(Cause.SIGNATURE)
        return self.reject(request, key) or self._judge(request, key, nonce) or key

    def _judge(self, request: Request, key: KeyState, nonce: str) -> Response | None:
        if not nonce.isdecimal() or int(nonce) <= self._nonces.get(key.id, 0):
            return self.error(Cause.CLOCK)
        self._nonces[key.id] = int(nonce)
        needed = _NEEDED.get(request.path)
        permitted = not needed or set(needed) & set(self.words_of(key))
        return None if permitted else self.error(Cause.PERMISSION)

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """The market."""
        return {
            "GET /public/Time": lambda _: {"unixtime": int(self.now())},
            "GET /public/SystemStatus": lambda _: {"status": "online", "timestamp": market.iso(self.now())},
            "GET /public/Assets": lambda _: _ASSETS,
            "GET /public/AssetPairs": lambda _: _ASSET_PAIRS,
            "GET /public/OHLC": self._ohlc,
            "GET /public/Depth": self._depth,
        }

    @property
    def routes(self) -> Mapping[str, Handler]:
        """The account."""
        return {
            "POST /private/GetApiKeyInfo": self._key_information,
            "POST /private/BalanceEx": lambda *_: {"USDT": {"balance": "1000.00000000", "hold_trade": "0.00000000"}},
            "POST /private/OpenOrders": lambda *_: {"open": {}},
            "POST /private/ClosedOrders": lambda *_: {"closed": {}, "count": 0},
            "POST /private/TradesHistory": lambda *_: {"trades": {}, "count": 0},
        }

    def _key_information(self, _: Request, key: KeyState) -> dict[str, Any]:
        # Moments are texts of Unix seconds; "0" is none.
        fields: dict[str, Any] = {
            "api_key_name": key.name,
            "api_key": key.id,
            "nonce": str(self._nonces[key.id]),
            "nonce_window": 0 if self.documented_names else "0",
            "permissions": self.words_of(key),
            "iban": "AA88 N84G WOAK NMOI",
            "valid_until": str(int(key.expires or 0)),
            "query_from": "0",
            "query_to": "0",
            "created_time": str(int(key.created)),
            "modified_time": str(int(key.created)),
            "ip_allowlist": key.networks if key.networks is not None else [] if self.documented_names else [""],
            "last_used": str(int(self.now())),
        }
        if self.documented_names:
            fields = {_camel_case(name): value for name, value in fields.items()}
        return {**fields, **key.overrides}

    def _ohlc(self, request: Request) -> dict[str, Any]:
        since = float(request.query.get("since", "0"))
        candles = market.candles(int(request.query.get("interval", "1")) * 60, MAX_ROWS)
        rows = [
            [c.start, str(c.open), str(c.high), str(c.low), str(c.close), str(c.close), str(c.volume), 10]
            for c in candles
            if c.start >= since
        ]
        return {"XBTUSDT": rows, "last": candles[-2].start}

    def _depth(self, request: Request) -> dict[str, Any]:
        book, second = market.order_book(int(request.query.get("count", "100"))), int(self.now())
        sides = {"bids": book.bids, "asks": book.asks}
        return {
            "XBTUSDT": {
                side: [[str(price), str(amount), second] for price, amount in levels] for side, levels in sides.items()
            }
        }


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


_ASSETS = {
    name: {"aclass": "currency", "altname": other, "decimals": decimals, "display_decimals": 5, "status": "enabled"}
    for name, other, decimals in (("XXBT", "XBT", 10), ("USDT", "USDT", 8))
}
_ASSET_PAIRS = {
    "XBTUSDT": {
        "altname": "XBTUSDT",
        "wsname": "XBT/USDT",
        "aclass_base": "currency",
        "base": "XXBT",
        "aclass_quote": "currency",
        "quote": "USDT",
        "pair_decimals": 1,
        "cost_decimals": 5,
        "lot_decimals": 8,
        "lot_multiplier": 1,
        "leverage_buy": [],
        "leverage_sell": [],
        "fees": [[0, 0.4]],
        "fees_maker": [[0, 0.25]],
        "fee_volume_currency": "ZUSD",
        "ordermin": "0.00005",
        "costmin": "0.5",
        "tick_size": "0.1",
        "status": "online",
    }
}

SIMULATOR = SimulatedKraken
