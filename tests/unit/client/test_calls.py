"""Calls are signed in the form that the installed ccxt takes, whichever version that is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ccxt
import pytest
from ccxt.base.types import Entry

from freqtrade_bitmex_guard.client.calls import ApiCall, add_extra_apis, find_api_form, send_call
from freqtrade_bitmex_guard.client.transport_errors import TransportError
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.profile import ExtraApi
from tests.support.factories import KRAKEN_ID, KRAKEN_SECRET

SIGNED_CALLS = [
    ("binance", ApiCall("account/apiRestrictions", api="sapi"), "https://api.binance.com/sapi/v1/account/apiRestri"),
    (
        "bitget",
        ApiCall("v2/spot/account/info", api=("private", "spot")),
        "https://api.bitget.com/api/v2/spot/account/i",
    ),
    ("bitget", ApiCall("v3/account/info", api=("private", "uta")), "https://api.bitget.com/api/v3/account/info"),
    ("deribit", ApiCall("list_api_keys"), "https://www.deribit.com/api/v2/private/list_api_keys"),
    ("kraken", ApiCall("GetApiKeyInfo", "POST"), "https://api.kraken.com/0/private/GetApiKeyInfo"),
    ("kucoin", ApiCall("user/api-key"), "https://api.kucoin.com/api/v1/user/api-key"),
    ("okx", ApiCall("account/config"), "https://www.okx.com/api/v5/account/config"),
]


def client_of(name: str, **settings: Any) -> Any:
    credentials = {"apiKey": KRAKEN_ID, "secret": KRAKEN_SECRET, "password": "passphrase"}
    return getattr(ccxt, name)({**credentials, **settings})


def sent(client: Any, call: ApiCall) -> dict[str, Any]:
    """Send a call, and return what would have gone over the wire."""
    requests: list[dict[str, Any]] = []
    client.fetch = lambda *parts: requests.append(dict(zip(("url", "method", "headers", "body"), parts, strict=True)))
    send_call(client, call, find_api_form(client, call, PROFILE))
    (request,) = requests
    return request


@pytest.mark.parametrize(("name", "call", "url"), SIGNED_CALLS, ids=[name for name, *_ in SIGNED_CALLS])
def test_a_call_goes_signed_to_its_own_server(name: str, call: ApiCall, url: str) -> None:
    request = sent(client_of(name), call)

    assert request["url"].startswith(url)
    assert request["method"] == call.verb
    assert KRAKEN_ID in str(request["headers"])


def test_a_call_that_may_be_unsigned_carries_its_parameters_in_the_body() -> None:
    call = ApiCall("info", "POST", "public", {"type": "userRole", "user": "0x1"}, is_signed=False)

    request = sent(ccxt.hyperliquid(), call)

    assert request["url"] == "https://api.hyperliquid.xyz/info"
    assert request["body"].replace(" ", "") == '{"type":"userRole","user":"0x1"}'


def test_a_request_that_ccxt_leaves_unsigned_is_not_sent() -> None:
    with pytest.raises(TransportError, match="unsigned"):
        sent(client_of("okx"), ApiCall("account/config", api="public"))


@pytest.mark.parametrize("key_id", [None, ""])
def test_without_a_key_nothing_counts_as_signed(key_id: str | None) -> None:
    client = client_of("okx")
    client.sign = lambda *_: {"url": "https://www.okx.com", "method": "GET", "headers": {}, "body": None}
    client.apiKey = key_id
    with pytest.raises(TransportError, match="unsigned"):
        sent(client, ApiCall("account/config"))


@pytest.mark.parametrize("form", ["private", ["private"]])
def test_the_form_is_the_one_of_ccxts_own_table(form: str | list[str]) -> None:
    class OtherVersion:
        private_get_key = Entry("key", form, "GET", {})
        private_spot_get_key = Entry("key", ["private", "spot"], "GET", {})

    client = OtherVersion()
    assert find_api_form(client, ApiCall("key"), PROFILE) == form
    assert find_api_form(client, ApiCall("not/listed", "POST"), PROFILE) == form
    assert find_api_form(client, ApiCall("key", api=("private", "spot")), PROFILE) == ["private", "spot"]


def test_an_api_that_ccxt_does_not_have_is_misconfigured() -> None:
    with pytest.raises(GuardError, match="has no API private/elsewhere of BitMEX"):
        find_api_form(client_of("okx"), ApiCall("key", api=("private", "elsewhere")), PROFILE)


def test_an_api_that_ccxt_does_not_list_uses_a_known_server() -> None:
    path = "api-keys/v3/check"
    options = {"versions": {"auth": {"GET": {path: "v1"}}}, "access": {"auth": {"GET": {path: "private"}}}}
    profile = replace(PROFILE, extra_apis=(ExtraApi("auth", "private", "/api/auth/", options),))
    client = client_of("krakenfutures")
    client.urls["api"]["private"] = "http://127.0.0.1:8000/derivatives/api/"
    requests: list[Any] = []
    client.fetch = lambda *parts: requests.append(parts)

    add_extra_apis(client, profile)
    call = ApiCall(path, api="auth")
    send_call(client, call, find_api_form(client, call, profile))

    ((url, method, headers, body),) = requests
    assert (url, method, body) == ("http://127.0.0.1:8000/api/auth/v1/api-keys/v3/check", "GET", None)
    assert headers["APIKey"] == KRAKEN_ID
    assert "Authent" in headers


def test_the_parameters_of_a_call_stay_as_they_are() -> None:
    params = {"count": 1}
    sent(client_of("okx"), ApiCall("account/config", params=params))
    assert params == {"count": 1}
