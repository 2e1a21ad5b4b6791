"""freqtrade's ccxt settings, judged on real ccxt clients."""

from __future__ import annotations

from typing import Any

import ccxt
import ccxt.pro
import pytest

from freqtrade_bitmex_guard.client import exchange_client
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.unit.client.judged_settings import HOSTS, PROXY, findings_of, urls

pytestmark = pytest.mark.bitmex  # the clients here are ccxt's of BitMEX


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"sandbox": True},
        {"timeout": 5000},
        {"timeout": 500},
        {"timeout": 120_000},
        {"enableRateLimit": True},
        {"options": {"recvWindow": 60_000, "api-expires": 60, "defaultType": "spot"}},
        urls("http://127.0.0.1:8080"),
        urls("https://127.0.0.1:8080"),
        urls("http://[::1]:8080"),
        urls("https://www.bitmex.com:443"),
        urls("https://WWW.BITMEX.COM"),
        {"httpsProxy": PROXY},
        {"socksProxy": "socks5h://10.0.0.1:1080"},
        {"headers": {"X-Trace": "1"}},
        {"apiKey": "", "secret": ""},
    ],
)
def test_harmless_settings_are_accepted(settings: dict[str, Any]) -> None:
    assert findings_of({"name": "bitmex", "ccxt_config": settings}) == set()


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        (urls("https://evil.example"), "host-not-allowed"),
        (urls("https://www.bitmex.com", "https://evil.example"), "host-not-allowed"),
        (urls("https://www.bitmex.com.evil.example"), "host-not-allowed"),
        (urls("https://www.bitmex.com."), "host-not-allowed"),
        (urls("http://127.0.0.2:80"), "host-not-allowed"),
        ({"urls": {"api": {"ws": "wss://evil.example/realtime"}}}, "host-not-allowed"),
        (urls("http://www.bitmex.com"), "origin-insecure"),
        (urls("http://localhost:8080"), "origin-insecure"),
        (urls("https://www.bitmex.com@evil.example"), "client-settings"),
        (urls("https://bob:hunter2@www.bitmex.com"), "client-settings"),
        (urls("https://evil.example\\@www.bitmex.com"), "client-settings"),
        (urls("https://evil.example#@www.bitmex.com"), "client-settings"),
        (urls("https://www.bitmex.com?x="), "client-settings"),
        (urls("ftp://www.bitmex.com"), "client-settings"),
        (urls("//www.bitmex.com"), "client-settings"),
        (urls(""), "client-settings"),
        ({"urls": {"api": "https://www.bitmex.com"}}, "client-settings"),
        ({"urls": {"api": {"private": None}}}, "client-settings"),
        ({"urls": {"api": {"private": 7}}}, "client-settings"),
        ({"urls": []}, "client-settings"),
        ({"verify": False}, "tls-not-verified"),
        ({"verify": 0}, "tls-not-verified"),
        ({"verify": None}, "tls-not-verified"),
        ({"verify": "/tmp/ca.pem"}, "tls-not-verified"),
        ({"validateServerSsl": False}, "tls-not-verified"),
        ({"cafile": "/tmp/ca.pem"}, "tls-not-verified"),
        ({"proxy": "https://relay.example/"}, "proxy-relay"),
        ({"proxyUrl": "https://relay.example/"}, "proxy-relay"),
        ({"proxy_url": "https://relay.example/"}, "proxy-relay"),
        ({"proxyUrlCallback": "x"}, "proxy-relay"),
        ({"proxy_url_callback": "x"}, "proxy-relay"),
        ({"proxyUrl": ""}, "proxy-relay"),
        ({"urls": {"api": {"ws": "ws://ws.bitmex.com/realtime"}}}, "origin-insecure"),
        ({"urls": {"api": {"ws": "wss://ws.bitmex.com:8443/realtime"}}}, "host-not-allowed"),
        ({"ssl_context": False}, "client-settings"),
        ({"tcp_connector": 1}, "client-settings"),
        ({"session": 1}, "client-settings"),
        ({"sign": "x"}, "client-settings"),
        ({"fetch": "x"}, "client-settings"),
        ({"synchronous": True}, "client-settings"),
        ({"nobody knows this": 1}, "client-settings"),
        ({"": 1}, "client-settings"),
        ({"__class__": "x"}, "client-settings"),
        ({"_ensure_whitelisted_file": {}}, "client-settings"),
        ({"_note": 1, "tcp_connector": 1}, "client-settings"),
        ({"fetch_markets": []}, "client-settings"),
        ({"markets": {}}, "client-settings"),
        ({"describe": 1}, "client-settings"),
        ({"validate_server_ssl": False}, "client-settings"),
        ({"verbose": True}, "verbose-client"),
        ({"verbose": 1}, "verbose-client"),
        ({"timeout": 0}, "client-settings"),
        ({"timeout": -1}, "client-settings"),
        ({"timeout": "10000"}, "client-settings"),
        ({"timeout": True}, "client-settings"),
        ({"timeout": 10**400}, "client-settings"),
        ({"timeout": None}, "client-settings"),
        ({"timeout": 30}, "client-settings"),
        ({"options": "x"}, "client-settings"),
        ({"apiKey": "x"}, "credentials-in-config"),
        ({"apikey": "x"}, "credentials-in-config"),
        ({"secret": "x"}, "credentials-in-config"),
        ({"password": "x"}, "credentials-in-config"),
        ({"privateKey": "x"}, "credentials-in-config"),
        ({"headers": {"api-key": "x"}}, "credentials-in-config"),
        ({"headers": {"API-Signature": "x"}}, "credentials-in-config"),
        ({"headers": {"Authorization": "x"}}, "credentials-in-config"),
        ({"headers": {"Host": "evil.example"}}, "credentials-in-config"),
        ({"headers": [["api-key", "x"]]}, "client-settings"),
        ({"headers": {"X-Trace": 1}}, "client-settings"),
        ({"userAgent": {"User-Agent": "x", "api-key": "y"}}, "client-settings"),
        ({"user_agent": {"User-Agent": "x", "Host": "y"}}, "client-settings"),
        ({"options": {"ws": {"url": "ws://localhost:1/"}}}, "client-settings"),
        ({"options": {"ws": {}}}, "client-settings"),
        ({"options": {"recvWindow": 60_001}}, "client-settings"),
        ({"options": {"recvWindow": 0}}, "client-settings"),
        ({"options": {"recvWindow": True}}, "client-settings"),
        ({"options": {"recvWindow": "5000"}}, "client-settings"),
        ({"options": {"api-expires": 61}}, "client-settings"),
        (urls("http://127.0.0.1:1", "http://127.0.0.1:2"), "endpoint-mismatch"),
        (urls("https://www.bitmex.com", "https://testnet.bitmex.com"), "endpoint-mismatch"),
        ({**urls("http://127.0.0.1:1"), "httpProxy": PROXY}, "origin-insecure"),
        ({"httpProxy": PROXY}, "proxy-mismatch"),
        ({"http_proxy": PROXY}, "proxy-mismatch"),
        ({"requests_trust_env": True}, "proxy-mismatch"),
        ({"aiohttp_trust_env": True}, "proxy-mismatch"),
        ({"trust_env": True}, "proxy-mismatch"),
        ({"options": {"include_OS_certificates": True}}, "tls-not-verified"),
        ({"hostname": 5}, None),
        ([], "client-settings"),
        ("x", "client-settings"),
    ],
)
@pytest.mark.parametrize("block", ["ccxt_config", "ccxt_sync_config", "ccxt_async_config"])
def test_settings_that_make_answers_untrustworthy_are_misconfigured_in_every_block(
    settings: Any, rule: str | None, block: str
) -> None:
    found = findings_of({"name": "bitmex", block: settings})
    if rule is None:
        assert found == set()  # BitMEX's addresses have no place for it
    else:
        assert rule in found


@pytest.mark.parametrize(
    "name",
    ["key", "secret", "api_key", "apiKey", "APIKEY", "password", "uid", "account_id", "wallet_address", "privateKey"],
)
def test_credentials_in_the_exchange_section_are_misconfigured_unless_they_are_empty(name: str) -> None:
    assert findings_of({"name": "bitmex", name: "x"}) == {"credentials-in-config"}
    assert findings_of({"name": "bitmex", name: ""}) == set()
    assert findings_of({"name": "bitmex", name: None}) == set()


def test_a_ccxt_without_the_exchange_names_the_version_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccxt, "exchanges", [name for name in ccxt.exchanges if name != "bitmex"])
    with pytest.raises(GuardError) as stopped:
        exchange_client.build_client({"name": "bitmex"}, PROFILE, HOSTS)
    (finding,) = stopped.value.findings
    assert finding.name == "ccxt-class-missing"
    assert "pip install 'ccxt<=4.5.83'" in finding.fix
    assert "[bitmex]" in finding.fix
