"""Deribit on loopback, spot: its keys and their scopes, its signatures, its errors.

The tokens that it grants are worth nothing: requests are signed here, as ccxt signs them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from freqtrade_bitmex_guard.simulator import market
from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, PublicHandler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind, random_text
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response

_SCHEME = "deri-hmac-sha256 "
_CLOCK_MILLIS = 60_000
_LEVELS = ("none", "read", "read_write")
_HELD = {"BTC": 0.5, "USDC": 1000.0}
_CURRENCIES = [{"currency": currency, "coin_type": currency, "withdrawal_fee": 0.0001} for currency in _HELD]
_INSTRUMENT = {
    "instrument_name": "BTC_USDC",
    "kind": "spot",
    "base_currency": "BTC",
    **dict.fromkeys(("quote_currency", "counter_currency", "settlement_currency"), "USDC"),
    **dict.fromkeys(("min_trade_amount", "contract_size"), 0.0001),
    "tick_size": 1.0,
    "tick_size_steps": [],
    "is_active": True,
    **dict.fromkeys(("maker_commission", "taker_commission"), 0.0),
    "expiration_timestamp": 32_503_708_800_000,
    "creation_timestamp": 1_680_087_297_000,
}


def _envelope(**content: Any) -> dict[str, Any]:
    micros = int(time.time() * 1_000_000)
    return {"jsonrpc": "2.0", **content, "testnet": False, "usIn": micros, "usOut": micros + 36, "usDiff": 36}


def error(code: int, message: str, status: int = 400, **more: Any) -> Response:
    """Build an error in Deribit's own shape."""
    return json_response(_envelope(error={"message": message, "code": code, **more}), status)


def missing_scope(scope: str) -> Response:
    """Build the error for a key without a scope."""
    return error(13021, "forbidden", data={"reason": f"scope mismatch, required: {scope}"})


_ERRORS = {
    Cause.CREDENTIALS_MISSING: error(10000, "authorization_required"),
    # One error for an unknown key, a wrong signature and a clock that is off. Deribit's answers to an address that is
    # not allowed and to a disabled key are not known.
    **dict.fromkeys((Cause.UNKNOWN_KEY, Cause.SIGNATURE, Cause.CLOCK), error(13004, "invalid_credentials")),
    Cause.PERMISSION: missing_scope("account:read"),
    Cause.RATE_LIMIT: error(10028, "too_many_requests"),
    Cause.MAINTENANCE: error(11051, "system_maintenance"),
    Cause.NOT_FOUND: error(-32601, "Method not found"),
}


def signature(secret: str, timestamp: str, nonce: str, data: str) -> str:
    """Return the hexadecimal signature of a request or a login.

    Args:
        secret: of the key.
        timestamp: Unix milliseconds, as sent.
        nonce: as sent.
        data: verb, target and body of a request, each with a line break behind it; of a login, what it sends as data.
    """
    return hmac.new(secret.encode(), f"{timestamp}\n{nonce}\n{data}".encode(), hashlib.sha256).hexdigest()


