"""The settings that freqtrade gives its ccxt clients, and the credentials that must not be among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from freqtrade_bitmex_guard.client import setting_names
from freqtrade_bitmex_guard.client.setting_values import NEEDS_DEFAULT_URLS, invalid_values
from freqtrade_bitmex_guard.model.credentials import KNOWN_FIELDS, CredentialField
from freqtrade_bitmex_guard.model.findings import Finding, error
from freqtrade_bitmex_guard.model.placeholders import is_placeholder
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

BLOCKS = ("ccxt_config", "ccxt_sync_config", "ccxt_async_config")


def _normalize(name: object) -> str:
    return str(name).casefold().replace("_", "").replace("-", "")


# freqtrade and ccxt know each part in several spellings; these are the results of `_normalize`.
_FIELDS_BY_NAME = {
    _normalize(name): field for field in KNOWN_FIELDS for name in (field.ccxt_name, *field.freqtrade_names)
}

# Headers that name a signer or a server on every exchange; each profile adds its own.
_SIGNED_HEADERS = frozenset(["authorization", "cookie", "host"])


def merge_settings(exchange: Mapping[str, Any], block: str) -> dict[str, Any]:
    """Merge a client's settings as freqtrade does (freqtrade/exchange/exchange.py, `Exchange.__init__`).

    Args:
        exchange: freqtrade's `exchange` section.
        block: `ccxt_sync_config` or `ccxt_async_config`; it overrides `ccxt_config`.

    Returns:
        A copy, without empty credentials.
    """
    settings: dict[str, Any] = {}
    for name in ("ccxt_config", block):
        _merge(deepcopy(exchange.get(name) or {}), settings)
    remove_empty_credentials(settings)
    return settings


def _merge(source: dict[str, Any], into: dict[str, Any]) -> None:
    for name, value in source.items():
        if isinstance(value, dict) and isinstance(into.get(name), dict):
            _merge(value, into[name])
        else:
            into[name] = value


Places = Callable[[Sequence[str]], str]
"""Returns where a value of the config was written, by its path; empty if that is not known."""


def find_credentials(
    exchange: Mapping[str, Any], profile: ExchangeProfile | None, places: Places = lambda _: ""
) -> Iterator[Finding]:
    """Yield the credentials in the config and its variables, which could replace the guard's own.

    Args:
        exchange: freqtrade's `exchange` section.
        profile: of that exchange, if the guard supports it.
        places: says in which file or variable each was written.
    """
    for steps, value in _find_credential_values(exchange, profile):
        place = places(("exchange", *steps))
        path = ".".join(map(sanitize, ("exchange", *steps))) + (place and f" ({place})")
        if is_placeholder(value):
            yield error(
                "credentials-in-config",
                f"{path} has a placeholder, which is no credential; freqtrade would take it for one.",
                'Write "" in its place: the key comes from the credential store. Nothing has to be moved.',
            )
            continue
        yield error(
            "credentials-in-config",
            f"A credential was found at {path} in plain text: it would reach logs and backups, and it may not be the "
            "key that was checked.",
            "Move it into the credential store: `freqtrade-bitmex-guard credentials migrate -c CONFIG`; remove "
            "FREQTRADE__EXCHANGE__… variables by hand. Treat the old secret as exposed.",
        )


def credential_field_at(path: tuple[str | int, ...]) -> CredentialField | None:
    """Return the part of the credentials that freqtrade or ccxt would take from a position in the config.

    Args:
        path: names and indexes that lead there from the top.

    Returns:
        The part, or None where neither looks for one.
    """
    if path[:1] != ("exchange",) or not (len(path) == 2 or (len(path) == 3 and path[1] in BLOCKS)):
        return None
    return _FIELDS_BY_NAME.get(_normalize(path[-1]))


def _find_credential_values(
    exchange: Mapping[str, Any], profile: ExchangeProfile | None
) -> Iterator[tuple[tuple[str, ...], object]]:
    for name in _credential_names_in(exchange, empty=False):
        yield (name,), exchange[name]
    for block in BLOCKS:
        settings = exchange.get(block)
        if not isinstance(settings, Mapping):
            continue
        for name in _credential_names_in(settings, empty=False):
            yield (block, name), settings[name]
        for name in signed_headers(settings, profile):
            yield (block, *name.split(".", 1)), None


def signed_headers(settings: Mapping[str, Any], profile: ExchangeProfile | None) -> Iterator[str]:
    """Yield the sanitized names of headers that would change the signer or the server of a signed request.

    Args:
        settings: of a client, or a client's attributes.
        profile: of its exchange, if the guard supports it.
    """
    headers = settings.get("headers")
    if isinstance(headers, Mapping):
        reserved = _SIGNED_HEADERS.union(map(_normalize, profile.signature_headers if profile else ()))
        yield from (f"headers.{sanitize(str(name))}" for name in headers if _normalize(name) in reserved)


def non_text_headers(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield the sanitized names of settings with which ccxt would override signed headers by more than texts.

    ccxt takes `headers` as an object or as a list of pairs, and a `userAgent` that is an object.

    Args:
        settings: of a client, or a client's attributes.
    """
    headers = settings.get("headers")
    if headers is not None and not isinstance(headers, Mapping):
        yield "headers"
    elif headers:
        for name, value in headers.items():
            if not isinstance(name, str) or not isinstance(value, str):
                yield f"headers.{sanitize(str(name))}"
    for name in ("userAgent", "user_agent"):
        if not isinstance(settings.get(name), str | None):
            yield name


