"""BingX on loopback, spot: its keys in each documented shape, its signatures, its errors."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import unquote_plus

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response

_APIS = ("fund", "spot", "swap", "contract", "wallets", "user", "subAccount", "account", "copyTrading", "cswap", "api")
_MAX_WINDOW_MILLIS = 5000
_UID = 16789012
# A permission's number, and its name where permissions are flags.
_FLAGS = {
    "1": "enableSpotAndMarginTrading",
    "2": "enableReading",
    "3": "enableFutures",
    "4": "permitsUniversalTransfer",
    "5": "enableWithdrawals",
    "7": "enableInternalTransfer",
}
# The permission for each path that is not for reading.
_NEEDED = {"/spot/v1/trade/order": "1", "/spot/v1/trade/cancel": "1", "/wallets/v1/capital/withdraw/apply": "5"}


def error(code: int, message: str, status: int = 200, **more: Any) -> Response:
    """Build an error in BingX's own shape; its status is 200 as a rule."""
    return json_response({"code": code, "msg": message, "timestamp": int(time.time() * 1000), **more}, status)


_ERRORS = {
    Cause.CREDENTIALS_MISSING: error(100412, "Null signature"),
    Cause.UNKNOWN_KEY: error(100413, "Incorrect apiKey"),
    Cause.SIGNATURE: error(100001, "signature verification failed"),
    Cause.CLOCK: error(100421, "Null timestamp or timestamp mismatch"),
    Cause.ADDRESS: error(
        100419,
        "IP does not match IP whitelist , please go to https://bingx.com/en/account/api/ to verify the ip you have set",
    ),
    Cause.PERMISSION: error(100004, "Permission denied as the API key was created without the permission"),
    Cause.RATE_LIMIT: json_response({"code": 100410, "msg": "rate limited"}, 429),
    Cause.MAINTENANCE: error(100500, "The current system is busy, please try again later", debugMsg=""),
    Cause.NOT_FOUND: Response(404),  # the body is not documented
}


def signature(secret: str, parameters: str) -> str:
    """Return the hexadecimal signature of a request.

    Args:
        secret: of the key.
        parameters: names and plain values as in a query, in the order in which they are sent.
    """
    return hmac.new(secret.encode(), parameters.encode(), hashlib.sha256).hexdigest()


