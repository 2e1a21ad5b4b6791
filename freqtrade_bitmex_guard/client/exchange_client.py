"""The ccxt client that queries an exchange, built with the settings that the bot's clients will have."""

from __future__ import annotations

import copy
import functools
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from freqtrade_bitmex_guard.client import settings
from freqtrade_bitmex_guard.client.calls import add_extra_apis
from freqtrade_bitmex_guard.client.connection import ClientConnection, check_connection, compare_connections
from freqtrade_bitmex_guard.client.http import MAX_BYTES, MAX_BYTES_PARALLEL, BoundedSession
from freqtrade_bitmex_guard.client.installed_ccxt import exchange_class
from freqtrade_bitmex_guard.client.proxies import require_socks_packages
from freqtrade_bitmex_guard.client.response import Observer, ignore
from freqtrade_bitmex_guard.client.session import ApiSession
from freqtrade_bitmex_guard.model.credentials import Credentials
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, error, fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.opaque import opaque
from freqtrade_bitmex_guard.util.nested import copy_nested


class _SilentLogger(logging.Logger):
    """A logger that logs nothing at any level; ccxt's own logs key id, signature and body at DEBUG."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: ARG002, N802
        return False


SILENT_LOGGER = _SilentLogger("freqtrade_bitmex_guard.ccxt")

# What a request may change in a ccxt client, so that two clients at work at the same time must not share it.
_OWN_SETTINGS = ("urls", "options", "headers")


@opaque
class ExchangeClient:
    """A bounded ccxt client, without credentials until a session is opened.

    Attributes:
        connection: how it reaches the exchange.
        demo_trading: whether it uses the exchange's hosts for demo trading.
    """

    def __init__(
        self,
        profile: ExchangeProfile,
        ccxt_settings: Mapping[str, Any],
        max_bytes: int = MAX_BYTES,
        *,
        demo_trading: bool = False,
    ) -> None:
        """Make the client.

        Args:
            profile: of the exchange.
            ccxt_settings: for ccxt's class, already judged.
            max_bytes: the bound for each answer.
            demo_trading: whether it uses the exchange's hosts for demo trading.

        Raises:
            GuardError: misconfigured, if ccxt cannot use the settings.
        """
        self._profile = profile
        self.demo_trading = demo_trading
        client = _build_ccxt_client(profile, ccxt_settings, demo_trading=demo_trading)
        self.connection = ClientConnection.of(client, asynchronous=False)
        client.logger = SILENT_LOGGER
        client.enableRateLimit = False  # it would sleep beyond the time limit; a few requests need none
        self._connect(client, max_bytes)

    def _connect(self, client: Any, max_bytes: int, observe: Observer = ignore) -> None:
        self._client = client
        self._observe = observe
        self._session = client.session = BoundedSession(self.connection.servers, max_bytes, observe)

    @property
    def in_sandbox(self) -> bool:
        """Whether it uses the exchange's test network."""
        return bool(self._client.isSandboxModeEnabled)

    @property
    def one_request_seconds(self) -> float:
        """How long one request may take, from ccxt's setting, which is in milliseconds.

        Raises:
            GuardError: misconfigured, if that is not a number.
        """
        timeout = self._client.timeout
        if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < 1e9:
            fail(
                "client-settings",
                "exchange.ccxt_config.timeout is not a number of milliseconds.",
                'Write "timeout": 10000.',
            )
        return timeout / 1000

    def clone(self) -> ExchangeClient:
        """Return another client like this one for a request at the same time, with a lower bound for its answer."""
        return self._copy(MAX_BYTES_PARALLEL, self._observe)

    def for_one_check(self, observe: Observer) -> ExchangeClient:
        """Return another client like this one for the check of one key of many.

        Args:
            observe: called with each answer to it or to its clones, in the thread of the request.
        """
        return self._copy(MAX_BYTES, observe)

    def _copy(self, max_bytes: int, observe: Observer) -> ExchangeClient:
        # Building one from ccxt's description takes milliseconds; what a description holds is never changed.
        client = copy.copy(self._client)
        for name in _OWN_SETTINGS:
            setattr(client, name, copy_nested(getattr(client, name)))
        other = object.__new__(ExchangeClient)
        other._profile, other.connection = self._profile, self.connection
        other.demo_trading = self.demo_trading
        other._connect(client, max_bytes, observe)
        return other

    def hand_out(self, credentials: Credentials | None = None) -> Any:
        """Return ccxt's own object, for the signing agent; the client must not be used for a check any more.

        Args:
            credentials: that it signs with; None for public data.
        """
        for name, value in credentials.for_ccxt().items() if credentials else ():
            setattr(self._client, name, value)
        return self._client

    def open_session(self, credentials: Credentials, seconds: float, *, retry: bool = True) -> ApiSession:
        """Give the client its credentials and start a session.

        Args:
            credentials: of the key that signs the requests.
            seconds: the time limit for all requests together.
            retry: whether to repeat a request that failed for a transient cause.

        Raises:
            GuardError: misconfigured, if a package for its proxy is missing.
        """
        require_socks_packages(self.connection.proxies)
        for name, value in credentials.for_ccxt().items():
            setattr(self._client, name, value)
        add_extra_apis(self._client, self._profile)
        return ApiSession(self._client, self._session, self._profile, seconds, retry=retry)