def invalid_settings(
    exchange: Mapping[str, Any], profile: ExchangeProfile, default_client: Callable[[bool], Any]
) -> Iterator[Finding]:
    """Yield the blocks of settings that are not objects, on which freqtrade itself would fail, and wrong settings.

    Args:
        exchange: freqtrade's `exchange` section.
        profile: of that exchange.
        default_client: returns ccxt's client of it without settings, the asynchronous one if asked for it.
    """
    for block in BLOCKS:
        settings, path = exchange.get(block, {}), f"exchange.{block}"
        if not isinstance(settings, dict):
            yield error("client-settings", f"{path} must be an object.", f'Write "{block}": {{}}.')
            continue
        for name in settings:
            if not setting_names.is_known(name) and _normalize(name) not in _FIELDS_BY_NAME:
                yield from _unknown_setting(name, path, default_client)
        default = default_client(False) if NEEDS_DEFAULT_URLS & settings.keys() else None
        yield from invalid_values(settings, path, default, profile.title)
        yield from _invalid_options(settings.get("options"), f"{path}.options", profile)
        for name in non_text_headers(settings):
            yield error(
                "client-settings",
                f"{path}.{name} is not a text: ccxt would override the headers of signed requests with it.",
                'Write "headers": {"Name": "text"} and "userAgent": "text", or remove it.',
            )


def _unknown_setting(name: str, path: str, default_client: Callable[[bool], Any]) -> Iterator[Finding]:
    label = f"{path}.{sanitize(name)}"
    if similar := setting_names.suggestion(name):
        yield error(
            "client-settings",
            f"{label} is not a setting of ccxt, so what it was meant for does not happen.",
            f"Did you mean {similar!r}? If not, remove it.",
        )
    elif not setting_names.has_no_effect(name, map(default_client, (False, True))):
        yield error(
            "client-settings",
            f"{label} is a setting that the guard does not know: ccxt takes any, and some of them change which servers "
            "or certificates it trusts.",
            "Remove it. If the bot really needs it, report it, so that it can be judged.",
        )


def _invalid_options(options: Any, path: str, profile: ExchangeProfile) -> Iterator[Finding]:
    if not isinstance(options, dict):
        return
    if "ws" in options:
        yield error(
            "client-settings",
            f"{path}.ws changes where websockets go, through which proxy, and what they print.",
            "Remove it; write wsProxy or wssProxy into exchange.ccxt_config if a proxy is needed.",
        )
    for name, limit in profile.signature_lifetimes.items():
        if name in options and not (type(options[name]) is int and 0 < options[name] <= limit):
            yield error(
                "client-settings",
                f"{path}.{name} keeps signatures valid for longer than a minute: anyone who sees one can send the same "
                "request again.",
                f"Remove it, or write a number up to {limit}.",
            )


def remove_credentials(settings: dict[str, Any]) -> None:
    """Remove every credential, empty or not, as freqtrade and ccxt spell them."""
    for empty in (True, False):
        for name in _credential_names_in(settings, empty=empty):
            del settings[name]


def without_credentials(exchange: Mapping[str, Any]) -> dict[str, Any]:
    """Return freqtrade's `exchange` section without any credential, in its clients' blocks, too."""
    stripped = deepcopy(dict(exchange))
    for block in (stripped, *(stripped[name] for name in BLOCKS if isinstance(stripped.get(name), dict))):
        remove_credentials(block)
    return stripped


def remove_empty_credentials(settings: dict[str, Any]) -> None:
    """Remove empty credentials, which `freqtrade new-config` writes and which would win over the admitted ones."""
    for name in _credential_names_in(settings, empty=True):
        del settings[name]


def _credential_names_in(settings: Mapping[str, Any], *, empty: bool) -> list[str]:
    return [
        name
        for name, value in settings.items()
        if _normalize(name) in _FIELDS_BY_NAME and (value in (None, "")) is empty
    ]
