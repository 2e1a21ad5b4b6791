"""The one ccxt client that asks, and the comparison with those that freqtrade builds afterwards."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from freqtrade_bitmex_guard.client import settings
from freqtrade_bitmex_guard.client.calls import add_extra_apis
from freqtrade_bitmex_guard.client.connection import ClientConnection, check_connection, compare_connections
from freqtrade_bitmex_guard.client.http import MAX_BYTES, MAX_BYTES_PARALLEL, BoundedSession
from freqtrade_bitmex_guard.client.session import ApiSession
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, error, fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.opaque import opaque
from freqtrade_bitmex_guard.util import lazy_packages


class _SilentLogger(logging.Logger):
    """ccxt's logger holds key id, signature and body at DEBUG; ours says nothing, whatever level is set."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: ARG002, N802
        return False


SILENT_LOGGER = _SilentLogger("freqtrade_bitmex_guard.ccxt")


@opaque
class ExchangeClient:
    """A client that is fit to ask, without credentials yet.

    Attributes:
        connection: how it gets to the exchange.
    """

    def __init__(self, terms: ExchangeProfile, given: Mapping[str, Any], most_bytes: int = MAX_BYTES) -> None:
        """Make the client.

        Args:
            terms: the exchange's words.
            given: ccxt's settings for it, judged already.
            most_bytes: how large an answer may be.

        Raises:
            GuardError: misconfigured, if ccxt cannot work with them.
        """
        self._terms = terms
        self._given = given
        self._client = _build_ccxt_client(terms, given)
        self.connection = ClientConnection.of(self._client, asynchronous=False)
        self._session = BoundedSession(self.connection.servers, most_bytes)
        self._client.session = self._session
        self._client.logger = SILENT_LOGGER
        self._client.enableRateLimit = False  # it would sleep beyond the bound; our few requests need no throttle

    @property
    def in_sandbox(self) -> bool:
        """Whether it talks to the exchange's test network."""
        return bool(self._client.isSandboxModeEnabled)

    @property
    def one_request_seconds(self) -> float:
        """How long one request may take, by ccxt's own setting, which is in milliseconds.

        Raises:
            GuardError: misconfigured, if that is not a number.
        """
        told = self._client.timeout
        if isinstance(told, bool) or not isinstance(told, int | float) or not 0 < told < 1e9:
            fail(
                "client-settings",
                "exchange.ccxt_config.timeout is not a number of milliseconds.",
                'Write "timeout": 10000.',
            )
        return told / 1000

    def clone(self) -> ExchangeClient:
        """Another client like this one, to ask something at the same time; for shorter answers."""
        return ExchangeClient(self._terms, self._given, MAX_BYTES_PARALLEL)

    def open_session(self, credentials: Credentials, seconds: float, *, retry: bool = True) -> ApiSession:
        """Hand the client its credentials and start to talk.

        Args:
            credentials: the key to ask about, which signs.
            seconds: bounds all talk together.
            retry: whether to ask again what failed for a passing cause.
        """
        for name, value in credentials.for_ccxt().items():
            setattr(self._client, name, value)
        add_extra_apis(self._client, self._terms)
        return ApiSession(self._client, self._session, self._terms, seconds, retry=retry)


def build_client(exchange: Mapping[str, Any], terms: ExchangeProfile, allowed_hosts: list[str]) -> ExchangeClient:
    """A ccxt client with the settings that freqtrade will use.

    Args:
        exchange: freqtrade's `exchange` section.
        terms: the exchange's words.
        allowed_hosts: hosts that may be asked.

    Raises:
        GuardError: misconfigured, with everything that makes an answer untrustworthy.
    """
    unfit = [*settings.invalid_settings(exchange, terms), *settings.find_credentials(exchange, terms)]
    if unfit:
        raise GuardError(*unfit)
    line = ExchangeClient(terms, settings.merge_settings(exchange, "ccxt_sync_config"))
    other = ClientConnection.of(
        _build_ccxt_client(terms, settings.merge_settings(exchange, "ccxt_async_config")), asynchronous=True
    )
    found = [
        *_split_servers(line, terms),
        *check_connection(line.connection, allowed_hosts, terms),
        *check_connection(other, allowed_hosts, terms),
        *compare_connections(other, line.connection),
    ]
    if found:
        raise GuardError(*dict.fromkeys(found))
    _ = line.one_request_seconds  # a check, too
    return line


def request_hosts(exchange: Mapping[str, Any], terms: ExchangeProfile) -> list[str]:
    """The hosts that signed requests would go to, whether they are allowed or not.

    Args:
        exchange: freqtrade's `exchange` section.
        terms: the exchange's words.

    Raises:
        GuardError: misconfigured, if ccxt makes no client of it.
    """
    unfit = list(settings.invalid_settings(exchange, terms))
    if unfit:
        raise GuardError(*unfit)
    return sorted(
        {
            server.host
            for server in ExchangeClient(
                terms, settings.merge_settings(exchange, "ccxt_sync_config")
            ).connection.servers
        }
    )


def _split_servers(line: ExchangeClient, terms: ExchangeProfile) -> Iterator[Finding]:
    route = line.connection
    if len(route.servers) <= 1:
        return
    shipped = ClientConnection.of(_build_ccxt_client(terms, {"sandbox": line.in_sandbox}), asynchronous=False)
    if route.origins_by_api != shipped.origins_by_api:
        yield error(
            "endpoint-mismatch",
            "Only some of the API's addresses were changed, so signed requests would go to several servers, of which "
            "only one would be asked about the key.",
            "In exchange.ccxt_config.urls.api write the same server for every one: public, private …",
        )


def exchange_class(terms: ExchangeProfile) -> Any:
    """The exchange's class in the installed ccxt.

    Raises:
        GuardError: misconfigured, with the version to install, if there is none.
    """
    if (alone := lazy_packages.import_from("ccxt", terms.id)) is not None:
        return alone
    import ccxt  # noqa: PLC0415 - half a second and 70 MB: only when a key is really checked

    kind = getattr(ccxt, terms.id, None)
    if terms.id not in ccxt.exchanges or kind is None:
        last = terms.last_ccxt
        fail(
            "ccxt-class-missing",
            f"The installed ccxt {ccxt.__version__} has no {terms.id}"
            + (f"; {last} was the last version that had it." if last else "."),
            f"In the bot's own environment: pip install 'ccxt=={last}'" if last else "Install a ccxt that has it.",
        )
    return kind


def _build_ccxt_client(terms: ExchangeProfile, given: Mapping[str, Any]) -> Any:
    kind = exchange_class(terms)
    try:
        return kind(dict(given))
    except Exception as problem:
        fail(
            "client-settings",
            f"ccxt cannot work with the settings given ({type(problem).__name__}).",
            "Check exchange.ccxt_config, ccxt_sync_config and ccxt_async_config.",
        )
