"""Through which proxies ccxt's clients reach their exchange, under all names that ccxt has had for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from requests.utils import select_proxy

from freqtrade_bitmex_guard.model.findings import Finding, error, fail

SOCKS_PACKAGES = "pip install pysocks aiohttp-socks"
_SOCKS_MODULES = ("socks", "aiohttp_socks")

HOW_TO_PROXY = (
    f"write httpsProxy into exchange.ccxt_config, or socksProxy for a SOCKS proxy (that needs `{SOCKS_PACKAGES}`)"
)
"""The end of a remedy: the settings that all of ccxt's clients use in the same way."""

_OWN = {True: "aiohttp_proxy", False: "proxies"}
_CALLBACKS = ("httpProxyCallback", "httpsProxyCallback", "socksProxyCallback")
_REQUESTS = ("httpProxy", "httpsProxy", "socksProxy")
_WEBSOCKETS = ("wsProxy", "wssProxy", "wsSocksProxy")
_SNAKE = {
    "httpProxy": "http_proxy",
    "httpsProxy": "https_proxy",
    "socksProxy": "socks_proxy",
    "httpProxyCallback": "http_proxy_callback",
    "httpsProxyCallback": "https_proxy_callback",
    "socksProxyCallback": "socks_proxy_callback",
    "wsProxy": "ws_proxy",
    "wssProxy": "wss_proxy",
    "wsSocksProxy": "ws_socks_proxy",
}


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies of one client. They are never printed: a proxy's URL may contain a password.

    Attributes:
        plain: for requests over plain http alone.
        requests: for all other requests, under whatever name it was written.
        others: for websockets, and functions that choose a proxy.
        setting: the name under which the one for requests was written, or empty.
        conflicts: names of settings that ccxt does not take together.
        useless: the name of a setting that names no proxy for the exchange's servers, or empty.
    """

    plain: Any = field(repr=False)
    requests: Any = field(repr=False)
    others: tuple[Any, ...] = field(repr=False)
    setting: str
    conflicts: tuple[tuple[str, ...], ...]
    useless: str

    def __bool__(self) -> bool:
        return bool(self.plain or self.requests or any(self.others))

    @property
    def uses_socks(self) -> bool:
        """Whether one of them is a SOCKS proxy."""
        return any(str(proxy).startswith("socks") for proxy in (self.plain, self.requests, *self.others))

    def is_same(self, proxies: Proxies) -> bool:
        """Return whether another client's requests and websockets go the same way."""
        return (self.plain, self.requests, self.others) == (proxies.plain, proxies.requests, proxies.others)


def proxies_of(client: Any, servers: Iterable[str], *, asynchronous: bool) -> Proxies:
    """Read a ccxt client's proxies from its attributes.

    Args:
        client: a ccxt client of any class.
        servers: the URLs of its API.
        asynchronous: whether to read the setting that only ccxt's asynchronous classes use, or that of the synchronous.
    """
    values = {name: getattr(client, name, None) or getattr(client, old, None) or None for name, old in _SNAKE.items()}
    own_name = _OWN[asynchronous]
    own = getattr(client, own_name, None)
    agents = [name for name in (*_REQUESTS, *_CALLBACKS) if values[name]]
    sockets = [name for name in _WEBSOCKETS if values[name]]
    chosen: dict[str, Any] = {name: values[name] for name in ("httpsProxy", "socksProxy") if values[name]}
    if effective := _normalize(own) if asynchronous else _select(own, servers):
        chosen[own_name] = effective
    together = [*agents, *([own_name] if own is not None and agents else [])]
    return Proxies(
        plain=values["httpProxy"],
        requests=next(map(_normalize, chosen.values()), None),
        others=tuple(values[name] for name in (*_CALLBACKS, *_WEBSOCKETS)),
        setting=next(iter(chosen), ""),
        conflicts=tuple(tuple(names) for names in (together, sockets) if len(names) > 1),
        useless=own_name if own and not effective else "",
    )


