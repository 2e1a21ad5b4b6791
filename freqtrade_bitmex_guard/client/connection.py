"""How a ccxt client reaches its exchange: to which servers, by which proxy, trusting whom."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from freqtrade_bitmex_guard.model.findings import Finding, error
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize, sanitize_tokens

# Deliberately narrow: URL readers disagree about user names, backslashes and the like, and a disagreement sends the
# signed request elsewhere than where we looked.
_URL = re.compile(
    r"(?P<scheme>https?|wss?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::(?P<port>[0-9]{1,5}))?(?:/[\w./~%-]*)?",
    re.ASCII,
)


_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


_RELAY_SETTINGS = ("proxy", "proxyUrl", "proxy_url", "proxyUrlCallback", "proxy_url_callback")


_ENVIRONMENT_SETTINGS = ("trust_env", "requests_trust_env", "aiohttp_trust_env")


_PROXY_SETTINGS = (
    ("httpProxy", "http_proxy"),
    ("httpProxyCallback", "http_proxy_callback"),
    ("httpsProxy", "https_proxy"),
    ("socksProxy", "socks_proxy"),
    ("httpsProxyCallback", "https_proxy_callback"),
    ("socksProxyCallback", "socks_proxy_callback"),
    ("wsProxy", "ws_proxy"),
    ("wssProxy", "wss_proxy"),
    ("wsSocksProxy", "ws_socks_proxy"),
)


_PLAIN_HTTP_PROXIES = 2  # so many of them are for plain http


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Scheme, host and port of a URL."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of a URL.

        Raises:
            ValueError: if the URL is not plain enough for every reader to agree on it.
        """
        match = _URL.fullmatch(url)
        if match is None:
            raise ValueError("not a plain URL")
        scheme = match["scheme"]
        return cls(scheme, match["host"].lower().strip("[]"), int(match["port"] or _PORTS[scheme]))

    @property
    def is_loopback(self) -> bool:
        """Whether the host is an address of this machine; a name never is, for it can point anywhere."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ClientConnection:
    """How one client reaches its exchange. Never printed whole: a proxy's URL may hold a password.

    Attributes:
        servers: where requests go.
        origins_by_api: the same by the name of each of the exchange's APIs, for they must not be crossed either.
        websocket_origins: where websockets go.
        unreadable: URLs that are too odd to judge.
        proxies: the settings that choose a proxy.
        env_settings: names of settings that let variables choose a proxy.
        relays: names of settings that hand signed requests to another server.
        tls: names of settings that weaken or change the check of the exchange's certificate.
        verbose: whether the client prints what it sends.
    """

    servers: frozenset[Origin]
    origins_by_api: frozenset[tuple[str, Origin]]
    websocket_origins: frozenset[Origin]
    unreadable: tuple[str, ...]
    proxies: tuple[Any, ...] = field(repr=False)
    env_settings: tuple[str, ...]
    relays: tuple[str, ...]
    tls: tuple[str, ...]
    verbose: bool

    @classmethod
    def of(cls, client: Any, *, asynchronous: bool) -> ClientConnection:
        """Read a ccxt client's route off its attributes.

        Args:
            client: a ccxt client of any class.
            asynchronous: whether to read the settings that only the asynchronous classes heed, or those that only
                the synchronous ones do.
        """
        origins: set[tuple[str, Origin]] = set()
        unreadable = []
        urls, hostname = client.urls, client.hostname
        for place, url in _url_texts(urls.get("api") if isinstance(urls, Mapping) else urls):
            try:
                named = url.replace("{hostname}", hostname if isinstance(hostname, str) else "")
                origins.add((place, Origin.of(named)))
            except ValueError:
                unreadable.append(sanitize(url))
        places = frozenset((place, origin) for place, origin in origins if origin.scheme.startswith("http"))
        return cls(
            servers=frozenset(origin for _, origin in places),
            origins_by_api=places,
            websocket_origins=frozenset(origin for _, origin in origins if origin.scheme.startswith("ws")),
            unreadable=tuple(unreadable),
            proxies=(
                *(getattr(client, new, None) or getattr(client, old, None) or None for new, old in _PROXY_SETTINGS),
                getattr(client, "aiohttp_proxy" if asynchronous else "proxies", None) or None,
            ),
            env_settings=tuple(name for name in _ENVIRONMENT_SETTINGS if getattr(client, name, False)),
            relays=tuple(name for name in _RELAY_SETTINGS if getattr(client, name, None) is not None),
            tls=tuple(_changed_tls(client)),
            verbose=bool(client.verbose),
        )


def _url_texts(urls: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(urls, str):
        yield place, urls
    elif isinstance(urls, Mapping):
        for name, value in urls.items():
            yield from _url_texts(value, f"{place}/{name}")
    else:
        yield place, repr(type(urls))  # not a URL: ends among the unreadable


def _changed_tls(client: Any) -> Iterator[str]:
    for name in ("verify", "validateServerSsl"):
        if getattr(client, name, True) is not True:
            yield name
    if isinstance(client.options, Mapping) and client.options.get("include_OS_certificates"):
        yield "options.include_OS_certificates"
    # ccxt's asynchronous classes make these at their first request, unless somebody has set them before.
    for name in ("ssl_context", "tcp_connector", *([] if client.synchronous else ["session"])):
        if getattr(client, name, None) is not None:
            yield name
    import certifi  # noqa: PLC0415 - ccxt brings it; only worth importing once a client stands

    if getattr(client, "cafile", None) not in (None, certifi.where()):
        yield "cafile"


def check_connection(route: ClientConnection, allowed_hosts: list[str], terms: ExchangeProfile) -> Iterator[Finding]:
    """Everything about a route that makes its answers untrustworthy, or gives a signature away.

    Args:
        route: of any client.
        allowed_hosts: host names and addresses, lower case, as the operator wrote them.
        terms: the exchange's words.
    """
    yield from _check_servers(route, allowed_hosts, terms)
    yield from _check_settings(route, terms)


def _check_servers(route: ClientConnection, allowed_hosts: list[str], terms: ExchangeProfile) -> Iterator[Finding]:
    if route.unreadable or not route.servers:
        shown = ", ".join(repr(url) for url in route.unreadable) or "none at all"
        yield error(
            "client-settings",
            f"The API's addresses are not plain URLs: {shown}.",
            f"In exchange.ccxt_config.urls.api write them like https://{terms.hosts[0]}.",
        )
    streams = route.websocket_origins - {Origin.of(f"wss://{host}") for host in terms.websocket_hosts}
    for origin in sorted(route.servers | streams):
        if origin.host not in allowed_hosts:
            yield error(
                "host-not-allowed",
                f"Signed requests would go to {origin}, which is not in api_key_guard.allowed_hosts "
                f"({', '.join(map(_describe_host, allowed_hosts))}).",
                f"If that is not {terms.title}, take it out of exchange.ccxt_config.urls and treat the key as "
                "exposed; if it is yours, add the host to allowed_hosts.",
            )
    for origin in sorted(route.servers | route.websocket_origins):
        if origin.scheme in ("http", "ws") and not origin.is_loopback:
            yield error(
                "origin-insecure",
                f"Signed requests would go to {origin} unencrypted: anyone on the way reads and changes them.",
                "Use https. Plain http is for an address of this machine only, such as 127.0.0.1 (not a name).",
            )
    if any(route.proxies) and any(origin.scheme == "http" for origin in route.servers):
        yield error(
            "origin-insecure",
            "Signed requests would go through a proxy unencrypted: it could read them, and answer in the place of "
            f"{terms.title}.",
            "Use https, or take the proxy out: plain http is for this machine only.",
        )


def _describe_host(written: str) -> str:
    """An allowed host, for a person; what has neither dot nor colon may be a secret that was pasted there."""
    return sanitize(written) if {".", ":"} & set(written) else sanitize_tokens(written)


def _check_settings(route: ClientConnection, terms: ExchangeProfile) -> Iterator[Finding]:
    where = "Take it out of exchange.ccxt_config, ccxt_sync_config and ccxt_async_config (and FREQTRADE__… variables)."
    for name in route.env_settings:
        yield error(
            "proxy-mismatch",
            f"{name} lets variables choose the proxy and the certificates to trust, and the bot's synchronous and "
            "asynchronous clients read different ones.",
            "Take it out, and write httpsProxy or socksProxy into exchange.ccxt_config.",
        )
    # Where the server is asked by plain http, no proxy at all is allowed, above.
    if any(route.proxies[:_PLAIN_HTTP_PROXIES]) and any(origin.scheme == "https" for origin in route.servers):
        yield error(
            "proxy-mismatch",
            "httpProxy is for plain http: with https ccxt's synchronous clients go past it and its asynchronous ones "
            "through it, so what was checked is not what trades.",
            "Write httpsProxy in its place, the address may stay, or socksProxy, into exchange.ccxt_config.",
        )
    for name in route.relays:
        yield error(
            "proxy-relay",
            f"{name} hands every signed request to another server, which can read and replay it.",
            f"{where} A proxy that only passes encrypted traffic on is fine: httpsProxy or socksProxy.",
        )
    for name in route.tls:
        yield error(
            "tls-not-verified",
            f"{name} switches the check of {terms.title}'s certificate off or changes it: anyone could answer.",
            where,
        )
    if route.verbose:
        yield error("verbose-client", "verbose prints the key id and every signature to the bot's output.", where)


def compare_connections(route: ClientConnection, proven: ClientConnection) -> Iterator[Finding]:
    """What another of the bot's clients does differently from the one that was checked."""
    if route.origins_by_api != proven.origins_by_api:
        yield error(
            "endpoint-mismatch",
            "The bot's synchronous and asynchronous clients would not talk to the same server: checked was "
            f"{_list_origins(proven.servers)}, the other is {_list_origins(route.servers)}.",
            "Write urls and sandbox into exchange.ccxt_config, which both heed, and nowhere else.",
        )
    if route.proxies != proven.proxies:
        yield error(
            "proxy-mismatch",
            "The bot's synchronous and asynchronous clients would not leave this machine by the same proxy, so what "
            "was checked is not what trades.",
            "Write httpsProxy or socksProxy into exchange.ccxt_config, which both heed, and nowhere else.",
        )


def _list_origins(origins: frozenset[Origin]) -> str:
    return ", ".join(str(origin) for origin in sorted(origins)) or "none"
