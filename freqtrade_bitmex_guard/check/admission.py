"""What an admitted key and its connection are kept as, and the clients that freqtrade builds with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from freqtrade_bitmex_guard.client import settings
from freqtrade_bitmex_guard.client.connection import ClientConnection, check_connection, compare_connections
from freqtrade_bitmex_guard.client.exchange_client import OTHER_CREDENTIALS
from freqtrade_bitmex_guard.client.settings import BLOCKS, remove_empty_credentials
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import Finding, error
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.opaque import opaque_dataclass


def holds_credentials(client: Any, profile: ExchangeProfile) -> bool:
    """Whether a ccxt client holds anything that it could sign a request with."""
    names = ("apiKey", "secret", *OTHER_CREDENTIALS)
    return any(getattr(client, name, None) for name in names) or any(settings.signed_headers(vars(client), profile))


@opaque_dataclass
class Admission:
    """What was shown to be fine: this key, by this route."""

    credentials: Credentials
    connection: ClientConnection
    profile: ExchangeProfile
    allowed_hosts: tuple[str, ...]

    def verify_client(self, client: Any, *, asynchronous: bool) -> Iterator[Finding]:
        """Everything in which a client that freqtrade built differs from what was proven.

        Args:
            client: just built, before its first request.
            asynchronous: whether it is one of ccxt's asynchronous classes.
        """
        changed = [
            name
            for name, expected in (("apiKey", self.credentials.key), ("secret", self.credentials.secret))
            if not expected.matches(getattr(client, name, None))
        ]
        changed += [name for name in OTHER_CREDENTIALS if getattr(client, name, None)]
        changed += [*settings.signed_headers(vars(client), self.profile), *settings.non_text_headers(vars(client))]
        for name in changed:
            yield error(
                "client-changed",
                f"freqtrade built a client whose {name} is not what was checked.",
                "Look for what sets it: a second -c file, a FREQTRADE__EXCHANGE__… variable, or a strategy's code.",
            )
        route = ClientConnection.of(client, asynchronous=asynchronous)
        yield from check_connection(route, list(self.allowed_hosts), self.profile)
        yield from compare_connections(route, self.connection)


def place_credentials(exchange: dict[str, Any], key: str, secret: str) -> None:
    """Put proven credentials where freqtrade looks for them, and nothing empty where it would look first."""
    for block in (exchange, *(exchange[name] for name in BLOCKS if isinstance(exchange.get(name), dict))):
        remove_empty_credentials(block)
    exchange["key"] = key
    exchange["secret"] = secret
