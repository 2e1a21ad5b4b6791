"""What every simulated exchange owes, and what it gets for it.

To add one, write `simulator/<ccxt id>.py` with a subclass of `SimulatedExchange`, and call the class `SIMULATOR` there:

1. `exchange_id`, `pairs`, `credential_parts` and `api_urls()`, so that ccxt and freqtrade can be pointed to it;
2. `words`: the exchange's words for the kinds of permission that it knows, and a route that renders a key with them;
3. `key_id()` and `authenticate()`: the signature by the exchange's documentation, never by ccxt's `sign`, then
   `reject()`; and `errors`: what the exchange answers for each `Cause`, status and body as documented or recorded;
4. `public_routes` and `routes`: "VERB /path" -> handler; market data is in `simulator/market.py`, to be translated.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, ClassVar, Generic, TypeVar

from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind, random_text
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Response, json_response
from freqtrade_bitmex_guard.simulator.server import ScriptedServer

KeyT = TypeVar("KeyT", bound=KeyState)

# A handler returns a response, or content that `SimulatedExchange.render` puts into the exchange's envelope.
PublicHandler = Callable[[Request], Any]
Handler = Callable[[Request, Any], Any]


class Cause(Enum):
    """Why an exchange rejects a request."""

    CREDENTIALS_MISSING = "credentials missing"
    UNKNOWN_KEY = "unknown key"
    SIGNATURE = "signature"
    PASSWORD = "passphrase"  # noqa: S105
    CLOCK = "clock"
    ADDRESS = "address"
    DISABLED = "disabled"
    EXPIRED = "expired"
    PERMISSION = "permission"
    RATE_LIMIT = "rate limit"
    MAINTENANCE = "maintenance"
    NOT_FOUND = "not found"


# An exchange without words of its own for these rejects the key as one that it does not know.
_LIKE_UNKNOWN = (Cause.DISABLED, Cause.EXPIRED, Cause.ADDRESS)


class SimulatedExchange(ScriptedServer, Generic[KeyT]):
    """An exchange on loopback, with `respond_next`, `respond_always`, `requests`, `paths` and `url` of its server.

    Use it as a context manager.

    Attributes:
        exchange_id: name of the exchange in ccxt and freqtrade.
        key_header: lower-case header that holds the key id, for the default `key_id`.
        pairs: the pair that a bot trades, for each trading mode that is simulated; the first one is the default.
        credential_parts: fields of a key that a bot needs, in the names of its files; `key` is the id.
        exchange_settings: more of freqtrade's section `exchange`.
        limits_addresses: whether a key can be limited to addresses.
        has_read_only: whether there are keys that only read.
        keys: of the account; they may be changed while it serves.
        trading_mode: spot or futures, in freqtrade's words.
        clock_offset: seconds that its clock is ahead of ours.
    """

    exchange_id: ClassVar[str]
    key_header: ClassVar[str] = ""
    pairs: ClassVar[Mapping[str, str]] = {"spot": "BTC/USDT"}
    credential_parts: ClassVar[Sequence[str]] = ("key", "secret")
    exchange_settings: ClassVar[Mapping[str, Any]] = {"enable_ws": False}
    limits_addresses: ClassVar[bool] = True
    has_read_only: ClassVar[bool] = True

    def __init__(
        self,
        keys: Iterable[KeyState] = (),
        *,
        trading_mode: str | None = None,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.trading_mode = trading_mode or next(iter(self.pairs))
        self.keys: list[KeyT] = [self.adopt(key) for key in keys]
        self.clock_offset = 0.0
        super().__init__(host, tls)

    # What an exchange fills in.

    @property
    def words(self) -> Mapping[Kind, Sequence[str]]:
        """The exchange's words for each kind of permission that it knows; READ may need none: ()."""
        raise NotImplementedError

    @property
    def errors(self) -> Mapping[Cause, Response]:
        """The exchange's responses to each cause. DISABLED, EXPIRED and ADDRESS default to UNKNOWN_KEY."""
        raise NotImplementedError

    @property
    def public_routes(self) -> Mapping[str, PublicHandler]:
        """Handlers of "VERB /path" that need no key."""
        return {}

    @property
    def routes(self) -> Mapping[str, Handler]:
        """Handlers of "VERB /path" that get the key which signed."""
        return {}

    def authenticate(self, request: Request) -> KeyT | Response:
        """Return the key that signed a request, or the exchange's error."""
        raise NotImplementedError

    def api_urls(self) -> Any:
        """Return ccxt's `urls.api` with `url` in the place of every host."""
        raise NotImplementedError

    # What an exchange may replace.

    def ccxt_config(self) -> dict[str, Any]:
        """Return freqtrade's `exchange.ccxt_config` that points both of its clients here."""
        return {"urls": {"api": self.api_urls()}}

    def key_id(self, request: Request) -> str | None:
        """Return the id of the key that a request names, without checking anything."""
        return request.headers.get(self.key_header)

    def render(self, content: Any) -> Response:
        """Put the content of a good answer into the exchange's envelope."""
        return json_response(content)

    def error(self, cause: Cause, request: Request | None = None) -> Response:  # noqa: ARG002 - for exchanges whose error quotes it
        """Return the exchange's error for a cause; a test may script it, then there is no request."""
        if cause in self.errors or cause not in _LIKE_UNKNOWN:
            return self.errors[cause]
        return self.errors[Cause.UNKNOWN_KEY]

    def not_found(self, request: Request, key: KeyT | None) -> Response:  # noqa: ARG002 - for exchanges that ask for its permissions first
        """Return the response for a path without a route."""
        return self.error(Cause.NOT_FOUND, request)

    def adopt(self, key: KeyState) -> KeyT:
        """Return a key in the exchange's own class, if it has one."""
        return key  # type: ignore[return-value]

    @classmethod
    def random_key(cls, **changed: Any) -> KeyState:
        """Make a good key in the exchange's shape, with something changed, drawn anew each time."""
        return KeyState(random_text(24), random_text(48), **changed)

    # What an exchange can use.

    @property
    def pair(self) -> str:
        """The pair that a bot trades."""
        return self.pairs[self.trading_mode]

    def now(self) -> float:
        """Return the time of the exchange's clock, in Unix seconds."""
        return time.time() + self.clock_offset

    def find_key(self, key_id: str | None) -> KeyT | None:
        """Return the key with an id, or None."""
        return next((key for key in self.keys if key.id == key_id), None)

    def account_keys(self) -> list[KeyT]:
        """Return all keys of the account, for a route that lists them."""
        return [*self.keys, *(self.adopt(sibling) for key in self.keys for sibling in key.siblings)]

    def reject(self, request: Request, key: KeyT) -> Response | None:
        """Return the error for a key that is disabled or expired, or does not work from the client's address."""
        if not key.enabled:
            return self.error(Cause.DISABLED, request)
        if key.expired:
            return self.error(Cause.EXPIRED, request)
        if not key.allows_ip(request.address):
            return self.error(Cause.ADDRESS, request)
        return None

    def words_of(self, key: KeyState) -> list[str]:
        """Return a key's permissions in the exchange's words, each once.

        Raises:
            KeyError: if the exchange has no word for a kind; tests ask `kind in exchange.words` first.
        """
        words: list[str] = []
        for permission in key.permissions:
            words += self.words[permission] if isinstance(permission, Kind) else [permission]
        return list(dict.fromkeys(words))

    def answer(self, request: Request) -> Response:
        """Answer a request that no script is for: public routes first, then those of the key that signed."""
        answer = self._dispatch(request)
        return answer if isinstance(answer, Response) else self.render(answer)

    def _dispatch(self, request: Request) -> Any:
        route = f"{request.verb} {self.route_of(request)}"
        public = self.public_routes.get(route)
        if public is not None:
            return public(request)
        key = self.authenticate(request)
        if isinstance(key, Response):
            return key
        handler = self.routes.get(route)
        return handler(request, key) if handler else self.not_found(request, key)

    # What a bot needs.

    def credentials(self, key: KeyState) -> dict[str, str]:
        """Return a key's credentials by the names of the files that a bot reads them from."""
        return {part: key.id if part == "key" else getattr(key, part) for part in self.credential_parts}

    def bot_config(self) -> dict[str, Any]:
        """Return what freqtrade's config says about the exchange."""
        stake = self.pair.partition("/")[2]
        config: dict[str, Any] = {
            "stake_currency": stake.rpartition(":")[2],
            "exchange": {
                "name": self.exchange_id,
                "pair_whitelist": [self.pair],
                "pair_blacklist": [],
                "ccxt_config": self.ccxt_config(),
                **self.exchange_settings,
            },
        }
        if self.trading_mode != "spot":
            config |= {"trading_mode": self.trading_mode, "margin_mode": "isolated"}
        return config
