"""Binance on loopback: spot and USD-margined futures.

Sources: developers.binance.com and github.com/binance/binance-spot-api-docs (rest-api.md, errors.md).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, ClassVar
from urllib.parse import unquote

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.asymmetric import is_pem, verify_signature
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind, random_text
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response, page

_FLAGS = (
    "enableReading",
    "enableWithdrawals",
    "enableInternalTransfer",
    "enableMargin",
    "enableFutures",
    "permitsUniversalTransfer",
    "enableVanillaOptions",
    "enableFixApiTrade",
    "enableFixReadOnly",
    "enableSpotAndMarginTrading",
    "enablePortfolioMarginTrading",
)
# Beginnings of the paths that need more than reading. For the trading ones this holds for all verbs but GET.
_TRADING = {"/api/": "enableSpotAndMarginTrading", "/fapi/": "enableFutures", "/dapi/": "enableFutures"}
_MOVING = {
    "/sapi/v1/capital/withdraw/apply": "enableWithdrawals",
    "/sapi/v1/asset/transfer": "permitsUniversalTransfer",
    "/sapi/v1/sub-account/universalTransfer": "enableInternalTransfer",
}
# Symbols and leverage brackets in Binance's shape, made up but for their names; and the paths of ccxt's URLs.
_DATA: Mapping[str, Any] = json.loads(files(__package__).joinpath("binance_data/market.json").read_text("utf-8"))
_REJECTED = "Invalid API-key, IP, or permissions for action"
_BEHIND = "Timestamp for this request is outside of the recvWindow."
_AHEAD = "Timestamp for this request was 1000ms ahead of the server's time."
_RATE_LIMIT = (
    "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. "
    "Please use WebSocket Streams for live updates to avoid polling the API."
)


def error(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """Build an error in Binance's shape."""
    return json_response({"code": code, "msg": message}, status, headers)


_ERRORS = {
    Cause.UNKNOWN_KEY: error(400, -2015, f"{_REJECTED}."),
    Cause.PERMISSION: error(400, -2015, f"{_REJECTED}."),
    Cause.SIGNATURE: error(400, -1022, "Signature for this request is not valid."),
    Cause.CLOCK: error(400, -1021, _BEHIND),
    # Documented and recorded without a status; HTTP 4XX is documented for malformed requests.
    Cause.CREDENTIALS_MISSING: error(400, -2014, "API-key format invalid."),
    Cause.RATE_LIMIT: error(429, -1003, _RATE_LIMIT, {"Retry-After": "30", "X-MBX-USED-WEIGHT-1M": "6001"}),
    Cause.MAINTENANCE: page(503, "<html>"),
    Cause.NOT_FOUND: page(404, "<html>"),
}


