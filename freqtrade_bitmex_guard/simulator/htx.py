"""HTX's spot exchange on loopback: its keys, its signatures, its three shapes of errors.

Most statuses of its errors were not recorded; 200 is usual.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from calendar import timegm
from collections.abc import Mapping, Sequence
from typing import Any

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind, random_text
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response

UID = 63628520  # of the documented answer
_CLOCK_TOLERANCE_SECONDS = 60
# A signature names the host that was meant, and a client that was pointed here still means HTX.
_HOSTS = ("api.huobi.pro", "api-aws.huobi.pro")
_DAYS_WITHOUT_ADDRESS = 90
_APIS = ("status", "contract", "spot", "public", "private", "v2Public", "v2Private")
_ACCOUNT_ID = 100009
_COINS = {"btc": "0.5", "usdt": "100000"}
_STEP_SECONDS = {"1min": 60, "5min": 300, "15min": 900, "30min": 1800, "60min": 3600, "4hour": 14_400, "1day": 86_400}


def error(code: str, message: str, status: int = 200, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """Build an error of the first generation of calls."""
    body = {**more, "status": "error", "err-code": code, "err-msg": message, "data": None}
    return json_response(body, status, headers)


def v2_error(code: int, message: str) -> Response:
    """Build an error of the second generation of calls."""
    return json_response({"code": code, "message": message})


def contract_error(code: int, message: str) -> Response:
    """Build an error of the contract host."""
    return json_response({"status": "error", "err_code": code, "err_msg": message, "ts": int(time.time() * 1000)})


def _invalid_signature(why: str) -> Response:
    return error("api-signature-not-valid", f"Signature not valid: {why}")


_RATE_LIMIT_HEADERS = {"X-HB-RateLimit-Requests-Remain": "0", "X-HB-RateLimit-Requests-Expire": "1"}
_ERRORS = {
    Cause.CREDENTIALS_MISSING: _invalid_signature("Incorrect Access key [Access key错误]"),
    Cause.UNKNOWN_KEY: _invalid_signature("Incorrect Access key [Access key错误]"),
    Cause.SIGNATURE: _invalid_signature("Verification failure [校验失败]"),
    Cause.CLOCK: _invalid_signature(
        "Invalid submission time or incorrect time format [无效的提交时间，或时间格式错误]"  # noqa: RUF001
    ),
    Cause.ADDRESS: _invalid_signature("Incorrect IP address [IP地址错误]:104.128.67.45"),
    Cause.EXPIRED: _invalid_signature("APIkey has expired"),
    Cause.PERMISSION: _invalid_signature("API key has no permission [API Key没有权限]"),
    Cause.RATE_LIMIT: error("rate-too-many-requests", "exceeded rate limit", headers=_RATE_LIMIT_HEADERS),
    Cause.MAINTENANCE: error("system-maintenance", "System is in maintenance!"),
    # Recorded is the code only.
    Cause.NOT_FOUND: error("method-not-allowed", "method-not-allowed", 405),
}
# Of the second generation, these words are documented; neither says more.
_FORBIDDEN = (Cause.PERMISSION, Cause.ADDRESS)
_UNPROVEN = (Cause.CREDENTIALS_MISSING, Cause.UNKNOWN_KEY, Cause.SIGNATURE, Cause.CLOCK, Cause.EXPIRED, Cause.DISABLED)


def signature(secret: str, verb: str, host: str, path: str, query: str) -> str:
    """Sign one request (www.htx.com/en-us/opend/newApiPages, "Signature").

    Args:
        secret: of the key.
        verb: GET or POST.
        host: in lower case.
        path: from the slash on.
        query: URL-encoded as sent, without the signature; it is signed in the order of its names.
    """
    parts = sorted(query.split("&"), key=lambda part: part.partition("=")[0])
    text = "\n".join((verb, host, path, "&".join(parts)))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


class SimulatedHTX(SimulatedExchange[KeyState]):
    """HTX."""

    exchange_id = "htx"

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """HTX's permissions; none is for transfers alone, because the one for trading also makes them."""
        trade = ("trade",)
        return {Kind.READ: ("readOnly",), Kind.TRADE: trade, Kind.CANCEL: trade, Kind.WITHDRAW: ("withdraw",)}

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """HTX's errors."""
        return _ERRORS

    @classmethod
    def random_key(cls, **changed: Any) -> KeyState:
        """Make a good key in HTX's shape."""
        digits = "0123456789abcdef"
        key_id, secret = ("-".join(random_text(8, digits) for _ in range(3)) for _ in range(2))
        return KeyState(f"{key_id}-{random_text(10, digits)}", f"{secret}-{random_text(5, digits)}", **changed)

    def api_urls(self) -> Any:
        """Return ccxt's URLs."""
        return dict.fromkeys(_APIS, self.url)

    def key_id(self, request: Request) -> str | None:
        """Return the id in the query."""
        return request.query.get("AccessKeyId")

    def render(self, content: Any) -> Response:
        """Put content into HTX's older envelope."""
        return json_response({"status": "ok", "data": content, "ts": int(self.now() * 1000)})

    def error(self, cause: Cause, request: Request | None = None) -> Response:
        """Return HTX's error for a cause, in the shape of the call that is answered."""
        if request is not None and request.path.startswith("/v2/"):
            if cause in _FORBIDDEN:
                return v2_error(1002, "forbidden")
            if cause in _UNPROVEN:
                return v2_error(1003, "invalid signature")
        if request is not None and cause is Cause.ADDRESS:
            return _invalid_signature(f"Incorrect IP address [IP地址错误]:{request.address}")
        return super().error(cause, request)

    def authenticate(self, request: Request) -> KeyState | Response:
        """Return the key that signed a request, or HTX's error."""
        query = request.query
        key = self.find_key(self.key_id(request))
        if key is None:
            return self.error(Cause.UNKNOWN_KEY, request)
        rejected = self.reject(request, key)
        if rejected:
            return rejected
        if not self._is_recent(query.get("Timestamp", "")):
            return self.error(Cause.CLOCK, request)
        signed = "&".join(part for part in request.query_string.split("&") if not part.startswith("Signature="))
        valid = [signature(key.secret, request.verb, host, request.full_path, signed) for host in _HOSTS]
        method = query.get("SignatureMethod"), query.get("SignatureVersion")
        if method != ("HmacSHA256", "2") or query.get("Signature") not in valid:
            return self.error(Cause.SIGNATURE, request)
        needed = _needed(request)
        return key if needed in self.words_of(key) else self.error(Cause.PERMISSION, request)

    def _is_recent(self, moment: str) -> bool:
        try:
            sent = timegm(time.strptime(moment, "%Y-%m-%dT%H:%M:%S"))
        except ValueError:
            return False
        return abs(sent - self.now()) <= _CLOCK_TOLERANCE_SECONDS

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """Market data."""
        return {
            "GET /v1/common/timestamp": lambda _: int(self.now() * 1000),
            "GET /v1/common/symbols": lambda _: [_SYMBOL],
            "GET /linear-swap-api/v1/swap_contract_info": lambda _: [_LINEAR],
            "GET /swap-api/v1/swap_contract_info": lambda _: [_INVERSE],
            "GET /api/v1/contract_contract_info": lambda _: [_DELIVERED],
            "GET /v2/reference/currencies": lambda _: _v2([_currency(coin) for coin in _COINS]),
            "GET /market/history/candles": lambda request: _candles(request.query),
            "GET /market/history/kline": lambda request: _candles(request.query),
            "GET /market/depth": lambda request: self._depth(request.query),
        }

    @property
    def routes(self) -> Mapping[str, Handler]:
        """What a key reads; `authenticate` asks for its permission."""
        account = {"id": _ACCOUNT_ID, "type": "spot", "state": "working"}
        return {
            "GET /v2/user/uid": lambda *_: _v2(UID),
            "GET /v2/user/api-key": lambda request, _: self._list_keys(request.query),
            "GET /v1/account/accounts": lambda *_: [{**account, "subtype": ""}],
            f"GET /v1/account/accounts/{_ACCOUNT_ID}/balance": lambda *_: {**account, "list": _balances()},
        }

    def describe(self, key: KeyState) -> dict[str, Any]:
        """Return a key as /v2/user/api-key reports it; one that works from any address ends by itself."""
        left = key.days_left
        if left is None and key.networks is None:
            left = _DAYS_WITHOUT_ADDRESS - key.age_days
        return {
            "accessKey": key.id,
            "status": "expired" if key.expired else "normal",
            "note": key.name,
            "permission": ",".join(self.words_of(key)),
            "ipAddresses": ",".join(key.networks or []),
            "validDays": -1 if left is None else max(0, int(left)),
            "createTime": int(key.created * 1000),
            "updateTime": int(key.created * 1000),
            **key.overrides,
        }

    def _list_keys(self, query: dict[str, str]) -> Response:
        """Return the keys of the account, or the one that is asked for."""
        if query.get("uid") != str(UID):
            return v2_error(2002, "invalid field value in `uid`")
        wanted = query.get("accessKey")
        return _v2([self.describe(key) for key in self.account_keys() if wanted in (None, key.id)])

    def _depth(self, query: dict[str, str]) -> Response:
        book = market.order_book(int(query.get("depth", "20")))
        now = int(self.now() * 1000)
        return json_response({"status": "ok", "ts": now, "tick": {"bids": book.bids, "asks": book.asks, "ts": now}})