def build_client(
    exchange: Mapping[str, Any],
    profile: ExchangeProfile,
    allowed_hosts: list[str],
    places: settings.Places = lambda _: "",
) -> ExchangeClient:
    """Return a client with the settings that freqtrade will use.

    Args:
        exchange: freqtrade's `exchange` section.
        profile: of the exchange.
        allowed_hosts: the hosts to which signed requests may go.
        places: says in which file or variable a value of the config was written.

    Raises:
        GuardError: misconfigured, with everything that makes an answer untrustworthy.
    """
    findings = [*_invalid_settings(exchange, profile), *settings.find_credentials(exchange, profile, places)]
    if findings:
        raise GuardError(*findings)
    demo_trading = _uses_demo_trading(exchange, profile)
    client = ExchangeClient(profile, settings.merge_settings(exchange, "ccxt_sync_config"), demo_trading=demo_trading)
    async_client = _build_ccxt_client(
        profile, settings.merge_settings(exchange, "ccxt_async_config"), demo_trading=demo_trading
    )
    async_connection = ClientConnection.of(async_client, asynchronous=True)
    findings = [
        *_split_servers(client, profile),
        *check_connection(client.connection, allowed_hosts, profile),
        *check_connection(async_connection, allowed_hosts, profile),
        *compare_connections(async_connection, client.connection),
    ]
    if findings:
        raise GuardError(*dict.fromkeys(findings))
    _ = client.one_request_seconds  # raises if it is no number
    return client


def request_hosts(exchange: Mapping[str, Any], profile: ExchangeProfile) -> list[str]:
    """Return the hosts to which signed requests would go, whether they are allowed or not.

    Args:
        exchange: freqtrade's `exchange` section.
        profile: of the exchange.

    Raises:
        GuardError: misconfigured, if ccxt cannot make a client from the section.
    """
    findings = list(_invalid_settings(exchange, profile))
    if findings:
        raise GuardError(*findings)
    client = ExchangeClient(
        profile,
        settings.merge_settings(exchange, "ccxt_sync_config"),
        demo_trading=_uses_demo_trading(exchange, profile),
    )
    return sorted({server.host for server in client.connection.servers})


def _invalid_settings(exchange: Mapping[str, Any], profile: ExchangeProfile) -> Iterator[Finding]:
    @functools.cache
    def default_client(asynchronous: bool) -> Any:
        if not asynchronous:
            return _build_ccxt_client(profile, {})
        import ccxt.pro  # noqa: PLC0415 - a second: only for names that no setting has

        # freqtrade, too, falls back to the other kind where there is no class for websockets.
        return (getattr(ccxt.pro, profile.id, None) or getattr(ccxt.async_support, profile.id))()

    return settings.invalid_settings(exchange, profile, default_client)


def _split_servers(client: ExchangeClient, profile: ExchangeProfile) -> Iterator[Finding]:
    connection = client.connection
    if len(connection.servers) <= 1:
        return
    default_client = _build_ccxt_client(profile, {"sandbox": client.in_sandbox}, demo_trading=client.demo_trading)
    default = ClientConnection.of(default_client, asynchronous=False)
    if connection.origins_by_api != default.origins_by_api:
        yield error(
            "endpoint-mismatch",
            "Only some of the API's addresses were changed, so signed requests would go to several servers, of which "
            "only one would be queried about the key.",
            "In exchange.ccxt_config.urls.api write the same server for each of them: public, private …",
        )


def _uses_demo_trading(exchange: Mapping[str, Any], profile: ExchangeProfile) -> bool:
    """Return whether freqtrade switches its clients to demo trading; it judges the setting itself elsewhere."""
    return profile.has_demo_trading and bool(exchange.get("demo_trading", False))


def _build_ccxt_client(
    profile: ExchangeProfile, ccxt_settings: Mapping[str, Any], *, demo_trading: bool = False
) -> Any:
    kind = exchange_class(profile)
    try:
        client = kind(dict(ccxt_settings))
        if demo_trading:
            client.enable_demo_trading(True)
    except Exception as problem:
        fail(
            "client-settings",
            f"ccxt cannot use its settings ({type(problem).__name__}).",
            "Check exchange.ccxt_config, ccxt_sync_config and ccxt_async_config.",
        )
    return client
