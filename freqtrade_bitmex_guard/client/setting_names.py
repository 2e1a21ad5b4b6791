"""The names of ccxt's settings: which the guard knows, which have no effect, and which are misspelt."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

# ccxt makes every setting an attribute of its client, and some attributes decide which servers and certificates it
# trusts. So an unknown setting is not allowed; `check_connection` judges the known ones that are dangerous.
_KNOWN = frozenset(
    """
    urls hostname sandbox testnet timeout options headers userAgent user_agent enableRateLimit rateLimit
    rateLimiterAlgorithm rollingWindowSize newUpdates precisionMode substituteCommonCurrencyCodes commonCurrencies
    enableLastHttpResponse enableLastJsonResponse enableLastResponseHeaders returnResponseHeaders
    httpProxy http_proxy httpsProxy https_proxy socksProxy socks_proxy wsProxy ws_proxy wssProxy wss_proxy
    wsSocksProxy ws_socks_proxy proxies aiohttp_proxy trust_env aiohttp_trust_env requests_trust_env
    proxy proxyUrl proxy_url proxyUrlCallback proxy_url_callback verify validateServerSsl cafile verbose
    """.split()  # noqa: SIM905 - forty names are easier to read like this
)

# What a misspelt name is likely to mean, and what the guard accepts.
_SUGGESTED = (
    *("enableRateLimit", "rateLimit", "timeout", "options", "headers", "userAgent", "sandbox", "urls", "hostname"),
    *("httpsProxy", "socksProxy", "wsProxy", "wssProxy", "wsSocksProxy"),
)
_BY_LETTERS = {name.casefold(): name for name in _SUGGESTED}

# Fields of freqtrade's `exchange` section, and names that exchanges of ccxt have in `options`. Where people write them
# beside `options` nothing reads them.
_MISPLACED = frozenset(
    """
    enable_ws log_responses unknown_fee_rate outdated_offset markets_refresh_interval pair_whitelist pair_blacklist
    skip_pair_validation skip_open_order_update
    defaultType defaultSubType defaultSettle defaultMarginMode defaultNetwork adjustForTimeDifference timeDifference
    recvWindow brokerId partner fetchMarkets fetchCurrencies fetchMargins createMarketBuyOrderRequiresPrice
    warnOnFetchOpenOrdersWithoutSymbol
    """.split()  # noqa: SIM905 - as above
)

_COMMENTS = frozenset({"comment", "comments", "note", "notes", "description"})


def is_known(name: str) -> bool:
    """Return whether a setting is one that the guard knows, dangerous or not."""
    return name in _KNOWN


def suggestion(name: str) -> str | None:
    """Return the setting that a misspelt name is likely to mean, if there is one."""
    if not name[:1].isalnum():
        return None  # a setting that was commented out
    letters = "".join(filter(str.isalnum, name)).casefold()
    similar = get_close_matches(letters, _BY_LETTERS, n=1, cutoff=0.8)
    return _BY_LETTERS[similar[0]] if similar else None


def has_no_effect(name: str, clients: Iterable[Any]) -> bool:
    """Return whether an unknown setting is a comment, or in the wrong place, and nothing in ccxt reads it.

    Args:
        name: of the setting; not one that is like a known one.
        clients: of ccxt, with its own settings: all kinds that freqtrade builds.
    """
    kinds = list(clients)
    # A name in another alphabet is a heading; Python would not find an attribute by it.
    is_comment = bool(name) and (name.casefold() in _COMMENTS or not (name[0].isascii() and name[0].isalnum()))
    is_misplaced = name in _MISPLACED or any(name in client.options for client in kinds)
    return (is_comment or is_misplaced) and all(_is_unread(name, client) for client in kinds)


def _is_unread(name: str, client: Any) -> bool:
    # ccxt calls its own methods as fetch_markets; fetchMarkets is a second name for its users.
    if name != name.lower() and callable(getattr(client, name, None)):
        return True
    letters = _letters(name)
    return not any(_letters(attribute) == letters for attribute in dir(client))


def _letters(name: str) -> str:
    # ccxt takes rate_limit for rateLimit, but no name that begins with an underscore for another.
    return name if name.startswith("_") else name.replace("_", "").casefold()