def _needed(request: Request) -> str:
    """Return the permission that a request needs."""
    if request.verb == "GET":
        return "readOnly"
    return "withdraw" if request.path.startswith("/v1/dw/withdraw") else "trade"


def _v2(content: Any) -> Response:
    return json_response({"code": 200, "message": "success", "data": content, "ok": True})


def _currency(coin: str) -> dict[str, Any]:
    chain = {"chain": coin, "displayName": coin.upper(), "depositStatus": "allowed", "withdrawStatus": "allowed"}
    return {"currency": coin, "assetType": 1, "instStatus": "normal", "chains": [{**chain, "withdrawPrecision": 8}]}


_SYMBOL = {
    "base-currency": "btc",
    "quote-currency": "usdt",
    "symbol": "btcusdt",
    "state": "online",
    "api-trading": "enabled",
    "price-precision": 1,
    "amount-precision": 6,
    "value-precision": 8,
    "min-order-value": 10,
    "min-order-amt": 0.00001,
    "max-order-amt": 1000,
}
_CONTRACT = {
    "symbol": "BTC",
    "contract_size": 0.001,
    "price_tick": 0.1,
    "contract_status": 1,
    "create_date": "20201021",
}
_LINEAR = {**_CONTRACT, "contract_code": "BTC-USDT", "pair": "BTC-USDT", "business_type": "swap"}
_INVERSE = {**_CONTRACT, "contract_code": "BTC-USD", "contract_size": 100}
_DELIVERED = {**_INVERSE, "contract_code": "BTC301227", "delivery_date": "20301227", "delivery_time": 1_924_588_800_000}


def _balances() -> list[dict[str, str]]:
    amounts = [(coin, kind, held) for coin, free in _COINS.items() for kind, held in (("trade", free), ("frozen", "0"))]
    return [{"currency": coin, "type": kind, "balance": held, "seq-num": "0"} for coin, kind, held in amounts]


def _candles(query: dict[str, str]) -> list[dict[str, float]]:
    """Return candles, the newest first; times are in seconds."""
    since, until = (float(query[name]) if name in query else None for name in ("from", "to"))
    step = _STEP_SECONDS.get(query.get("period", ""), 60)
    found = market.candles(step, int(query.get("size", "150")), since=since, until=until)
    return [
        {"id": c.start, "open": c.open, "close": c.close, "low": c.low, "high": c.high, "amount": c.volume}
        | {"vol": c.volume * c.close, "count": 10}
        for c in reversed(found)
    ]


SIMULATOR = SimulatedHTX