class SimulatedBinance(SimulatedExchange[KeyState]):
    """Binance's hosts in one: a path begins with the name of its host, as /fapi does."""

    exchange_id = "binance"
    key_header = "x-mbx-apikey"
    pairs: ClassVar[Mapping[str, str]] = {"spot": "BTC/USDT", "futures": "BTC/USDT:USDT"}

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """Binance's flags; there is one for trading in each mode, and it includes cancelling."""
        trade = "enableSpotAndMarginTrading" if self.trading_mode == "spot" else "enableFutures"
        return {
            Kind.READ: ("enableReading",),
            Kind.TRADE: (trade,),
            Kind.CANCEL: (trade,),
            Kind.WITHDRAW: ("enableWithdrawals",),
            Kind.TRANSFER: ("enableInternalTransfer", "permitsUniversalTransfer"),
        }

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """Binance's errors on sapi; one of them has several causes."""
        return _ERRORS

    def error(self, cause: Cause, request: Request | None = None) -> Response:
        """Return an error as the host of the request answers it."""
        response = super().error(cause, request)
        if response is not _ERRORS[Cause.UNKNOWN_KEY] and response is not _ERRORS[Cause.PERMISSION]:
            return response
        if request is not None and request.path.startswith("/api/"):
            return error(401, -2015, f"{_REJECTED}.")
        if request is not None and request.path.startswith("/fapi/"):
            return error(401, -2015, f"{_REJECTED}, request ip: {request.address}")
        return response

    def api_urls(self) -> Any:
        """Return ccxt's URLs; each keeps its path."""
        return {name: f"{self.url}/{path}" for name, path in _DATA["api_paths"].items()}

    @classmethod
    def random_key(cls, **changed: Any) -> KeyState:
        """Make a good key; `secret` may be an RSA or Ed25519 key as PEM text."""
        return KeyState(random_text(64), **{"secret": random_text(64), **changed})

    def authenticate(self, request: Request) -> KeyState | Response:
        """Return the key that signed the query and the body of a request, or Binance's error."""
        key_id = self.key_id(request)
        if not key_id:
            return self.error(Cause.CREDENTIALS_MISSING, request)
        key = self.find_key(key_id)
        if key is None:
            return self.error(Cause.UNKNOWN_KEY, request)
        fields = {**request.form, **request.query}
        return (
            self.reject(request, key)
            or self._reject_time(request, fields)
            or self._reject_signature(request, key)
            or self._reject_permission(request, key)
            or key
        )

    def _reject_time(self, request: Request, fields: Mapping[str, str]) -> Response | None:
        if not fields.get("timestamp", "").isdigit():
            return error(400, -1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.")
        behind = self.now() * 1000 - int(fields["timestamp"])
        if behind <= -1000:
            return error(400, -1021, _AHEAD)
        return self.error(Cause.CLOCK, request) if behind > int(fields.get("recvWindow", "5000")) else None

    def _reject_signature(self, request: Request, key: KeyState) -> Response | None:
        signed, signature = "", ""
        for part in (request.query_string, request.text):
            parameters = part.split("&")
            signed += "&".join(one for one in parameters if not one.startswith("signature="))
            signature += "".join(one.partition("=")[2] for one in parameters if one.startswith("signature="))
        if not signature:
            return error(400, -1102, "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.")
        if is_pem(key.secret):
            valid = verify_signature(key.secret, signed, unquote(signature))
        else:
            # Documented: an HMAC signature is not case-sensitive.
            valid = signature.lower() == hmac.new(key.secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        return None if valid else self.error(Cause.SIGNATURE, request)

    def _reject_permission(self, request: Request, key: KeyState) -> Response | None:
        needed = {flag for path, flag in _MOVING.items() if request.path.startswith(path)}
        if request.verb != "GET":
            needed |= {flag for path, flag in _TRADING.items() if request.path.startswith(path)}
        needed = needed or {"enableReading"}
        return None if needed <= set(self.words_of(key)) else self.error(Cause.PERMISSION, request)

    def restrictions(self, key: KeyState) -> dict[str, Any]:
        """Return a key as Binance reports it: neither its id, its name, its addresses nor its end."""
        words = self.words_of(key)
        return {
            "ipRestrict": key.networks is not None,
            "createTime": int(key.created * 1000),
            **{flag: flag in words for flag in (*_FLAGS, *words)},
            **key.overrides,
        }

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """Market data."""
        return {
            "GET /api/v3/time": self._time,
            "GET /fapi/v1/time": self._time,
            "GET /api/v3/exchangeInfo": lambda _: {"symbols": _DATA["spot_symbols"]},
            "GET /fapi/v1/exchangeInfo": lambda _: {"symbols": _DATA["futures_symbols"]},
            "GET /dapi/v1/exchangeInfo": lambda _: {"symbols": []},
            "GET /api/v3/klines": _candles,
            "GET /fapi/v1/klines": _candles,
            "GET /fapi/v1/markPriceKlines": _candles,
            "GET /fapi/v1/fundingRate": lambda _: [],
            "GET /api/v3/depth": _order_book,
            "GET /fapi/v1/depth": _order_book,
        }

    @property
    def routes(self) -> Mapping[str, Handler]:
        """The key, the account and its orders."""
        nothing: dict[str, Handler] = dict.fromkeys(
            (
                "GET /sapi/v1/capital/config/getall",
                "GET /sapi/v1/margin/allPairs",
                "GET /sapi/v1/margin/isolated/allPairs",
                "GET /sapi/v1/spot/delist-schedule",
                "GET /api/v3/openOrders",
                "GET /api/v3/allOrders",
                "GET /api/v3/myTrades",
                "GET /fapi/v1/openOrders",
                "GET /fapi/v1/openAlgoOrders",
                "GET /fapi/v1/allOrders",
                "GET /fapi/v1/userTrades",
                "GET /fapi/v3/positionRisk",
            ),
            lambda *_: [],
        )
        refused: dict[str, Handler] = {}
        for path in ("/api/v3/order", "/fapi/v1/order"):
            refused[f"POST {path}"] = lambda *_: error(
                400, -2010, "Account has insufficient balance for requested action."
            )
            refused[f"DELETE {path}"] = lambda *_: error(400, -2011, "Unknown order sent.")
        return {
            **nothing,
            **refused,
            "GET /sapi/v1/account/apiRestrictions": lambda _, key: self.restrictions(key),
            "GET /api/v3/account": lambda *_: {
                "updateTime": int(self.now() * 1000),
                "balances": [{"asset": "USDT", "free": "1000.00000000", "locked": "0.00000000"}],
            },
            "GET /fapi/v3/account": lambda *_: {"assets": [_margin(int(self.now() * 1000))], "positions": []},
            "GET /fapi/v1/leverageBracket": lambda *_: _DATA["leverage_brackets"],
            "GET /fapi/v1/positionSide/dual": lambda *_: {"dualSidePosition": False},
            "GET /fapi/v1/multiAssetsMargin": lambda *_: {"multiAssetsMargin": False},
        }

    def _time(self, _: Request) -> dict[str, int]:
        return {"serverTime": int(self.now() * 1000)}


def _margin(now: int) -> dict[str, Any]:
    amounts = dict.fromkeys(("walletBalance", "marginBalance", "availableBalance"), "1000.00000000")
    return {"asset": "USDT", **amounts, "initialMargin": "0.00000000", "updateTime": now}


def _candles(request: Request) -> list[list[Any]]:
    query = request.query
    since = int(query["startTime"]) / 1000 if "startTime" in query else None
    until = int(query["endTime"]) / 1000 if "endTime" in query else None
    step = market.TIMEFRAME_SECONDS[query["interval"]]
    found = market.candles(step, int(query.get("limit", "500")), since=since, until=until)
    return [
        [
            *(
                candle.millis,
                f"{candle.open}",
                f"{candle.high}",
                f"{candle.low}",
                f"{candle.close}",
                f"{candle.volume}",
            ),
            *(candle.end * 1000 - 1, f"{candle.close}", 10, "0.5", f"{candle.close / 2}", "0"),
        ]
        for candle in found
    ]


def _order_book(request: Request) -> dict[str, Any]:
    book = market.order_book(int(request.query.get("limit", "100")))
    bids, asks = ([[f"{price}", f"{amount}"] for price, amount in side] for side in (book.bids, book.asks))
    return {"lastUpdateId": 1, "bids": bids, "asks": asks}


SIMULATOR = SimulatedBinance
