"""How a client reaches its exchange, read off real ccxt clients."""

from __future__ import annotations

from typing import Any

import ccxt
import ccxt.pro
import pytest

from freqtrade_bitmex_guard.check.admission import Admission
from freqtrade_bitmex_guard.client import exchange_client
from freqtrade_bitmex_guard.client.connection import ClientConnection, Origin
from freqtrade_bitmex_guard.client.http import BoundedSession, TransportError
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.verdict import Verdict
from tests.support.factories import KEY_ID, SECRET, pair

pytestmark = pytest.mark.bitmex  # the clients here are ccxt's of BitMEX

HOSTS = ["www.bitmex.com", "testnet.bitmex.com", "127.0.0.1", "::1", "localhost"]


PROXY = "http://user:hunter2@10.0.0.1:3128"


def urls(public: str, private: str | None = None) -> dict[str, Any]:
    return {"urls": {"api": {"public": public, "private": private or public}}}


def rules(exchange: dict[str, Any], hosts: list[str] | None = None) -> set[str]:
    try:
        exchange_client.build_client(exchange, PROFILE, hosts or HOSTS)
    except GuardError as stopped:
        assert all(finding.outcome is Outcome.MISCONFIGURED for finding in stopped.findings)
        assert "hunter2" not in str(stopped)
        return {finding.name for finding in stopped.findings}
    return set()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"sandbox": True},
        {"timeout": 5000},
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
def test_settings_that_leave_the_answer_trustworthy_are_fine(settings: dict[str, Any]) -> None:
    assert rules({"name": "bitmex", "ccxt_config": settings}) == set()


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
        ({"urls": {"api": "https://www.bitmex.com"}}, None),
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
        ({"verbose": True}, "verbose-client"),
        ({"verbose": 1}, "verbose-client"),
        ({"timeout": 0}, "client-settings"),
        ({"timeout": -1}, "client-settings"),
        ({"timeout": "10000"}, "client-settings"),
        ({"timeout": True}, "client-settings"),
        ({"timeout": 10**400}, "client-settings"),
        ({"timeout": None}, "client-settings"),
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
def test_settings_that_make_it_untrustworthy_are_misconfigured_in_every_block(
    settings: Any, rule: str | None, block: str
) -> None:
    if "timeout" in settings and block == "ccxt_async_config":
        return  # the asynchronous client's time-out says nothing about the check
    found = rules({"name": "bitmex", block: settings})
    if rule is None and "hostname" in settings:
        assert found == set()  # BitMEX's addresses have no place for it
    elif rule is None:
        assert found <= {"endpoint-mismatch", "client-settings"}  # one address for all: ccxt itself stumbles later
    else:
        assert rule in found


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
def test_clients_that_would_not_go_the_same_way_are_misconfigured(exchange: dict[str, Any], rule: str) -> None:
    assert rule in rules({"name": "bitmex", **exchange})


@pytest.mark.parametrize(
    "name",
    ["key", "secret", "api_key", "apiKey", "APIKEY", "password", "uid", "account_id", "wallet_address", "privateKey"],
)
def test_credentials_in_the_exchange_section_are_misconfigured_unless_they_are_empty(name: str) -> None:
    assert rules({"name": "bitmex", name: "x"}) == {"credentials-in-config"}
    assert rules({"name": "bitmex", name: ""}) == set()
    assert rules({"name": "bitmex", name: None}) == set()


def test_a_ccxt_without_the_exchange_names_the_version_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccxt, "exchanges", [name for name in ccxt.exchanges if name != "bitmex"])
    with pytest.raises(GuardError) as stopped:
        exchange_client.build_client({"name": "bitmex"}, PROFILE, HOSTS)
    (finding,) = stopped.value.findings
    assert finding.name == "ccxt-class-missing"
    assert "pip install 'ccxt==4.5.83'" in finding.fix
    assert "[bitmex]" in finding.fix


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


def proven() -> Admission:
    return Admission(
        pair(),
        ClientConnection.of(ccxt.bitmex(), asynchronous=False),
        PROFILE,
        parse_section({"allowed_hosts": ["www.bitmex.com"]}, PROFILE),
        lambda: Verdict(findings=()),
    )


@pytest.mark.parametrize("module", [ccxt, ccxt.pro], ids=["sync", "async"])
@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({}, None),
        ({"timeout": 5}, None),
        ({"apiKey": "other"}, "client-changed"),
        ({"apiKey": None}, "client-changed"),
        ({"apiKey": ""}, "client-changed"),
        ({"secret": "other"}, "client-changed"),
        ({"password": "x"}, "client-changed"),
        ({"token": "x"}, "client-changed"),
        ({"privateKey": "x"}, "client-changed"),
        ({"headers": {"api-key": "x"}}, "client-changed"),
        ({"headers": [["api-key", "x"]]}, "client-changed"),
        ({"userAgent": {"api-key": "x"}}, "client-changed"),
        ({"sandbox": True}, "host-not-allowed"),
        (urls("https://evil.example"), "host-not-allowed"),
        (urls("https://www.bitmex.com:8443"), "endpoint-mismatch"),
        (urls("https://www.bitmex.com", "https://www.bitmex.com:8443"), "endpoint-mismatch"),
        ({"httpsProxy": PROXY}, "proxy-mismatch"),
        ({"verify": False}, "tls-not-verified"),
        ({"proxyUrl": "https://x.example/"}, "proxy-relay"),
        ({"verbose": True}, "verbose-client"),
    ],
)
def test_a_client_that_freqtrade_builds_is_compared_with_what_was_proven(
    module: Any, changed: dict[str, Any], rule: str | None
) -> None:
    built = module.bitmex({"apiKey": KEY_ID, "secret": SECRET, **changed})
    found = list(proven().verify_client(built))
    assert rule in {finding.name for finding in found} if rule else found == []
    assert not any(SECRET in finding.message or KEY_ID in finding.message for finding in found)


@pytest.mark.parametrize("name", ["ssl_context", "tcp_connector", "session"])
def test_an_asynchronous_client_that_brings_its_own_tls_is_not_trusted(name: str) -> None:
    built = ccxt.pro.bitmex({"apiKey": KEY_ID, "secret": SECRET})
    assert list(proven().verify_client(built)) == []
    setattr(built, name, False)
    assert [finding.name for finding in proven().verify_client(built)] == ["tls-not-verified"]
    setattr(built, name, None)


def test_a_request_to_another_server_than_the_one_that_was_judged_is_not_sent() -> None:
    session = BoundedSession(frozenset({Origin.of("http://127.0.0.1:1")}))
    for url in ("http://127.0.0.1:2/api", "https://127.0.0.1:1/api", "http://127.0.0.1/api"):
        with pytest.raises(TransportError, match="not checked"):
            session.request("GET", url)
    assert session.request_count == 0
    with pytest.raises(TransportError, match="connection failed"):
        session.request("GET", "http://127.0.0.1:1/api?x=1")


def test_injected_credentials_are_not_beaten_by_empty_ones() -> None:
    exchange: dict[str, Any] = {
        "name": "bitmex",
        "api_key": "",
        "apiKey": None,
        "key": "",
        "secret": "",
        "ccxt_config": {"apiKey": "", "timeout": 1},
        "ccxt_async_config": {"secret": None},
    }

    with proven().injected(exchange):
        injected = dict(exchange)

    rest = {"name": "bitmex", "ccxt_config": {"timeout": 1}, "ccxt_async_config": {}}
    assert injected == {**rest, "key": KEY_ID, "secret": SECRET}
    assert exchange == {**rest, "key": None, "secret": None}
