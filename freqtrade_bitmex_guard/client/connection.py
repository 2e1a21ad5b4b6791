"""How a ccxt client reaches its exchange: to which servers, through which proxy, with which certificates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from freqtrade_bitmex_guard.client.proxies import HOW_TO_PROXY, Proxies, check_proxies, compare_proxies, proxies_of
from freqtrade_bitmex_guard.model.findings import Finding, error
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize, sanitize_tokens

# Deliberately narrow: URL parsers disagree about user names, backslashes and the like, and where they disagree a signed
# request goes to another server than the one that was checked.
_URL = re.compile(
    r"(?P<scheme>https?|wss?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::(?P<port>[0-9]{1,5}))?(?:/[\w./~%-]*)?",
    re.ASCII,
)

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

_RELAY_SETTINGS = ("proxy", "proxyUrl", "proxy_url", "proxyUrlCallback", "proxy_url_callback")

_ENVIRONMENT_SETTINGS = ("trust_env", "requests_trust_env", "aiohttp_trust_env")


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Scheme, host and port of a URL."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """Return the origin of a URL.

        Raises:
            ValueError: if the URL is not plain enough for every parser to agree on it.
        """
        match = _URL.fullmatch(url)
        if match is None:
            raise ValueError("not a plain URL")
        scheme = match["scheme"]
        return cls(scheme, match["host"].lower().strip("[]"), int(match["port"] or _PORTS[scheme]))

    @property
    def is_loopback(self) -> bool:
        """Whether the host is an address of this machine; a name is not, because it can point anywhere."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ClientConnection:
    """How one client reaches its exchange. It is never printed whole: a proxy's URL may contain a password.

    Attributes:
        servers: where requests go.
        origins_by_api: the same for each of the exchange's APIs by name, because swapped servers are a difference, too.
        websocket_origins: where websockets go.
        unreadable: URLs that are too odd to judge.
        proxies: through which they go.
        env_settings: names of the settings that let environment variables choose a proxy.
        relays: names of the settings that send signed requests to another server.
        tls: names of the settings that weaken or change the check of the exchange's certificate.
        verbose: whether the client prints what it sends.
    """

    servers: frozenset[Origin]
    origins_by_api: frozenset[tuple[str, Origin]]
    websocket_origins: frozenset[Origin]
    unreadable: tuple[str, ...]
    proxies: Proxies = field(repr=False)
    env_settings: tuple[str, ...]
    relays: tuple[str, ...]
    tls: tuple[str, ...]
    verbose: bool

    @classmethod
    def of(cls, client: Any, *, asynchronous: bool) -> ClientConnection:
        """Read a ccxt client's connection from its attributes.

        Args:
            client: a ccxt client of any class.
            asynchronous: whether to read the settings that only ccxt's asynchronous classes use, or those that only
                the synchronous ones use.
        """
        origins: set[tuple[str, Origin]] = set()
        unreadable = []
        for api, url in _urls_of(client):
            try:
                origins.add((api, Origin.of(url)))
            except ValueError:
                unreadable.append(sanitize(url))
        by_api = frozenset((api, origin) for api, origin in origins if origin.scheme.startswith("http"))
        return cls(
            servers=frozenset(origin for _, origin in by_api),
            origins_by_api=by_api,
            websocket_origins=frozenset(origin for _, origin in origins if origin.scheme.startswith("ws")),
            unreadable=tuple(unreadable),
            proxies=proxies_of(client, [str(origin) for _, origin in sorted(by_api)], asynchronous=asynchronous),
            env_settings=tuple(name for name in _ENVIRONMENT_SETTINGS if getattr(client, name, False)),
            relays=tuple(name for name in _RELAY_SETTINGS if getattr(client, name, None) is not None),
            tls=tuple(_changed_tls(client)),
            verbose=bool(client.verbose),
        )


def _urls_of(client: Any) -> Iterator[tuple[str, str]]:
    """Yield the URL of each API; where it leaves the host open, one for each host that ccxt may put in."""
    urls = client.urls if isinstance(client.urls, Mapping) else {"api": client.urls}
    hosts = [("", client.hostname if isinstance(client.hostname, str) else "")]
    hosts += [(f" {part}", host) for part, host in _urls_by_api(urls.get("hostnames", {}))]
    for api, url in _urls_by_api(urls.get("api")):
        if "{hostname}" in url:
            yield from ((f"{api}{part}", url.replace("{hostname}", host)) for part, host in hosts)
        else:
            yield api, url


