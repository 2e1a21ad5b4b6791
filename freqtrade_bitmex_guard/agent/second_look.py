"""The second look: what ccxt signed is parsed again, and must say exactly what was judged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from freqtrade_bitmex_guard.agent.refusal import RefusedError
from freqtrade_bitmex_guard.agent.table import Encoding, Route, RouteTable


@dataclass(frozen=True, slots=True, repr=False)
class SignedRequest:
    """A request as it goes out.

    Attributes:
        url: with its query.
        verb: the HTTP verb.
        headers: by name.
        body: or None.
    """

    url: str
    verb: str
    headers: Mapping[str, str]
    body: str | None

    @classmethod
    def of(cls, signed: Any) -> SignedRequest:
        """Read what ccxt's `sign` returned.

        Raises:
            RefusedError: if it is not of the shape that ccxt documents.
        """
        try:
            url, verb, headers, body = (signed[name] for name in ("url", "method", "headers", "body"))
        except (TypeError, KeyError):
            raise RefusedError("second-look", "ccxt returned no signed request") from None
        headers = {} if headers is None else headers
        texts = [url, verb, *([] if body is None else [body])]
        if not isinstance(headers, Mapping) or not all(isinstance(text, str) for text in texts):
            raise RefusedError("second-look", "ccxt returned a request that is not made of texts")
        return cls(url, verb, {name: str(value) for name, value in headers.items()}, body)


def verify_signed(
    signed: SignedRequest, route: Route, params: Mapping[str, Any], table: RouteTable, server: str
) -> None:
    """Verify that a signed request says what was judged, and nothing else.

    Args:
        signed: what ccxt made of a copy of the parameters.
        route: as it was judged.
        params: as they were judged.
        table: of the exchange.
        server: the URL of the route's API, as the check was made with it.

    Raises:
        RefusedError: if anything differs.
    """
    address, _, query = signed.url.partition("?")
    if address != f"{server}{table.prefix}{_filled(route.path, params)}":
        raise RefusedError("second-look", "ccxt signed another server or path", route.kind)
    if signed.verb != route.verb:
        raise RefusedError("second-look", "ccxt signed another verb", route.kind)
    if not {name.lower() for name in signed.headers} <= table.headers:
        raise RefusedError("second-look", "ccxt added a header", route.kind)
    judged = {name: value for name, value in params.items() if f"{{{name}}}" not in route.path}
    body = signed.body or ""
    if route.encoding is Encoding.QUERY:
        says = body == "" and _is_form(query, judged, table)
    elif route.encoding is Encoding.FORM:
        says = query == "" and _is_form(body, judged, table)
    else:
        says = query == "" and _is_json(body, judged, table)
    if not says:
        raise RefusedError("second-look", "ccxt signed other parameters", route.kind)


def _filled(path: str, params: Mapping[str, Any]) -> str:
    for name, value in params.items():
        path = path.replace(f"{{{name}}}", str(value))
    return path


def _is_form(text: str, judged: Mapping[str, Any], table: RouteTable) -> bool:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")
    except ValueError:
        return False
    names = dict(pairs)
    if len(names) != len(pairs) or not names.keys() - judged.keys() <= table.added:
        return False
    return all(name in names and _is_value(names[name], value) for name, value in judged.items())


def _is_value(text: str, value: Any) -> bool:
    # Of true and false ccxt writes the first letter small or, in nested forms, large.
    return text.lower() == str(value).lower() if isinstance(value, bool) else text == str(value)


def _is_json(body: str, judged: Mapping[str, Any], table: RouteTable) -> bool:
    try:
        pairs = json.loads(body or "{}", object_pairs_hook=list)
        content = json.loads(body or "{}")
    except ValueError:
        return False
    if not isinstance(content, dict) or len(content) != len(pairs):
        return False
    added = content.keys() - judged.keys()
    # repr tells 1 from True and from 1.0, which compare as equal.
    return added <= table.added and all(
        name in content and repr(content[name]) == repr(value) for name, value in judged.items()
    )