class SimulatedBingX(SimulatedExchange[KeyState]):
    """BingX's /openApi.

    Attributes:
        shape: of /account/apiPermissions; all three are documented or read by clients.
        masks_ids: whether it shows the ends of a key id only, as in its documentation.
        is_main_account: only a main account's key may list keys.
    """

    exchange_id = "bingx"
    base_path = "/openApi"
    key_header = "x-bx-apikey"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.shape: Literal["flat", "wrapped", "flags"] = "flat"
        self.masks_ids = True
        self.is_main_account = True

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """BingX's numbers. The one for managing sub-accounts is not documented."""
        trade = ("1",)
        return {
            Kind.READ: ("2",),
            Kind.TRADE: trade,
            Kind.CANCEL: trade,
            Kind.WITHDRAW: ("5",),
            Kind.TRANSFER: ("4", "7"),
        }

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """BingX's errors."""
        return _ERRORS

    def api_urls(self) -> Any:
        """Return ccxt's URLs."""
        return dict.fromkeys(_APIS, f"{self.url}/openApi")

    def render(self, content: Any) -> Response:
        """Wrap an answer as BingX does."""
        return json_response({"code": 0, "msg": "", "timestamp": self._millis(), "data": content})

    def _millis(self) -> int:
        return int(self.now() * 1000)

    def authenticate(self, request: Request) -> KeyState | Response:
        """Return the key that signed a request, or BingX's error."""
        key = self.find_key(self.key_id(request))
        if key is None:
            return self.error(Cause.UNKNOWN_KEY)
        content = request.query if request.query_string else {name: str(value) for name, value in request.json.items()}
        if "signature" not in content:
            return self.error(Cause.CREDENTIALS_MISSING)
        window = min(_number(content.get("recvWindow")) or _MAX_WINDOW_MILLIS, _MAX_WINDOW_MILLIS)
        if abs(self._millis() - _number(content.get("timestamp"))) > window:
            return self.error(Cause.CLOCK)
        if request.query_string:  # signed as sent, but with plain values
            signed = unquote_plus(request.query_string.rpartition("&signature=")[0])
        else:  # a JSON body is signed in the order of its names
            signed = "&".join(f"{name}={content[name]}" for name in sorted(content) if name != "signature")
        if not hmac.compare_digest(content["signature"].encode(), signature(key.secret, signed).encode()):
            return self.error(Cause.SIGNATURE)
        return self.reject(request, key) or self._forbid(request, key) or key

    def _forbid(self, request: Request, key: KeyState) -> Response | None:
        needed = _NEEDED.get(request.path, "2")
        return None if needed in self.words_of(key) else self.error(Cause.PERMISSION)

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """Market data."""
        return {
            "GET /swap/v2/server/time": lambda _: {"serverTime": self._millis()},
            "GET /spot/v1/server/time": lambda _: {"serverTime": self._millis()},
            "GET /swap/v2/quote/contracts": lambda _: [],
            "GET /cswap/v1/market/contracts": lambda _: [],
            "GET /spot/v1/common/symbols": lambda _: {"symbols": [_SYMBOL]},
            "GET /spot/v1/market/kline": _candles,
            "GET /spot/v1/market/depth": self._book,
        }

    @property
    def routes(self) -> Mapping[str, Handler]:
        """What a signature is needed for."""
        return {
            "GET /v1/account/apiPermissions": lambda _, key: self._permissions(key),
            "GET /v1/account/apiRestrictions": lambda _, key: json_response(self._restrictions(key)),
            "GET /account/v1/uid": lambda *_: {"uid": _UID},
            "GET /account/v1/apiKey/query": self._list_keys,
            "GET /wallets/v1/capital/config/getall": lambda *_: [_coin(coin) for coin in _HELD],
            "GET /spot/v1/account/balance": lambda *_: {
                "balances": [{"asset": coin, "free": str(amount), "locked": "0"} for coin, amount in _HELD.items()]
            },
            "GET /spot/v1/trade/openOrders": lambda *_: {"orders": []},
            "GET /spot/v1/trade/historyOrders": lambda *_: {"orders": []},
            "POST /spot/v1/trade/order": lambda *_: error(100202, "Insufficient balance"),
            "POST /spot/v1/trade/cancel": lambda *_: error(80016, "order does not exist"),
        }

    def _permissions(self, key: KeyState) -> Any:
        if self.shape == "flags":
            return {**self._flags(key), "ipRestrict": key.networks is not None, **key.overrides}
        content = {**self._listed(key), **key.overrides}
        return content if self.shape == "wrapped" else json_response(content)

    def _listed(self, key: KeyState) -> dict[str, Any]:
        masked = f"{key.id[:2]}*******{key.id[-2:]}"
        return {
            "apiKey": masked if self.masks_ids else key.id,
            "permissions": [int(word) if word.isdigit() else word for word in self.words_of(key)],
            "ipAddresses": [""] if key.networks is None else key.networks,
            "note": key.name,
        }

    def _flags(self, key: KeyState) -> dict[str, Any]:
        words = self.words_of(key)
        more = {word: True for word in words if word not in _FLAGS}
        flags = {flag: word in words for word, flag in _FLAGS.items()}
        return {"createTime": int(key.created * 1000), **flags, "enableVanillaOptions": False, **more}

    def _restrictions(self, key: KeyState) -> dict[str, Any]:
        left_out = ("enableWithdrawals", "enableInternalTransfer", "enableVanillaOptions")
        flags = {flag: value for flag, value in self._flags(key).items() if flag not in left_out}
        return {"ipRestrict": key.networks is not None, **flags, **key.overrides}

    def _list_keys(self, request: Request, key: KeyState) -> Any:  # noqa: ARG002 - every key of the account may
        if not self.is_main_account:
            return error(100403, "")
        if request.query.get("uid") != str(_UID):
            return {"apiInfos": []}
        wanted = request.query.get("apiKey")
        keys = [listed for listed in self.account_keys() if wanted in (None, listed.id)]
        return {"apiInfos": [self._entry(listed) for listed in keys]}

    def _entry(self, key: KeyState) -> dict[str, Any]:
        times = dict.fromkeys(("createTime", "updateTime"), int(key.created * 1000))
        return {**self._listed(key), "status": 0, **times, **key.overrides}

    def _book(self, request: Request) -> dict[str, Any]:
        book = market.order_book(int(request.query.get("limit", "20")))
        sides = {"bids": book.bids, "asks": book.asks}
        levels = {side: [[str(price), str(amount)] for price, amount in found] for side, found in sides.items()}
        return {**levels, "ts": self._millis(), "lastUpdateId": self._millis()}


def _number(text: str | None) -> int:
    """Return a whole number from a request, or 0 if there is none."""
    return int(text) if text and text.isdigit() else 0


_HELD = {"BTC": 0.5, "USDT": 1000.0}
_SYMBOL = {
    "symbol": "BTC-USDT",
    "minQty": 0.00001,
    "maxQty": 100,
    "minNotional": 5,
    "maxNotional": 1_000_000,
    "status": 1,
    "tickSize": 0.01,
    "stepSize": 0.000001,
    "apiStateSell": True,
    "apiStateBuy": True,
    "timeOnline": 0,
    "offTime": 0,
    "maintainTime": 0,
}


def _coin(coin: str) -> dict[str, Any]:
    network = {
        "name": coin,
        "network": "BTC" if coin == "BTC" else "ERC20",
        "isDefault": True,
        "minConfirm": "2",
        "withdrawEnable": True,
        "depositEnable": True,
        "withdrawFee": "0.00004",
        "withdrawMax": "64.7",
        "withdrawMin": "0.000046",
        "depositMin": "0.00009",
        "withdrawPrecision": "8",
    }
    return {"coin": coin, "name": coin, "networkList": [network]}


def _candles(request: Request) -> list[list[float]]:
    query = request.query
    since, until = (int(query[name]) / 1000 if name in query else None for name in ("startTime", "endTime"))
    step = market.TIMEFRAME_SECONDS.get(query.get("interval", "5m"), 300)
    found = market.candles(step, int(query.get("limit", "500")), since=since, until=until)
    return [
        [
            *(candle.millis, candle.open, candle.high, candle.low, candle.close, candle.volume),
            *(candle.end * 1000 - 1, candle.volume * candle.close),
        ]
        for candle in reversed(found)
    ]


SIMULATOR = SimulatedBingX
