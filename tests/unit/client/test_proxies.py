"""Proxies under all names that ccxt has had for them, read off real ccxt clients."""

from __future__ import annotations

import importlib.util
from typing import Any

import ccxt
import pytest

from freqtrade_bitmex_guard.client import exchange_client, proxies
from freqtrade_bitmex_guard.client.connection import ClientConnection
from freqtrade_bitmex_guard.exchanges.binance import PROFILE
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from tests.support.factories import BINANCE_ID, BINANCE_SECRET, pair
from tests.unit.client.judged_settings import PROXY

HOSTS = list(PROFILE.hosts)
OTHER = "http://user:hunter2@10.0.0.2:3128"
SOCKS = "socks5h://user:hunter2@10.0.0.1:1080"


def findings_of(**blocks: Any) -> list[Finding]:
    try:
        exchange_client.build_client({"name": "binance", **blocks}, PROFILE, HOSTS)
    except GuardError as stopped:
        assert "hunter2" not in repr(stopped.findings)
        return list(stopped.findings)
    return []


@pytest.mark.parametrize(
    "blocks",
    [
        {"ccxt_config": {"aiohttp_proxy": PROXY, "proxies": {"http": PROXY, "https": PROXY}}},
        {"ccxt_config": {"aiohttp_proxy": PROXY, "proxies": {"https": PROXY}}},
        {"ccxt_config": {"aiohttp_proxy": PROXY, "proxies": {"all": f"{PROXY}/"}}},
        {"ccxt_config": {"aiohttp_proxy": PROXY, "proxies": {"https": PROXY.removeprefix("http://")}}},
        {"ccxt_sync_config": {"proxies": {"https": PROXY}}, "ccxt_async_config": {"aiohttp_proxy": PROXY}},
        {"ccxt_sync_config": {"proxies": {"https": PROXY}}, "ccxt_async_config": {"httpsProxy": PROXY}},
        {"ccxt_sync_config": {"httpsProxy": PROXY}, "ccxt_async_config": {"aiohttp_proxy": PROXY}},
        {"ccxt_config": {"https_proxy": PROXY, "wsProxy": PROXY}},
        {"ccxt_config": {"socksProxy": SOCKS, "wsSocksProxy": SOCKS}},
        {"ccxt_config": {"aiohttp_proxy": ""}},
    ],
    ids=str,
)
def test_settings_that_name_one_proxy_are_accepted(blocks: dict[str, Any]) -> None:
    assert findings_of(**blocks) == []


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ({"ccxt_config": {"proxies": {"https": PROXY}}}, "Only ccxt's synchronous clients use the proxy in proxies"),
        ({"ccxt_config": {"aiohttp_proxy": PROXY}}, "Only ccxt's asynchronous clients use the proxy in aiohttp_proxy"),
        (
            {"ccxt_config": {"aiohttp_proxy": OTHER, "proxies": {"https": PROXY}}},
            "aiohttp_proxy and proxies name different proxies",
        ),
        (
            {"ccxt_sync_config": {"httpsProxy": PROXY}, "ccxt_async_config": {"httpsProxy": OTHER}},
            "clients would not use the same proxy",
        ),
        ({"ccxt_config": {"aiohttp_proxy": PROXY, "proxies": {"http": PROXY}}}, "proxies names no proxy for the"),
        ({"ccxt_config": {"proxies": {"http": PROXY}}}, "proxies names no proxy for the"),
        ({"ccxt_config": {"aiohttp_proxy": PROXY, "proxies": PROXY}}, "ccxt_config.proxies must be an object"),
        ({"ccxt_config": {"aiohttp_proxy": PROXY, "proxies": {"https": [PROXY]}}}, "name different proxies"),
        (
            {
                "ccxt_config": {
                    "aiohttp_proxy": PROXY,
                    "proxies": {"https": PROXY, "https://api.binance.com": OTHER},
                }
            },
            "name different proxies",
        ),
        ({"ccxt_config": {"httpProxy": PROXY, "httpsProxy": PROXY}}, "only one of httpProxy and httpsProxy"),
        ({"ccxt_config": {"httpsProxy": PROXY, "socksProxy": SOCKS}}, "only one of httpsProxy and socksProxy"),
        ({"ccxt_config": {"httpsProxy": PROXY, "aiohttp_proxy": PROXY}}, "only one of httpsProxy and aiohttp_proxy"),
        ({"ccxt_config": {"httpsProxy": PROXY, "proxies": {}}}, "only one of httpsProxy and proxies"),
        ({"ccxt_config": {"wsProxy": PROXY, "wssProxy": PROXY}}, "only one of wsProxy and wssProxy"),
        ({"ccxt_config": {"httpProxy": PROXY}}, "httpProxy is for plain http"),
        ({"ccxt_config": {"httpsProxy": SOCKS}}, "httpsProxy names a SOCKS proxy"),
        ({"ccxt_config": {"aiohttp_proxy": SOCKS, "proxies": {"https": SOCKS}}}, "names a SOCKS proxy"),
    ],
    ids=str,
)
def test_proxies_that_some_clients_bypass_are_named_truly(blocks: dict[str, Any], said: str) -> None:
    findings = findings_of(**blocks)
    assert any(said in finding.message for finding in findings), findings
    assert {finding.name for finding in findings} <= {"proxy-mismatch", "client-settings"}


@pytest.mark.parametrize(
    "settings",
    [
        {"httpProxy": PROXY, "httpsProxy": PROXY},
        {"httpsProxy": PROXY, "socksProxy": SOCKS},
        {"httpsProxy": PROXY, "proxies": {}},
    ],
    ids=str,
)
def test_what_is_called_a_conflict_is_one_for_ccxt(settings: dict[str, Any]) -> None:
    with pytest.raises(ccxt.ExchangeError, match="conflicting proxy settings"):
        ccxt.binance(settings).fetch("https://127.0.0.1:1/")


def test_an_old_name_counts_as_a_proxy_before_a_plain_server() -> None:
    plain = {"urls": {"api": dict.fromkeys(ccxt.binance().urls["api"], "http://127.0.0.1:1")}}
    for old in ({"proxies": {"http": PROXY}}, {"proxies": {"https": PROXY}}, {"aiohttp_proxy": PROXY}):
        client = ccxt.binance({**plain, **old})
        for asynchronous in (False, True):
            connection = ClientConnection.of(client, asynchronous=asynchronous)
            used = ("aiohttp_proxy" in old) is asynchronous and "https" not in old.get("proxies", {})
            assert bool(connection.proxies) is used


@pytest.mark.parametrize("missing", ["socks", "aiohttp_socks"])
def test_a_missing_package_for_a_socks_proxy_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(proxies, "find_spec", lambda name: None if name == missing else there("json"))
    settings = {"name": "binance", "ccxt_config": {"socksProxy": SOCKS}}
    client = exchange_client.build_client(settings, PROFILE, HOSTS)
    with pytest.raises(GuardError, match="SOCKS") as stopped:
        client.open_session(pair(BINANCE_ID, BINANCE_SECRET), 1)
    assert "pip install pysocks aiohttp-socks" in stopped.value.findings[0].fix


def test_without_a_socks_proxy_no_package_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "find_spec", lambda _: None)
    client = exchange_client.build_client({"name": "binance", "ccxt_config": {"httpsProxy": PROXY}}, PROFILE, HOSTS)
    client.open_session(pair(BINANCE_ID, BINANCE_SECRET), 1)