class SimulatedDeribit(SimulatedExchange[KeyState]):
    """Deribit's /api/v2."""

    exchange_id = "deribit"
    base_path = "/api/v2"
    pairs: ClassVar[Mapping[str, str]] = {"spot": "BTC/USDC"}

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """Deribit's scopes. Of each scope a key has the highest level."""
        return {
            Kind.READ: ("account:read", "trade:read", "wallet:read"),
            **dict.fromkeys((Kind.TRADE, Kind.CANCEL), ("trade:read_write",)),
            **dict.fromkeys((Kind.WITHDRAW, Kind.TRANSFER), ("wallet:read_write",)),
            Kind.MANAGE_KEYS: ("account:read_write",),
        }

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """Deribit's errors."""
        return _ERRORS

    @classmethod
    def random_key(cls, **changed: Any) -> KeyState:
        """Make a good key of an account without a second factor: with one, Deribit lists no keys."""
        return KeyState(random_text(8), random_text(43), **{"two_factor": False, **changed})

    def api_urls(self) -> Any:
        """Return ccxt's only URL."""
        return {"rest": self.url}

    def render(self, content: Any) -> Response:
        """Wrap an answer as JSON-RPC does."""
        return json_response(_envelope(result=content))

    def key_id(self, request: Request) -> str | None:
        """Return the id in the signature, or of a login."""
        return _signature_fields(request).get("id") or request.query.get("client_id")

    def authenticate(self, request: Request) -> KeyState | Response:
        """Return the key that signed a request, or Deribit's error."""
        if not request.headers.get("authorization"):
            return self.error(Cause.CREDENTIALS_MISSING)
        sent = _signature_fields(request)
        if not sent:
            return error(13009, "unauthorized", 401)
        data = f"{request.verb}\n{request.target}\n{request.text}\n"
        return self._verify(request, {**sent, "data": data})

    def _verify(self, request: Request, sent: Mapping[str, str]) -> KeyState | Response:
        key, timestamp = self.find_key(sent.get("id")), sent.get("ts", "")
        if key is None:
            return self.error(Cause.UNKNOWN_KEY)
        if not timestamp.isdigit() or abs(self.now() * 1000 - int(timestamp)) > _CLOCK_MILLIS:
            return self.error(Cause.CLOCK)
        expected = signature(key.secret, timestamp, sent.get("nonce", ""), sent.get("data", ""))
        if not hmac.compare_digest(sent.get("sig", "").encode(), expected.encode()):
            return self.error(Cause.SIGNATURE)
        return self.reject(request, key) or key

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """Market data, and logins."""
        return {
            "GET /public/auth": self._log_in,
            "GET /public/get_time": lambda _: int(self.now() * 1000),
            "GET /public/get_currencies": lambda _: _CURRENCIES,
            "GET /public/get_instruments": lambda _: [_INSTRUMENT],
            "GET /public/get_tradingview_chart_data": _candles,
            "GET /public/get_order_book": self._book,
        }

    @property
    def routes(self) -> Mapping[str, Handler]:
        """What a scope is needed for."""
        no_orders: tuple[str, Handler] = ("trade:read", lambda *_: [])
        broke, no_order = error(10009, "not_enough_funds"), error(10004, "order_not_found")
        handlers: dict[str, tuple[str, Handler]] = {
            "list_api_keys": ("account:read", self._list_keys),
            "get_account_summary": ("account:read", self._currency_summary),
            "get_account_summaries": ("account:read", self._summaries),
            "get_subaccounts": ("account:read", lambda _, key: [{"type": "main", **self._owner(key)}]),
            **dict.fromkeys(("get_open_orders_by_currency", "get_open_orders_by_instrument"), no_orders),
            "get_order_state": ("trade:read", lambda *_: no_order),
            "cancel": ("trade:read_write", lambda *_: no_order),
            **dict.fromkeys(("buy", "sell"), ("trade:read_write", lambda *_: broke)),
            **dict.fromkeys(("withdraw", "submit_transfer_to_subaccount"), ("wallet:read_write", lambda *_: broke)),
        }
        return {f"GET /private/{name}": self._scoped(*handler) for name, handler in handlers.items()}

    def _scoped(self, needed: str, handler: Handler) -> Handler:
        name, level = needed.split(":")

        def handle(request: Request, key: KeyState) -> Any:
            granted = self.scopes(key).get(name, "none")
            return handler(request, key) if _rank(granted) >= _rank(level) else missing_scope(needed)

        return handle

    def scopes(self, key: KeyState) -> dict[str, str]:
        """Return the level of each scope of a key."""
        levels: dict[str, str] = {}
        for word in sorted(self.words_of(key), key=lambda word: _rank(word.partition(":")[2])):
            name, _, level = word.partition(":")
            levels[name] = level
        return dict(sorted(levels.items()))

    def _list_keys(self, _: Request, key: KeyState) -> Any:
        if key.two_factor:
            return {
                "security_keys": [{"type": "tfa", "name": "tfa"}],
                "security_key_authorization_required": True,
                "rp_id": "deribit.com",
                "challenge": secrets.token_urlsafe(32),
            }
        return [self._entry(number, listed) for number, listed in enumerate(self.account_keys(), 1)]

    def _entry(self, number: int, key: KeyState) -> dict[str, Any]:
        """Describe a key, with its secret, as Deribit does."""
        content = {
            "timestamp": int(key.created * 1000),
            "max_scope": " ".join(f"{name}:{level}" if level else name for name, level in self.scopes(key).items()),
            "id": number,
            "enabled": key.enabled,
            "default": False,
            "client_secret": key.secret,
            "client_id": key.id,
            "name": key.name,
            "enabled_features": [],
        }
        limit = {} if key.networks is None else {"ip_whitelist": key.networks}
        return {**content, **limit, **key.overrides}

    def _log_in(self, request: Request) -> Any:
        query = request.query
        if query.get("grant_type") == "client_signature":
            names = {"id": "client_id", "ts": "timestamp", "nonce": "nonce", "sig": "signature", "data": "data"}
            key = self._verify(request, {name: query.get(sent, "") for name, sent in names.items()})
        else:
            known = self.find_key(query.get("client_id"))
            matches = known is not None and query.get("client_secret") == known.secret
            key = (self.reject(request, known) or known) if known and matches else self.error(Cause.UNKNOWN_KEY)
        if isinstance(key, Response):
            return key
        tokens = {name: secrets.token_urlsafe(32) for name in ("access_token", "refresh_token")}
        granted = self._granted(key, query.get("scope", ""))
        return {"scope": granted, "token_type": "bearer", "expires_in": 900, **tokens}

    def _granted(self, key: KeyState, asked: str) -> str:
        """Cut what a login asks for down to the key's maximum; what it does not ask for is not reported."""
        most, granted = self.scopes(key), ["connection", "mainaccount"]
        for name, _, level in (word.partition(":") for word in asked.split() if ":" in word):
            granted.append(f"{name}:{min(level, most.get(name, 'none'), key=_rank)}")
        return " ".join(sorted(granted))

    @staticmethod
    def _owner(key: KeyState) -> dict[str, Any]:
        return {"id": 10, "username": "owner", "system_name": "owner", "security_keys_enabled": key.two_factor}

    def _summary(self, currency: str, key: KeyState) -> dict[str, Any]:
        held = dict.fromkeys(("balance", "equity", "available_funds", "margin_balance"), _HELD.get(currency, 0.0))
        return {"currency": currency, **held, "maintenance_margin": 0.0, "initial_margin": 0.0, **self._owner(key)}

    def _currency_summary(self, request: Request, key: KeyState) -> dict[str, Any]:
        return self._summary(request.query.get("currency", "BTC"), key)

    def _summaries(self, _: Request, key: KeyState) -> dict[str, Any]:
        return {**self._owner(key), "summaries": [self._summary(currency, key) for currency in _HELD]}

    def _book(self, request: Request) -> dict[str, Any]:
        book = market.order_book(int(request.query.get("depth", "5")))
        name, millis = request.query.get("instrument_name"), int(self.now() * 1000)
        return {"instrument_name": name, "timestamp": millis, "change_id": millis, "bids": book.bids, "asks": book.asks}


def _signature_fields(request: Request) -> dict[str, str]:
    authorization = request.headers.get("authorization", "")
    if not authorization.startswith(_SCHEME):
        return {}
    fields = (field.strip().partition("=") for field in authorization.removeprefix(_SCHEME).split(","))
    return {name: value for name, _, value in fields}


def _rank(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)


def _candles(request: Request) -> dict[str, Any]:
    resolution, start, end = (request.query[name] for name in ("resolution", "start_timestamp", "end_timestamp"))
    step = 86_400 if resolution == "1D" else int(resolution) * 60
    found = market.candles(step, market.MAX_CANDLES, since=int(start) / 1000, until=int(end) / 1000)
    return {
        "status": "ok" if found else "no_data",
        "ticks": [candle.millis for candle in found],
        **{name: [getattr(candle, name) for candle in found] for name in ("open", "high", "low", "close", "volume")},
        "cost": [candle.volume * candle.close for candle in found],
    }


SIMULATOR = SimulatedDeribit
