"""Values of ccxt's settings on which ccxt itself would fail, or which mean something else than they seem to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from freqtrade_bitmex_guard.model.findings import Finding, error

_OBJECTS = ("options", "urls", "proxies", "commonCurrencies")

NEEDS_DEFAULT_URLS = frozenset({"urls", "sandbox", "testnet"})
"""The settings that are judged by ccxt's own."""

_LEAST_MILLISECONDS = 500
_USUAL_MILLISECONDS = 10_000


def invalid_values(settings: Mapping[str, Any], path: str, default: Any, exchange: str) -> Iterator[Finding]:
    """Yield the values of one block that ccxt cannot work with.

    Args:
        settings: the block.
        path: of it, for a person.
        default: ccxt's client of the exchange without settings, if there is a setting of `NEEDS_DEFAULT_URLS`.
        exchange: its name for a person.
    """
    if "timeout" in settings:
        yield from _invalid_timeout(settings["timeout"], f"{path}.timeout")
    for name in _OBJECTS:
        if name in settings and not isinstance(settings[name], dict):
            yield error("client-settings", f"{path}.{name} must be an object.", f'Write "{name}": {{…}}, or remove it.')
    for name in ("sandbox", "testnet"):
        if settings.get(name) is True and not _has_test_network(default):
            yield error(
                "client-settings",
                f"{path}.{name} is true, and {exchange} has no test network in ccxt.",
                "Remove it, and try the bot in dry-run.",
            )
    urls = settings.get("urls")
    if isinstance(urls, dict):
        for name in urls.keys() & {"api", "test"}:
            yield from _misshapen_urls(urls[name], default.urls.get(name), f"{path}.urls.{name}")


def _has_test_network(client: Any) -> bool:
    """Return whether ccxt can turn on an exchange's test network: by hosts of its own, or by a header as on Bitget."""
    return bool(client.urls.get("test")) or "set_sandbox_mode" in vars(type(client))


def _invalid_timeout(timeout: Any, path: str) -> Iterator[Finding]:
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout < 1e9:
        yield error("client-settings", f"{path} is not a number of milliseconds.", 'Write "timeout": 10000.')
    elif timeout < _LEAST_MILLISECONDS:
        meant = round(timeout * 1000) if timeout >= 1 else _USUAL_MILLISECONDS
        yield error(
            "client-settings",
            f"{path} is {timeout:g} milliseconds, in which no exchange answers; it looks like seconds.",
            f'ccxt counts in milliseconds: write "timeout": {meant}, or remove it.',
        )


def _misshapen_urls(written: Any, default: Any, path: str) -> Iterator[Finding]:
    if isinstance(default, Mapping) and isinstance(written, dict):
        for name in written.keys() & default.keys():
            yield from _misshapen_urls(written[name], default[name], f"{path}.{name}")
    elif isinstance(default, Mapping):
        example = json.dumps(
            {
                name: {"…": "https://…"} if isinstance(default[name], Mapping) else "https://…"
                for name in [*default][:3]
            },
            ensure_ascii=False,
        )
        yield error(
            "client-settings",
            f"{path} is one address, and ccxt has several there: it would fail at its first request.",
            f"Write an object with the same server in each: {example}{' and so on' if len(default) > 3 else ''}.",
        )
