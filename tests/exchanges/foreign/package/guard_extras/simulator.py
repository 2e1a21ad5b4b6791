"""Bitstamp on loopback, as far as a check asks it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from freqtrade_bitmex_guard.simulator.interface import Cause, Handler, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response, page


def _error(status: int, code: str, reason: str) -> Response:
    return json_response({"status": "error", "reason": reason, "code": code}, status)


class SimulatedBitstamp(SimulatedExchange[KeyState]):
    exchange_id = "bitstamp"
    pairs = {"spot": "BTC/USDT"}

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        return {Kind.READ: ("view",), Kind.TRADE: ("order",), Kind.CANCEL: ("order",), Kind.WITHDRAW: ("payout",)}

    @property
    def errors(self) -> Mapping[Cause, Response]:
        return {
            Cause.CREDENTIALS_MISSING: _error(403, "API0001", "API key not found"),
            Cause.UNKNOWN_KEY: _error(403, "API0001", "API key not found"),
            Cause.ADDRESS: _error(403, "API0002", "IP address not allowed"),
            Cause.SIGNATURE: _error(403, "API0005", "Invalid signature"),
            Cause.CLOCK: _error(403, "API0017", "X-Auth-Timestamp is too old"),
            Cause.RATE_LIMIT: Response(429, b"{}"),
            Cause.MAINTENANCE: page(503),
            Cause.NOT_FOUND: Response(404, b"{}"),
        }

    @property
    def routes(self) -> Mapping[str, Handler]:
        return {"POST /api/v2/key_info/": self._key_info}

    def key_id(self, request: Request) -> str | None:
        return request.headers.get("x-auth", "").removeprefix("BITSTAMP ") or None

    def authenticate(self, request: Request) -> KeyState | Response:
        key = self.find_key(self.key_id(request))
        if key is None:
            return self.error(Cause.UNKNOWN_KEY)
        headers = request.headers
        parts = (headers["x-auth"], request.verb, self.url, request.full_path, headers.get("content-type", ""))
        nonce = (headers["x-auth-nonce"], headers["x-auth-timestamp"], headers["x-auth-version"], request.text)
        signature = hmac.new(key.secret.encode(), "".join((*parts, *nonce)).encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signature, headers["x-auth-signature"]):
            return self.error(Cause.SIGNATURE)
        if abs(self.now() - int(headers["x-auth-timestamp"]) / 1000) > 150:
            return self.error(Cause.CLOCK)
        return self.reject(request, key) or key

    def api_urls(self) -> Any:
        return {"public": f"{self.url}/api", "private": f"{self.url}/api"}

    def _key_info(self, request: Request, key: KeyState) -> Any:
        return {"key": key.id, "permissions": self.words_of(key), "addresses": key.networks or []}
