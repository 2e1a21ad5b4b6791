"""The one object that signs: ccxt's own, given copies of what was judged, and looked at a second time."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from typing import Any

from freqtrade_bitmex_guard.agent.judge import Judged
from freqtrade_bitmex_guard.agent.refusal import Kind, RefusedError
from freqtrade_bitmex_guard.agent.second_look import SignedRequest, verify_signed
from freqtrade_bitmex_guard.agent.table import Route, RouteTable
from freqtrade_bitmex_guard.client.calls import ApiCall, find_api_form
from freqtrade_bitmex_guard.client.carrier import HttpRequest, open_carrier
from freqtrade_bitmex_guard.client.exchange_client import ExchangeClient
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.client.transport_errors import TransportError
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.opaque import opaque

# What ccxt's error handling reads of an answer's headers; none of them is about the agent's own request.
_HEADERS_KEPT = ("content-type", "date", "retry-after")
_HEADERS_KEPT_PREFIXES = ("x-ratelimit", "x-mbx", "ratelimit")


@opaque
class Signer:
    """Signs judged calls, one at a time, and sends them. Its `sign` is called under the agent's lock.

    Attributes:
        server_by_api: the URL of each API of the table.
        one_request_seconds: the limit for one request.
    """

    def __init__(
        self, client: ExchangeClient, credentials: Credentials, profile: ExchangeProfile, table: RouteTable
    ) -> None:
        """Make the signing object.

        Args:
            client: with the settings that were checked; it is used up.
            credentials: of the key.
            profile: of the exchange.
            table: of the exchange.

        Raises:
            GuardError: misconfigured, if the table is not for this ccxt.
        """
        self.one_request_seconds = client.one_request_seconds
        self.carrier = open_carrier(client.connection)
        self._table = table
        self._client = client.hand_out(credentials)
        self._secrets = [secret for name, secret in credentials.for_ccxt().items() if name != "apiKey"]
        self._forms = {
            route.api: find_api_form(self._client, ApiCall(route.path, route.verb, route.api), profile)
            for route in table.routes
        }
        self._costs = {route.name: _cost(self._client, route) for route in table.routes}
        self.server_by_api = {route.api: _server(self._client, route.api) for route in table.routes}
        self._sent_at = 0.0

    def throttle_seconds(self, route: Route) -> float:
        """Return how long to wait before the next request of a route, and count it as sent then."""
        gap: float = self._client.rateLimit / 1000 * self._costs[route.name]
        now = time.monotonic()
        due = max(now, self._sent_at + gap)
        self._sent_at = due
        return due - now

    def sign(self, judged: Judged) -> SignedRequest:
        """Sign a judged call.

        Raises:
            RefusedError: if ccxt did not sign exactly what was judged.
        """
        route = judged.route
        try:
            # `sign` writes into the dictionary that it gets.
            signed = self._client.sign(
                route.path, copy.deepcopy(self._forms[route.api]), route.verb, copy.deepcopy(dict(judged.params))
            )
        except Exception as problem:
            text = f"ccxt could not sign it ({type(problem).__name__})"
            raise RefusedError("second-look", text, route.kind) from None
        request = SignedRequest.of(signed)
        verify_signed(request, route, judged.params, self._table, self.server_by_api[route.api])
        return request

    def send(self, request: SignedRequest, kind: Kind) -> dict[str, Any]:
        """Send a signed request.

        Args:
            request: from `sign`.
            kind: of its route; only a read may be sent again on a fresh connection.

        Returns:
            The answer, as it goes to the bot.

        Raises:
            TransportError: if no answer came that may be read.
        """
        headers = self._client.prepare_request_headers(dict(request.headers))
        headers = {name: value for name, value in headers.items() if name.lower() != "accept-encoding"}
        body = None if request.body is None else request.body.encode()
        sent = HttpRequest(request.url, request.verb, headers, body)
        answer = self.carrier.send(sent, self.one_request_seconds, retry=kind is Kind.READ)
        return self._reply(answer, request)

    def _reply(self, answer: Response, request: SignedRequest) -> dict[str, Any]:
        try:
            text = answer.body.decode("utf-8")
        except UnicodeDecodeError:
            raise TransportError("response-invalid", "the answer is not UTF-8") from None
        # An exchange may quote what it was sent; nothing signed leaves the agent.
        for hidden in (*self._secrets, *_signatures(request.headers)):
            text = text.replace(hidden, "…") if hidden in text else text
        kept = {
            name: value
            for name, value in answer.headers.items()
            if name in _HEADERS_KEPT or name.startswith(_HEADERS_KEPT_PREFIXES)
        }
        return {"status": answer.status, "headers": kept, "body": text}


def _signatures(headers: Mapping[str, str]) -> list[str]:
    return [value for name, value in headers.items() if "sign" in name.lower() and len(value) >= 16]


def _server(client: Any, api: tuple[str, ...]) -> str:
    url = client.urls["api"]
    for word in api:
        url = url[word] if isinstance(url, Mapping) else url
    return str(client.implode_hostname(url))


def _cost(client: Any, route: Route) -> float:
    entries = (entry for ancestor in type(client).__mro__ for entry in vars(ancestor).values())
    for entry in entries:
        api = getattr(entry, "api", None)
        words = (api,) if isinstance(api, str) else tuple(api) if isinstance(api, list) else ()
        if words == route.api and (entry.path, entry.method) == (route.path, route.verb):
            cost = (entry.config or {}).get("cost", 1)
            break
    else:
        fail(
            "agent-unsupported",
            f"The installed ccxt has no call {route.name}, so the route table is not for it.",
            "Install another version of ccxt in the agent's environment, or report it.",
        )
    return float(cost) if isinstance(cost, int | float) else 1.0
