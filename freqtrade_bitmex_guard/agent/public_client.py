"""ccxt without credentials, over the agent's own connections: for the list of markets and their prices."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from freqtrade_bitmex_guard.check.prepare import build_public_client
from freqtrade_bitmex_guard.client.carrier import HttpRequest, open_carrier
from freqtrade_bitmex_guard.client.connection import ClientConnection
from freqtrade_bitmex_guard.client.response import Response


def public_client(config: Mapping[str, Any], connection: ClientConnection) -> Any:
    """Return a ccxt client for public data, whose answers are bounded and read strictly.

    Args:
        config: of the agent, as a check takes it.
        connection: of the check; no other server is asked.
    """
    client = build_public_client(config).hand_out()
    carrier = open_carrier(connection)
    lock = threading.Lock()

    def fetch(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        # ccxt's own session follows redirects and reads answers of any size.
        with lock:
            sent = client.prepare_request_headers(dict(headers or {}))
            kept = {name: value for name, value in sent.items() if name.lower() != "accept-encoding"}
            encoded = body.encode() if isinstance(body, str) else None
            request = HttpRequest(url, method, kept, encoded)
            answer = carrier.send(request, client.timeout / 1000, retry=method == "GET")
            return _content(client, answer, url, method)

    client.fetch = fetch
    return client


def _content(client: Any, answer: Response, url: str, method: str) -> Any:
    text = answer.body.decode("utf-8")
    content = client.parse_json(text)
    client.handle_errors(answer.status, "", url, method, dict(answer.headers), text, content, {}, None)
    if answer.status >= 400:
        client.handle_http_status_code(answer.status, "", url, method, text)
        raise ValueError("an error without a cause")
    return content