def _select(own: Any, servers: Iterable[str]) -> Any:
    """Return the proxy that `requests` takes for these servers; several, if they differ, equal no other."""
    if not isinstance(own, Mapping):
        return own or None
    selected = [_normalize(select_proxy(server, dict(own))) for server in servers]
    if all(proxy == selected[0] for proxy in selected):
        return selected[0] if selected else None
    return tuple(map(str, selected))


def _normalize(proxy: Any) -> Any:
    """Return a proxy's URL as `requests` reads it, so that two spellings of it are equal."""
    if not isinstance(proxy, str) or not proxy:
        return proxy or None
    return (proxy if "://" in proxy else f"http://{proxy}").rstrip("/")


def check_proxies(proxies: Proxies, *, https: bool) -> Iterator[Finding]:
    """Yield what is wrong with the proxies of one client by itself.

    Args:
        proxies: of the client.
        https: whether it has a server that is reached by https.
    """
    for names in proxies.conflicts:
        yield error(
            "client-settings",
            f"ccxt takes only one of {' and '.join(names)}: with both it fails at its first request.",
            f"Remove them, and {HOW_TO_PROXY}."
            if names[0] not in _WEBSOCKETS
            else "Keep one of them, in exchange.ccxt_config.",
        )
    # With a server on plain http no proxy at all is allowed; see `check_connection`.
    if proxies.plain and https and not proxies.conflicts:
        yield error(
            "proxy-mismatch",
            "httpProxy is for plain http: with https ccxt's synchronous clients bypass it and its asynchronous ones "
            "use it, so what was checked is not what trades.",
            f"Instead, {HOW_TO_PROXY}; the address may stay the same.",
        )
    if proxies.useless:
        yield error(
            "proxy-mismatch",
            f"{proxies.useless} names no proxy for the exchange's servers, so requests would bypass it.",
            f"Remove it, or {HOW_TO_PROXY}.",
        )
    if (
        proxies.setting not in ("", "socksProxy")
        and str(proxies.requests).startswith("socks")
        and not proxies.conflicts
    ):
        yield error(
            "proxy-mismatch",
            f"{proxies.setting} names a SOCKS proxy, which ccxt's asynchronous clients take from socksProxy alone.",
            f"Write its address into exchange.ccxt_config.socksProxy instead. That needs `{SOCKS_PACKAGES}`.",
        )


def compare_proxies(proxies: Proxies, admitted: Proxies) -> Iterator[Finding]:
    """Yield the difference between another client's proxies and those of the client that was checked."""
    if proxies.is_same(admitted):
        return
    names = sorted({proxies.setting, admitted.setting} - {""})
    if names in (["proxies"], ["aiohttp_proxy"]):
        user, other = ("synchronous", "asynchronous")[:: 1 if names == ["proxies"] else -1]
        problem = f"Only ccxt's {user} clients use the proxy in {names[0]}: the {other} ones would bypass it"
    elif len(names) > 1:
        problem = f"{' and '.join(names)} name different proxies, and each is for some of ccxt's clients only"
    else:
        problem = "The bot's synchronous and asynchronous clients would not use the same proxy"
    yield error(
        "proxy-mismatch",
        f"{problem}, so what was checked is not what trades.",
        f"Remove what names a proxy now, and {HOW_TO_PROXY}.",
    )


def require_socks_packages(proxies: Proxies) -> None:
    """Require what ccxt needs for a SOCKS proxy, if there is one; neither ccxt nor freqtrade installs it.

    Raises:
        GuardError: misconfigured, if it is missing.
    """
    if proxies.uses_socks and not all(map(find_spec, _SOCKS_MODULES)):
        fail(
            "client-settings",
            "A SOCKS proxy needs two packages, which ccxt does not bring, and they are not both installed.",
            f"In the bot's own environment: {SOCKS_PACKAGES}",
        )