def _urls_by_api(urls: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(urls, str):
        yield path, urls
    elif isinstance(urls, Mapping):
        for name, value in urls.items():
            yield from _urls_by_api(value, f"{path}/{name}")
    else:
        yield path, repr(type(urls))  # no URL, so it ends among the unreadable


def _changed_tls(client: Any) -> Iterator[str]:
    for name in ("verify", "validateServerSsl"):
        if getattr(client, name, True) is not True:
            yield name
    if isinstance(client.options, Mapping) and client.options.get("include_OS_certificates"):
        yield "options.include_OS_certificates"
    # ccxt's asynchronous classes create these at their first request, unless somebody has set them before.
    for name in ("ssl_context", "tcp_connector", *([] if client.synchronous else ["session"])):
        if getattr(client, name, None) is not None:
            yield name
    import certifi  # noqa: PLC0415 - ccxt brings it; it is needed only once there is a client

    if getattr(client, "cafile", None) not in (None, certifi.where()):
        yield "cafile"


def check_connection(
    connection: ClientConnection, allowed_hosts: list[str], profile: ExchangeProfile
) -> Iterator[Finding]:
    """Yield everything that makes answers over a connection untrustworthy, or gives a signature away.

    Args:
        connection: of any client.
        allowed_hosts: host names and addresses, lower case, as the operator wrote them.
        profile: of the exchange.
    """
    yield from _check_servers(connection, allowed_hosts, profile)
    yield from _check_settings(connection, profile)


def _check_servers(
    connection: ClientConnection, allowed_hosts: list[str], profile: ExchangeProfile
) -> Iterator[Finding]:
    if connection.unreadable or not connection.servers:
        urls = ", ".join(repr(url) for url in connection.unreadable) or "none at all"
        yield error(
            "client-settings",
            f"The API's addresses are not plain URLs: {urls}.",
            f"In exchange.ccxt_config.urls.api write them like https://{profile.hosts[0]}.",
        )
    own_origins = {Origin.of(f"wss://{host}") for host in profile.websocket_hosts}
    for origin in sorted(connection.servers | (connection.websocket_origins - own_origins)):
        if origin.host not in allowed_hosts:
            yield error(
                "host-not-allowed",
                f"Signed requests would go to {origin}, which is not in api_key_guard.allowed_hosts "
                f"({', '.join(map(_describe_host, allowed_hosts))}).",
                f"If that is not {profile.title}, remove it from exchange.ccxt_config.urls and treat the key as "
                "exposed; if it is yours, add the host to allowed_hosts.",
            )
    for origin in sorted(connection.servers | connection.websocket_origins):
        if origin.scheme in ("http", "ws") and not origin.is_loopback:
            yield error(
                "origin-insecure",
                f"Signed requests would go to {origin} unencrypted: anyone in between can read and change them.",
                "Use https. Plain http is for an address of this machine only, such as 127.0.0.1 (not a name).",
            )
    if connection.proxies and any(origin.scheme == "http" for origin in connection.servers):
        yield error(
            "origin-insecure",
            "Signed requests would go through a proxy unencrypted: it could read them, and answer in place of "
            f"{profile.title}.",
            "Use https, or remove the proxy: plain http is for this machine only.",
        )


def _describe_host(host: str) -> str:
    """Return an allowed host for a person; without a dot or colon it may be a secret that was pasted there."""
    return sanitize(host) if {".", ":"} & set(host) else sanitize_tokens(host)


def _check_settings(connection: ClientConnection, profile: ExchangeProfile) -> Iterator[Finding]:
    removal = "Remove it from exchange.ccxt_config, ccxt_sync_config, ccxt_async_config and FREQTRADE__… variables."
    for name in connection.env_settings:
        yield error(
            "proxy-mismatch",
            f"{name} lets variables choose the proxy and the trusted certificates, and the bot's synchronous and "
            "asynchronous clients read different ones.",
            f"Remove it, and {HOW_TO_PROXY}.",
        )
    yield from check_proxies(connection.proxies, https=any(origin.scheme == "https" for origin in connection.servers))
    for name in connection.relays:
        yield error(
            "proxy-relay",
            f"{name} sends every signed request to another server, which can read and replay it.",
            f"{removal} A proxy that only forwards encrypted traffic is fine: {HOW_TO_PROXY}.",
        )
    for name in connection.tls:
        yield error(
            "tls-not-verified",
            f"{name} disables or changes the check of {profile.title}'s certificate: anyone could answer.",
            removal,
        )
    if connection.verbose:
        yield error("verbose-client", "verbose prints the key id and every signature to the bot's output.", removal)


def compare_connections(connection: ClientConnection, admitted: ClientConnection) -> Iterator[Finding]:
    """Yield the differences between another of the bot's clients and the one that was checked."""
    if connection.origins_by_api != admitted.origins_by_api:
        yield error(
            "endpoint-mismatch",
            "The bot's synchronous and asynchronous clients would not use the same server: checked was "
            f"{_list_origins(admitted.servers)}, the other is {_list_origins(connection.servers)}.",
            "Write urls and sandbox into exchange.ccxt_config, which both use, and nowhere else.",
        )
    yield from compare_proxies(connection.proxies, admitted.proxies)


def _list_origins(origins: frozenset[Origin]) -> str:
    return ", ".join(str(origin) for origin in sorted(origins)) or "none"
