"""How a client reaches its exchange, read off real ccxt clients."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard.client.connection import Origin
from freqtrade_bitmex_guard.client.http import BoundedSession
from freqtrade_bitmex_guard.client.transport_errors import TransportError
from tests.unit.client.judged_settings import PROXY, findings_of, urls

pytestmark = pytest.mark.bitmex  # the clients here are ccxt's of BitMEX


@pytest.mark.parametrize(
    ("exchange", "rule"),
    [
        ({"ccxt_sync_config": {"sandbox": True}}, "endpoint-mismatch"),
        ({"ccxt_async_config": urls("http://127.0.0.1:1")}, "endpoint-mismatch"),
        (
            {"ccxt_config": urls("http://127.0.0.1:1"), "ccxt_async_config": urls("http://127.0.0.1:2")},
            "endpoint-mismatch",
        ),
        ({"ccxt_sync_config": {"httpsProxy": PROXY}}, "proxy-mismatch"),
        ({"ccxt_async_config": {"aiohttp_proxy": PROXY}}, "proxy-mismatch"),
        ({"ccxt_sync_config": {"proxies": {"https": PROXY}}}, "proxy-mismatch"),
        ({"ccxt_config": {"httpsProxy": PROXY}, "ccxt_async_config": {"httpsProxy": "http://x:1"}}, "proxy-mismatch"),
        ({"ccxt_async_config": {"wssProxy": PROXY}}, "proxy-mismatch"),
        (
            {
                "ccxt_sync_config": urls("http://127.0.0.1:1", "http://127.0.0.1:2"),
                "ccxt_async_config": urls("http://127.0.0.1:2", "http://127.0.0.1:1"),
            },
            "endpoint-mismatch",
        ),
        ({"ccxt_async_config": {"httpProxy": PROXY}}, "proxy-mismatch"),
        ({"ccxt_async_config": {"http_proxy": PROXY}}, "proxy-mismatch"),
        ({"ccxt_async_config": {"https_proxy": PROXY}}, "proxy-mismatch"),
        ({"ccxt_async_config": {"socksProxy": "socks5://10.0.0.1:1080"}}, "proxy-mismatch"),
        ({"ccxt_sync_config": {"socks_proxy": "socks5://10.0.0.1:1080"}}, "proxy-mismatch"),
    ],
)
def test_clients_that_would_connect_differently_are_misconfigured(exchange: dict[str, Any], rule: str) -> None:
    assert rule in findings_of({"name": "bitmex", **exchange})


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://www.bitmex.com", Origin("https", "www.bitmex.com", 443)),
        ("http://127.0.0.1", Origin("http", "127.0.0.1", 80)),
        ("https://Www.Bitmex.Com:8443/api/v1/", Origin("https", "www.bitmex.com", 8443)),
        ("wss://ws.bitmex.com/realtime", Origin("wss", "ws.bitmex.com", 443)),
        ("http://[::1]:80", Origin("http", "::1", 80)),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: Origin) -> None:
    assert Origin.of(url) == origin


def test_a_name_is_never_taken_for_an_address_of_this_machine() -> None:
    assert Origin.of("http://127.0.0.1").is_loopback
    assert Origin.of("http://[::1]").is_loopback
    assert Origin.of("http://127.8.7.6").is_loopback
    assert not Origin.of("http://localhost").is_loopback
    assert not Origin.of("http://127.0.0.1.example").is_loopback


def test_a_request_to_a_server_that_was_not_checked_is_not_sent() -> None:
    session = BoundedSession(frozenset({Origin.of("http://127.0.0.1:1")}))
    for url in ("http://127.0.0.1:2/api", "https://127.0.0.1:1/api", "http://127.0.0.1/api"):
        with pytest.raises(TransportError, match="not checked"):
            session.request("GET", url)
    assert session.request_count == 0
    with pytest.raises(TransportError, match="connection failed"):
        session.request("GET", "http://127.0.0.1:1/api?x=1")
