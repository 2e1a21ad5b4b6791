"""Settings of ccxt that are misspelt, in the wrong place, or of the wrong kind."""

from __future__ import annotations

from typing import Any

import ccxt
import ccxt.pro
import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client import exchange_client, setting_names
from freqtrade_bitmex_guard.model.findings import Finding, GuardError

BLOCKS = ["ccxt_config", "ccxt_sync_config", "ccxt_async_config"]


def findings_of(name: str, settings: dict[str, Any], block: str = "ccxt_config") -> list[Finding]:
    profile = exchanges.get_adapter(name).profile
    try:
        exchange_client.build_client({"name": name, block: settings}, profile, list(profile.hosts))
    except GuardError as stopped:
        return list(stopped.findings)
    return []


@pytest.mark.parametrize("exchange", ["binance", "bybit", "gate", "kraken", "okx"])
@pytest.mark.parametrize(
    "settings",
    [
        {"defaultType": "future"},
        {"defaultSubType": "linear", "defaultSettle": "USDT", "adjustForTimeDifference": True},
        {"fetchMarkets": ["spot"]},
        {"fetchCurrencies": False},
        {"enable_ws": False, "log_responses": True, "markets_refresh_interval": 60, "outdated_offset": 5},
        {"recvWindow": 86_400_000, "brokerId": "x"},
        {"//": "a note", "_comment": "a note", "$comment": "a note", "# rateLimit": 1, "==== 交易所 ====": ""},
        {"//httpsProxy": "http://127.0.0.1:3128", "_rateLimit": 200, "comment": "a note"},
    ],
    ids=str,
)
def test_settings_without_effect_are_accepted(settings: dict[str, Any], exchange: str) -> None:
    for block in BLOCKS:
        assert findings_of(exchange, settings, block) == []


def test_settings_without_effect_change_nothing_in_ccxt() -> None:
    written = dict.fromkeys(setting_names._MISPLACED | {"//", "_comment", "# note"}, "x")
    for kind in (ccxt.binance, ccxt.okx, ccxt.pro.binance, ccxt.pro.okx):
        plain, other = kind(), kind(written)
        assert other.urls == plain.urls
        assert other.options == plain.options
        for name in dir(plain):
            if callable(getattr(plain, name)) and not name.startswith("_") and name == name.lower():
                assert callable(getattr(other, name))


@pytest.mark.parametrize(
    "name", ["withdraw", "create_order", "session", "_ensure_whitelisted_file", "__class__", "id", "sign"]
)
def test_a_name_that_ccxt_reads_is_never_without_effect(name: str) -> None:
    clients = [ccxt.okx(), ccxt.pro.okx()]
    for client in clients:
        client.options[name] = {}
    assert not setting_names.has_no_effect(name, clients)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("RATELIMIT", "rateLimit"),
        ("ratelimit", "rateLimit"),
        ("rate_limit", "rateLimit"),
        ("rateLimits", "rateLimit"),
        ("enableRatelimit", "enableRateLimit"),
        ("enable_rate_limit", "enableRateLimit"),
        ("enableRateLimt", "enableRateLimit"),
        ("httpProxys", "httpsProxy"),
        ("httpsproxy", "httpsProxy"),
        ("https-proxy", "httpsProxy"),
        ("httpsProxy ", "httpsProxy"),
        ("sockProxy", "socksProxy"),
        ("timeOut", "timeout"),
        ("option", "options"),
        ("sandBox", "sandbox"),
        ("url", "urls"),
    ],
)
def test_a_misspelt_setting_gets_a_suggestion(written: str, meant: str) -> None:
    for block in BLOCKS:
        (finding,) = findings_of("binance", {written: {}}, block)
        assert finding.name == "client-settings"
        assert finding.fix.startswith(f"Did you mean {meant!r}?")


@pytest.mark.parametrize("name", ["nobody knows this", "fetch", "describe", "verfy", "", "tcp_connector", "markets"])
def test_a_setting_like_no_other_gets_none(name: str) -> None:
    (finding,) = findings_of("binance", {name: 1})
    assert "is a setting that the guard does not know" in finding.message


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    ("timeout", "said", "written"),
    [
        (30, "30 milliseconds, in which no exchange answers; it looks like seconds", '"timeout": 30000'),
        (10.5, "10.5 milliseconds", '"timeout": 10500'),
        (1, "1 milliseconds", '"timeout": 1000'),
        (0.5, "0.5 milliseconds", '"timeout": 10000'),
        (300, "300 milliseconds", '"timeout": 300000'),
        (0, "not a number of milliseconds", '"timeout": 10000'),
        ("30", "not a number of milliseconds", '"timeout": 10000'),
    ],
)
def test_seconds_taken_for_milliseconds_are_named(block: str, timeout: Any, said: str, written: str) -> None:
    (finding,) = findings_of("binance", {"timeout": timeout}, block)
    assert finding.name == "client-settings"
    assert f"exchange.{block}.timeout is {said}" in finding.message
    assert written in finding.fix


@pytest.mark.parametrize("exchange", exchanges.supported_ids())
@pytest.mark.parametrize(
    "settings",
    [
        {"urls": {"api": "https://api.example.com"}},
        {"urls": {"api": None}},
        {"urls": {"api": ["https://api.example.com"]}},
        {"urls": "https://api.example.com"},
        {"urls": []},
        {"urls": None},
        {"urls": 7},
        {"options": "defaultType"},
        {"options": None},
        {"proxies": "http://127.0.0.1:3128"},
        {"commonCurrencies": []},
    ],
    ids=str,
)
def test_a_value_of_the_wrong_kind_is_named_by_its_place(exchange: str, settings: dict[str, Any]) -> None:
    if exchange not in ccxt.exchanges:
        pytest.skip("this ccxt does not have it")
    (finding,) = findings_of(exchange, settings)
    place = "urls.api" if isinstance(settings.get("urls"), dict) else next(iter(settings))
    assert finding.message.startswith(f"exchange.ccxt_config.{place} ")
    assert finding.fix.startswith("Write ")


def test_a_sandbox_that_ccxt_does_not_have_is_named() -> None:
    for name in ("sandbox", "testnet"):
        (finding,) = findings_of("kraken", {name: True})
        assert finding.message == f"exchange.ccxt_config.{name} is true, and Kraken has no test network in ccxt."
        assert findings_of("kraken", {name: False}) == []
