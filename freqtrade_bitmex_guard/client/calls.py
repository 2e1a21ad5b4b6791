"""One call of an exchange's API as the installed ccxt makes it.

Up to ccxt 4.5.88 `sign` takes an API of one level as a text and only nested ones as a list; from 4.5.89 on it takes
every API as a list. The wrong form raises on some exchanges. On others the request goes out unsigned or to another
server. So the form is taken from ccxt's own table of calls, and a signed request must name the key before it is sent.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from freqtrade_bitmex_guard.client.transport_errors import TransportError
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.model.profile import ExchangeProfile

ApiName = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of an exchange's API.

    Attributes:
        path: as ccxt's table has it, for example `account/config`.
        verb: the HTTP verb.
        api: which of the exchange's APIs, in ccxt's names; several for a nested one.
        params: the call's parameters; ccxt puts them into the URL or the body, as the exchange wants.
        is_signed: whether the request must be signed.
    """

    path: str
    verb: str = "GET"
    api: ApiName = "private"
    params: Mapping[str, Any] = field(default_factory=dict)
    is_signed: bool = True


def send_call(client: Any, call: ApiCall, api_form: str | list[str]) -> None:
    """Sign a call and send it; the client's session keeps the response.

    Args:
        client: a synchronous ccxt client.
        call: what to send.
        api_form: `call.api` in the form that this ccxt takes, from `find_api_form`.

    Raises:
        TransportError: if ccxt made an unsigned request of a call that must be signed.
        Exception: anything that ccxt raises.
    """
    request = client.sign(call.path, api_form, call.verb, dict(call.params))
    if call.is_signed and not _names_key(request, client.apiKey):
        raise TransportError("client-settings", "ccxt made an unsigned request of a signed one; it was not sent")
    # Not ccxt's `request`, which signs again, and repeats what failed if a setting says so.
    client.fetch(request["url"], request["method"], request["headers"], request["body"])


def _names_key(request: Mapping[str, Any], key_id: object) -> bool:
    if not isinstance(key_id, str) or not key_id:
        return False
    headers = request.get("headers") or {}
    parts = [request["url"], request.get("body"), *headers.values()]
    texts = [part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in parts]
    # HTTP basic authentication carries `key id:secret` in base64: three bytes of the id make four characters.
    in_basic = base64.b64encode(key_id.encode()[: len(key_id) // 3 * 3]).decode()
    names = [key_id, quote(key_id, safe=""), f"Basic {in_basic}"]
    return any(name in text for name in names for text in texts)


def find_api_form(client: Any, call: ApiCall, profile: ExchangeProfile) -> str | list[str]:
    """Return the API of a call in the form that the installed ccxt takes.

    Raises:
        GuardError: misconfigured, if this ccxt has no such API.
    """
    wanted = (call.api,) if isinstance(call.api, str) else tuple(call.api)
    forms = dict(_listed_apis(type(client)))
    if wanted not in forms and wanted not in [(extra.name,) for extra in profile.extra_apis]:
        fail(
            "client-settings",
            f"The installed ccxt has no API {'/'.join(wanted)} of {profile.title}.",
            "Install another version of ccxt in the bot's environment, or report it.",
        )
    alone = wanted[0] if any(isinstance(form, str) for form in forms.values()) else list(wanted)
    return forms.get(wanted, alone)


def _listed_apis(client_class: type) -> Iterator[tuple[tuple[str, ...], str | list[str]]]:
    """Yield the APIs in ccxt's table of calls, as names and in ccxt's form; the calls are descriptors of the class."""
    for ancestor in reversed(client_class.__mro__):
        for entry in vars(ancestor).values():
            form = getattr(entry, "api", None)
            if isinstance(form, str):
                yield (form,), form
            elif isinstance(form, list):
                yield tuple(form), form


def add_extra_apis(client: Any, profile: ExchangeProfile) -> None:
    """Make a client sign for the parts of the exchange's API that ccxt does not list.

    They are on a server that the client uses already, so no new one is reached by them.
    """
    for extra in profile.extra_apis:
        server = urlsplit(client.implode_hostname(client.urls["api"][extra.beside]))
        client.urls["api"][extra.name] = f"{server.scheme}://{server.netloc}{extra.path}"
        client.options = client.deep_extend(client.options, dict(extra.options))
