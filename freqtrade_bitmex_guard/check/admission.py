"""An admitted key and its connection, and the clients that freqtrade builds with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from freqtrade_bitmex_guard.client import settings
from freqtrade_bitmex_guard.client.connection import ClientConnection, check_connection, compare_connections
from freqtrade_bitmex_guard.client.settings import BLOCKS, remove_empty_credentials
from freqtrade_bitmex_guard.config.section import GuardConfig
from freqtrade_bitmex_guard.model.credentials import Credentials, held_by_client
from freqtrade_bitmex_guard.model.findings import Finding, error
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.opaque import opaque_dataclass
from freqtrade_bitmex_guard.signing.shim import RemoteSigner


def holds_credentials(client: Any, profile: ExchangeProfile) -> bool:
    """Return whether a ccxt client holds anything with which it could sign a request."""
    return bool(held_by_client(client)) or any(settings.signed_headers(vars(client), profile))


@opaque_dataclass
class Admission:
    """An admitted key and its connection.

    Attributes:
        credentials: of the key.
        connection: by which the exchange was queried.
        profile: of the exchange.
        section: the operator's section that admitted it.
        recheck: checks the same key again, without reading store or config.
        signer: signs for the clients, where the signing agent holds the key and `credentials` are placeholders.
    """

    credentials: Credentials
    connection: ClientConnection
    profile: ExchangeProfile
    section: GuardConfig
    recheck: Callable[[], Verdict]
    signer: RemoteSigner | None = None

    @contextmanager
    def injected(self, exchange: dict[str, Any]) -> Iterator[None]:
        """Put the credentials where freqtrade looks for them, for as long as it builds a bot.

        Args:
            exchange: freqtrade's `exchange` section.
        """
        values = self.credentials.for_freqtrade()
        try:
            # freqtrade would take an empty value of another spelling first.
            for block in (exchange, *(exchange[name] for name in BLOCKS if isinstance(exchange.get(name), dict))):
                remove_empty_credentials(block)
            exchange.update(values)
            yield
        finally:
            # freqtrade removes credentials from its own copy; a build that failed before that leaves them here.
            exchange.update(dict.fromkeys(values))

    def verify_client(self, client: Any) -> Iterator[Finding]:
        """Yield everything in which a client that freqtrade built differs from what was admitted.

        Args:
            client: just built, before its first request.
        """
        changed = self.credentials.differs_from(client)
        changed += [*settings.signed_headers(vars(client), self.profile), *settings.non_text_headers(vars(client))]
        for name in changed:
            yield error(
                "client-changed",
                f"freqtrade built a client whose {name} is not what was checked.",
                "Look for what sets it: a second -c file, a FREQTRADE__EXCHANGE__… variable, or a strategy's code.",
            )
        if self.signer is not None and self.signer.is_changed(client):
            yield error(
                "client-changed",
                "freqtrade built a client that signs in its own way, past the signing agent.",
                "Look for what replaces ccxt's sign or fetch2: a strategy's code, or another plugin.",
            )
        connection = ClientConnection.of(client, asynchronous=not client.synchronous)
        yield from check_connection(connection, self.section.allowed_hosts, self.profile)
        yield from compare_connections(connection, self.connection)

    def attach(self, client: Any) -> None:
        """Have the signing agent sign for a verified client, if it holds the key."""
        if self.signer is not None:
            self.signer.attach(client)

    def is_attached(self, client: Any) -> bool:
        """Return whether a client signs as it was admitted to."""
        return self.signer is None or self.signer.is_attached(client)

    def is_urgent(self) -> bool:
        """Return whether the key has to be looked at before the interval has passed."""
        return self.signer is not None and self.signer.take_standing_change()
