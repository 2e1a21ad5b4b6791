"""What a check admitted, and the clients that freqtrade builds with it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import ccxt
import ccxt.pro
import pytest

from freqtrade_bitmex_guard.check.admission import Admission, holds_credentials
from freqtrade_bitmex_guard.client.connection import ClientConnection
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.credentials import KEY, PASSWORD, PRIVATE_KEY, SECRET, WALLET_ADDRESS, Credentials
from freqtrade_bitmex_guard.model.credentials import Secret as Value
from freqtrade_bitmex_guard.model.verdict import Verdict
from tests.support import factories
from tests.support.factories import KEY_ID, WALLET, WALLET_KEY, pair
from tests.unit.client.judged_settings import PROXY, urls

pytestmark = pytest.mark.bitmex  # the clients here are ccxt's of BitMEX


WITH_PASSWORD = Credentials({KEY: Value(KEY_ID), SECRET: Value(factories.SECRET), PASSWORD: Value(factories.PASSWORD)})


WITH_WALLET = Credentials({WALLET_ADDRESS: Value(WALLET), PRIVATE_KEY: Value(WALLET_KEY)})


EXCHANGE: dict[str, Any] = {
    "name": "bitmex",
    "api_key": "",
    "apiKey": None,
    "key": "",
    "secret": "",
    "wallet_address": "",
    "walletAddress": "",
    "ccxt_config": {"apiKey": "", "privateKey": None, "timeout": 1},
    "ccxt_async_config": {"secret": None},
}


def admission(credentials: Credentials) -> Admission:
    connection = ClientConnection.of(ccxt.bitmex(), asynchronous=False)
    section = parse_section({"allowed_hosts": ["www.bitmex.com"]}, PROFILE)
    return Admission(credentials, connection, PROFILE, section, lambda: Verdict(findings=()))


@pytest.mark.parametrize("credentials", [pair(), WITH_PASSWORD, WITH_WALLET])
def test_credentials_are_injected_where_nothing_empty_wins_over_them(credentials: Credentials) -> None:
    exchange = deepcopy(EXCHANGE)
    values = credentials.for_freqtrade()
    with admission(credentials).injected(exchange):
        assert exchange == {
            "name": "bitmex",
            "ccxt_config": {"timeout": 1},
            "ccxt_async_config": {},
            **values,
        }
    assert exchange == {
        "name": "bitmex",
        "ccxt_config": {"timeout": 1},
        "ccxt_async_config": {},
        **dict.fromkeys(values),
    }


@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit, StopIteration, GeneratorExit])
def test_credentials_are_taken_out_again_whatever_the_build_raises(failure: type[BaseException]) -> None:
    exchange = deepcopy(EXCHANGE)
    with pytest.raises(failure), admission(WITH_PASSWORD).injected(exchange):
        raise failure
    assert [exchange[name] for name in ("key", "secret", "password")] == [None] * 3


def test_credentials_that_cannot_be_injected_are_not_left_behind() -> None:
    class Broken(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError

    exchange = {**deepcopy(EXCHANGE), "ccxt_config": Broken()}
    with pytest.raises(RuntimeError), admission(pair()).injected(exchange):
        pytest.fail("the bot was built")
    assert exchange["key"] is exchange["secret"] is None


@pytest.mark.parametrize("module", [ccxt, ccxt.pro], ids=["sync", "async"])
@pytest.mark.parametrize("credentials", [pair(), WITH_PASSWORD, WITH_WALLET], ids=["pair", "password", "wallet"])
def test_a_client_must_hold_exactly_the_admitted_parts(module: Any, credentials: Credentials) -> None:
    values = credentials.for_ccxt()
    found = list(admission(credentials).verify_client(module.bitmex(values)))
    assert found == []
    for name in values:
        for wrong in ({**values, name: "other"}, {**values, name: None}, {**values, "uid": "x"}):
            findings = list(admission(credentials).verify_client(module.bitmex(wrong)))
            assert {finding.name for finding in findings} == {"client-changed"}
            assert not any(value in str(findings) for value in values.values())


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
def test_a_client_that_freqtrade_builds_is_compared_with_the_admission(
    module: Any, changed: dict[str, Any], rule: str | None
) -> None:
    built = module.bitmex({"apiKey": KEY_ID, "secret": factories.SECRET, **changed})
    found = list(admission(pair()).verify_client(built))
    assert rule in {finding.name for finding in found} if rule else found == []
    assert not any(factories.SECRET in finding.message or KEY_ID in finding.message for finding in found)


@pytest.mark.parametrize(
    ("module", "setting"),
    [(ccxt, {"proxies": {"https": PROXY}}), (ccxt.pro, {"aiohttp_proxy": PROXY})],
    ids=["sync", "async"],
)
def test_the_proxy_of_one_kind_of_client_is_found(module: Any, setting: dict[str, Any]) -> None:
    built = module.bitmex({"apiKey": KEY_ID, "secret": factories.SECRET, **setting})
    (finding,) = admission(pair()).verify_client(built)
    assert finding.name == "proxy-mismatch"
    assert f"use the proxy in {next(iter(setting))}" in finding.message


@pytest.mark.parametrize(
    ("credentials", "holds"),
    [({}, False), ({"apiKey": "x"}, True), ({"headers": {"api-key": "x"}}, True), ({"headers": {"a": "x"}}, False)],
    ids=str,
)
def test_a_client_that_could_sign_holds_credentials(credentials: dict[str, Any], holds: bool) -> None:
    assert holds_credentials(ccxt.bitmex(credentials), PROFILE) is holds


@pytest.mark.parametrize("name", ["ssl_context", "tcp_connector", "session"])
def test_an_asynchronous_client_that_brings_its_own_tls_is_not_trusted(name: str) -> None:
    built = ccxt.pro.bitmex({"apiKey": KEY_ID, "secret": factories.SECRET})
    assert list(admission(pair()).verify_client(built)) == []
    setattr(built, name, False)
    assert [finding.name for finding in admission(pair()).verify_client(built)] == ["tls-not-verified"]
    setattr(built, name, None)
