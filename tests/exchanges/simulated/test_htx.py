"""The simulated HTX: real ccxt and real freqtrade use it, and it answers errors in HTX's words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest
import requests

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.htx import UID, SimulatedHTX, contract_error, error, signature, v2_error
from freqtrade_bitmex_guard.simulator.interface import Cause
from freqtrade_bitmex_guard.simulator.keys import Kind
from freqtrade_bitmex_guard.simulator.responses import Response, json_response
from tests.exchanges.simulated.unguarded import run_until_it_reads_candles

KEYS = "/v2/user/api-key"
ACCOUNTS = "/v1/account/accounts"
NOT_VALID = "api-signature-not-valid"


@pytest.fixture
def htx() -> Iterator[SimulatedHTX]:
    with SimulatedHTX([SimulatedHTX.random_key()]) as exchange:
        yield exchange


def client(exchange: SimulatedHTX, **changed: Any) -> ccxt.htx:
    key = exchange.keys[0]
    credentials = {"apiKey": key.id, "secret": key.secret}
    return ccxt.htx({**credentials, "enableRateLimit": False, **exchange.ccxt_config(), **changed})


def keys_of_the_account(exchange: SimulatedHTX, **asked: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client(exchange).spotPrivateGetV2UserApiKey({"uid": UID, **asked})
    return answer


def failure(exchange: SimulatedHTX, **changed: Any) -> ccxt.BaseError:
    with pytest.raises(ccxt.BaseError) as caught:
        client(exchange, **changed).spotPrivateGetV1AccountAccounts()
    return caught.value


def test_it_is_found_by_its_name() -> None:
    assert simulated("htx") is SimulatedHTX


def test_it_signs_the_query_in_the_order_of_its_names() -> None:
    # HTX publishes no signature that its example secret gives.
    first = signature("made up", "GET", "api.huobi.pro", "/v1/order/orders", "order-id=1&Timestamp=2017&AccessKeyId=e2")
    second = signature(
        "made up", "GET", "api.huobi.pro", "/v1/order/orders", "AccessKeyId=e2&Timestamp=2017&order-id=1"
    )

    assert first == second


def test_real_ccxt_reads_the_key_in_the_documented_shape(htx: SimulatedHTX) -> None:
    htx.keys[0].networks = ["203.0.113.7", "127.0.0.0/8", "2001:db8::7"]
    asking = client(htx)
    uid = asking.spotPrivateGetV2UserUid()["data"]

    answer = asking.spotPrivateGetV2UserApiKey({"uid": uid, "accessKey": htx.keys[0].id})

    told = answer["data"][0]
    assert (answer["code"], answer["ok"], len(answer["data"])) == (200, True, 1)
    assert abs(int(told.pop("createTime")) / 1000 - (time.time() - 20 * 86_400)) < 60
    told.pop("updateTime")
    assert told == {
        "accessKey": htx.keys[0].id,
        "status": "normal",
        "note": "freqtrade-btc",
        "permission": "readOnly,trade",
        "ipAddresses": "203.0.113.7,127.0.0.0/8,2001:db8::7",
        "validDays": -1,
    }


def test_a_key_without_addresses_ends_after_ninety_days(htx: SimulatedHTX) -> None:
    htx.keys[0].networks = None

    told = keys_of_the_account(htx)["data"][0]

    assert (told["ipAddresses"], told["validDays"]) == ("", 70)


def test_the_days_that_are_left_are_told(htx: SimulatedHTX) -> None:
    htx.keys[0].days_left = 7.5

    assert keys_of_the_account(htx)["data"][0]["validDays"] == 7


def test_all_keys_of_the_account_are_told_to_one_that_asks(htx: SimulatedHTX) -> None:
    other = SimulatedHTX.random_key(permissions=[Kind.READ, Kind.TRADE, Kind.WITHDRAW], networks=None, days_left=0)
    htx.keys[0].siblings = [other]

    own, sibling = keys_of_the_account(htx)["data"]

    assert own["accessKey"] == htx.keys[0].id
    assert sibling["accessKey"] == other.id
    assert (sibling["permission"], sibling["status"]) == ("readOnly,trade,withdraw", "expired")


def test_a_key_that_is_not_of_the_account_is_an_empty_list(htx: SimulatedHTX) -> None:
    assert keys_of_the_account(htx, accessKey="another")["data"] == []


def test_a_wrong_account_is_no_error_to_ccxt(htx: SimulatedHTX) -> None:
    assert keys_of_the_account(htx, uid=1) == {"code": 2002, "message": "invalid field value in `uid`"}


@pytest.mark.parametrize(
    ("changed", "text"),
    [({"apiKey": "unknown"}, "Incorrect Access key"), ({"secret": "wrong"}, "Verification failure")],
    ids=["unknown key", "wrong secret"],
)
def test_wrong_credentials_are_answered_in_htxs_words(htx: SimulatedHTX, changed: dict[str, Any], text: str) -> None:
    problem = failure(htx, **changed)

    assert type(problem) is ccxt.AuthenticationError
    assert text in str(problem)


@pytest.mark.parametrize("changed", [{"apiKey": "unknown"}, {"secret": "wrong"}], ids=["unknown key", "wrong secret"])
def test_calls_of_the_second_generation_have_one_error_for_both(htx: SimulatedHTX, changed: dict[str, Any]) -> None:
    with pytest.raises(ccxt.AuthenticationError, match='"code": 1003, "message": "invalid signature"'):
        client(htx, **changed).spotPrivateGetV2UserApiKey({"uid": UID})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"enabled": False}, "Incorrect Access key"),
        ({"days_left": 0}, "APIkey has expired"),
        ({"networks": ["203.0.113.7"]}, "Incorrect IP address"),
    ],
)
def test_a_key_that_must_not_work_gets_htxs_error(htx: SimulatedHTX, change: dict[str, Any], text: str) -> None:
    for name, value in change.items():
        setattr(htx.keys[0], name, value)

    assert text in str(failure(htx))


def test_an_address_that_is_not_allowed_is_named(htx: SimulatedHTX) -> None:
    htx.keys[0].networks = ["203.0.113.7"]
    path = client(htx).sign("v1/account/accounts", ["spot", "private"])["url"].removeprefix(htx.url)

    assert requests.get(htx.url + path, timeout=5).json()["err-msg"].endswith("[IP地址错误]:127.0.0.1")


def test_ccxt_raises_nothing_where_the_second_generation_forbids(htx: SimulatedHTX) -> None:
    htx.keys[0].networks = ["203.0.113.7"]

    assert keys_of_the_account(htx) == {"code": 1002, "message": "forbidden"}


def test_a_request_from_another_time_is_refused(htx: SimulatedHTX) -> None:
    htx.clock_offset = 62

    problem = failure(htx)

    assert type(problem) is ccxt.AuthenticationError
    assert "Invalid submission time" in str(problem)


def test_a_signature_for_another_host_is_not_valid(htx: SimulatedHTX) -> None:
    urls = {**htx.ccxt_config()["urls"], "hostnames": {"spot": "api.example.org"}}

    assert "Verification failure" in str(failure(htx, urls=urls))


def test_nothing_private_is_told_without_a_signature(htx: SimulatedHTX) -> None:
    answers = [requests.get(htx.url + path, timeout=5).json() for path in (ACCOUNTS, KEYS)]

    assert [answer.get("err-code", answer.get("code")) for answer in answers] == [NOT_VALID, 1003]


@pytest.mark.parametrize(
    ("method", "permission"),
    [
        ("spotPrivatePostV1OrderOrdersPlace", Kind.TRADE),
        ("spotPrivatePostV1OrderOrdersBatchCancelOpenOrders", Kind.CANCEL),
        ("spotPrivatePostV1FuturesTransfer", Kind.TRADE),
        ("spotPrivatePostV1DwWithdrawApiCreate", Kind.WITHDRAW),
        ("spotPrivateGetV1OrderOpenOrders", Kind.READ),
    ],
)
def test_each_permission_opens_its_own_calls(htx: SimulatedHTX, method: str, permission: Kind) -> None:
    htx.keys[0].permissions = ["subUser"]
    with pytest.raises(ccxt.PermissionDenied, match="API key has no permission"):
        getattr(client(htx), method)()

    htx.keys[0].permissions = [permission]

    with pytest.raises(ccxt.ExchangeError, match="method-not-allowed"):
        getattr(client(htx), method)()
    assert [recorded.key for recorded in htx.requests] == [htx.keys[0].id] * 2


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (error(NOT_VALID, "Signature not valid: ip地址错误"), ccxt.AuthenticationError),
        (contract_error(403, "Incorrect Access key [Access key错误]"), ccxt.AuthenticationError),
        (contract_error(1010, "Account doesnt exist."), ccxt.AccountNotEnabled),
        (error("base-request-exceed-frequency-limit", "Frequency of requests"), ccxt.RateLimitExceeded),
        (json_response({}, 429), ccxt.RateLimitExceeded),
        (error("gateway-internal-error", "Failed to load data. Try again later."), ccxt.ExchangeNotAvailable),
    ],
)
def test_it_can_be_told_to_fail_with_each_known_error(
    htx: SimulatedHTX, response: Response, kind: type[Exception]
) -> None:
    htx.respond_next(ACCOUNTS, response)

    assert type(failure(htx)) is kind


def test_ccxt_raises_nothing_for_an_error_of_the_system(htx: SimulatedHTX) -> None:
    htx.respond_next(KEYS, v2_error(500, "system error"))

    assert keys_of_the_account(htx) == {"code": 500, "message": "system error"}


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.PASSWORD])
def test_every_cause_has_an_error(htx: SimulatedHTX, cause: Cause) -> None:
    htx.respond_next(ACCOUNTS, htx.error(cause))

    failure(htx)


def test_real_ccxt_reads_the_market(htx: SimulatedHTX) -> None:
    exchange = client(htx)
    assert exchange.load_markets()["BTC/USDT"]["active"] is True

    candles = exchange.fetch_ohlcv("BTC/USDT", "5m", since=int(time.time() - 3600) * 1000)
    book = exchange.fetch_order_book("BTC/USDT", 5)

    assert len(candles) in (12, 13, 14)
    assert candles[1][0] - candles[0][0] == 300_000
    assert book["bids"][0][0] < book["asks"][0][0]
    assert exchange.fetch_balance()["USDT"]["free"] == 100_000


@pytest.mark.slow
def test_unguarded_freqtrade_runs_on_it(tmp_path: Path, htx: SimulatedHTX) -> None:
    run_until_it_reads_candles(htx, tmp_path, "/market/history/candles")


def test_its_key_repr_shows_no_credential() -> None:
    key = SimulatedHTX.random_key()

    assert not any(part in repr(key) for part in (key.id, key.secret))
