"""The ccxt client that queries an exchange, built with the settings that the bot's clients will have."""

from __future__ import annotations

import importlib.metadata
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
    """A logger that logs nothing at any level; ccxt's own logs key id, signature and body at DEBUG."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: ARG002, N802
        return False


SILENT_LOGGER = _SilentLogger("freqtrade_bitmex_guard.ccxt")


@opaque
class ExchangeClient:
    """A bounded ccxt client, without credentials until a session is opened.

    Attributes:
        connection: how it reaches the exchange.
    """

    def __init__(self, profile: ExchangeProfile, ccxt_settings: Mapping[str, Any], max_bytes: int = MAX_BYTES) -> None:
        """Make the client.

        Args:
            profile: of the exchange.
            ccxt_settings: for ccxt's class, already judged.
            max_bytes: the bound for each answer.

        Raises:
            GuardError: misconfigured, if ccxt cannot use the settings.
        """
        self._profile = profile
        self._ccxt_settings = ccxt_settings
        self._client = _build_ccxt_client(profile, ccxt_settings)
        self.connection = ClientConnection.of(self._client, asynchronous=False)
        self._session = BoundedSession(self.connection.servers, max_bytes)
        self._client.session = self._session
        self._client.logger = SILENT_LOGGER
        self._client.enableRateLimit = False  # it would sleep beyond the time limit; a few requests need none

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
        return ExchangeClient(self._profile, self._ccxt_settings, MAX_BYTES_PARALLEL)

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
        """
        for name, value in credentials.for_ccxt().items():
            setattr(self._client, name, value)
        add_extra_apis(self._client, self._profile)
        return ApiSession(self._client, self._session, self._profile, seconds, retry=retry)


def build_client(exchange: Mapping[str, Any], profile: ExchangeProfile, allowed_hosts: list[str]) -> ExchangeClient:
    """Return a client with the settings that freqtrade will use.

    Args:
        exchange: freqtrade's `exchange` section.
        profile: of the exchange.
        allowed_hosts: the hosts to which signed requests may go.

    Raises:
        GuardError: misconfigured, with everything that makes an answer untrustworthy.
    """
    findings = [*settings.invalid_settings(exchange, profile), *settings.find_credentials(exchange, profile)]
    if findings:
        raise GuardError(*findings)
    client = ExchangeClient(profile, settings.merge_settings(exchange, "ccxt_sync_config"))
    async_client = _build_ccxt_client(profile, settings.merge_settings(exchange, "ccxt_async_config"))
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
    findings = list(settings.invalid_settings(exchange, profile))
    if findings:
        raise GuardError(*findings)
    client = ExchangeClient(profile, settings.merge_settings(exchange, "ccxt_sync_config"))
    return sorted({server.host for server in client.connection.servers})


def _split_servers(client: ExchangeClient, profile: ExchangeProfile) -> Iterator[Finding]:
    connection = client.connection
    if len(connection.servers) <= 1:
        return
    default = ClientConnection.of(_build_ccxt_client(profile, {"sandbox": client.in_sandbox}), asynchronous=False)
    if connection.origins_by_api != default.origins_by_api:
        yield error(
            "endpoint-mismatch",
            "Only some of the API's addresses were changed, so signed requests would go to several servers, of which "
            "only one would be queried about the key.",
            "In exchange.ccxt_config.urls.api write the same server for each of them: public, private …",
        )


def exchange_class(profile: ExchangeProfile) -> Any:
    """Return the exchange's class in the installed ccxt.

    Raises:
        GuardError: misconfigured, with the version to install, if there is none.
    """
    if (single_class := lazy_packages.import_from("ccxt", profile.id)) is not None:
        return single_class
    import ccxt  # noqa: PLC0415 - half a second and 70 MB: only when a key is really checked

    kind = getattr(ccxt, profile.id, None)
    if profile.id not in ccxt.exchanges or kind is None:
        last = profile.last_ccxt
        fail(
            "ccxt-class-missing",
            f"The installed ccxt {ccxt.__version__} has no {profile.id}"
            + (f"; {last} was the last version that had it." if last else "."),
            # An exchange that ccxt dropped has an extra of its name; not from PyPI, where the name is nobody's.
            f"In the bot's own environment: pip install 'ccxt<={last}', or from a checkout of this project "
            f"its extra: pip install './freqtrade-bitmex-guard[{profile.id}]'"
            if last
            else "Install a ccxt that has it.",
        )
    return kind


def ccxt_errors() -> Any:
    """Return ccxt's module of errors, with which it and freqtrade know what went wrong."""
    from ccxt.base import errors  # noqa: PLC0415 - only for a bot behind an agent

    return errors


def ccxt_version() -> str:
    """Return the version of the installed ccxt."""
    return importlib.metadata.version("ccxt")


def _build_ccxt_client(profile: ExchangeProfile, ccxt_settings: Mapping[str, Any]) -> Any:
    kind = exchange_class(profile)
    try:
        return kind(dict(ccxt_settings))
    except Exception as problem:
        fail(
            "client-settings",
            f"ccxt cannot use its settings ({type(problem).__name__}).",
            "Check exchange.ccxt_config, ccxt_sync_config and ccxt_async_config.",
        )
