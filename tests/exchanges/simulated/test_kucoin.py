"""The simulated KuCoin: real ccxt and real freqtrade use it, and it answers errors in KuCoin's words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest
import requests

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.interface import Cause
from freqtrade_bitmex_guard.simulator.keys import Kind
from freqtrade_bitmex_guard.simulator.kucoin import SimulatedKuCoin, error, signature
from freqtrade_bitmex_guard.simulator.responses import page
from tests.exchanges.simulated.unguarded import api_form, run_until_it_reads_candles

KEY_INFORMATION = "/api/v1/user/api-key"


@pytest.fixture
def kucoin() -> Iterator[SimulatedKuCoin]:
    with SimulatedKuCoin([SimulatedKuCoin.random_key()]) as exchange:
        yield exchange


def client(exchange: SimulatedKuCoin, **changed: Any) -> ccxt.kucoin:
    key = exchange.keys[0]
    credentials = {"apiKey": key.id, "secret": key.secret, "password": key.password}
    return ccxt.kucoin({**credentials, "enableRateLimit": False, **exchange.ccxt_config(), **changed})


def failure(exchange: SimulatedKuCoin, **changed: Any) -> ccxt.BaseError:
    with pytest.raises(ccxt.BaseError) as caught:
        client(exchange, **changed).privateGetUserApiKey()
    return caught.value


def test_it_signs_as_kucoin_published() -> None:
    # Published by KuCoin as an example (github.com/Kucoin/kucoin-api-docs, "Signing a message").
    secret = "f03a5284-5c39-4aaa-9b20-dea10bdcf8e3"

    signed = signature(secret, "1547015186532", "POST", "/api/v1/deposit-addresses", '{"currency":"BTC"}')

    assert signed == "7QP/oM0ykidMdrfNEUmng8eZjg/ZvPafjIqmxiVfYu4="


def test_it_is_found_by_its_name() -> None:
    assert simulated("kucoin") is SimulatedKuCoin


def test_real_ccxt_reads_the_key_in_the_documented_shape(kucoin: SimulatedKuCoin) -> None:
    kucoin.keys[0].networks = ["203.0.113.154", "127.0.0.1"]

    information = client(kucoin).privateGetUserApiKey()["data"]

    assert abs(int(information.pop("createdAt")) / 1000 - (time.time() - 20 * 86_400)) < 60
    assert information == {
        "remark": "freqtrade-btc",
        "apiKey": kucoin.keys[0].id,
        "apiVersion": 3,
        "permission": "General,Spot",
        "ipWhitelist": "203.**.154,127.**.1",
        "uid": 165111215,
        "isMaster": True,
    }


def test_no_address_limit_is_a_missing_field(kucoin: SimulatedKuCoin) -> None:
    kucoin.keys[0].networks = None

    assert "ipWhitelist" not in client(kucoin).privateGetUserApiKey()["data"]


def test_every_permission_has_kucoins_word(kucoin: SimulatedKuCoin) -> None:
    kucoin.keys[0].permissions = [Kind.READ, Kind.TRADE, Kind.WITHDRAW, Kind.TRANSFER, "Earn"]

    assert client(kucoin).privateGetUserApiKey()["data"]["permission"] == "General,Spot,Transfer,InnerTransfer,Earn"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"apiKey": "unknown"}, "400003"),
        ({"password": "wrong"}, "400004"),
        ({"secret": "wrong"}, "400004"),  # the passphrase is signed, too
    ],
    ids=["unknown key", "wrong passphrase", "wrong secret"],
)
def test_wrong_credentials_are_answered_in_kucoins_words(
    kucoin: SimulatedKuCoin, changed: dict[str, Any], code: str
) -> None:
    problem = failure(kucoin, **changed)

    assert type(problem) is ccxt.AuthenticationError
    assert f'"code": "{code}"' in str(problem)


def test_a_changed_request_has_a_wrong_signature(kucoin: SimulatedKuCoin) -> None:
    unguarded = client(kucoin)
    request = unguarded.sign("user/api-key", api_form(unguarded, "private"))

    answer = requests.get(request["url"] + "?page=2", headers=request["headers"], timeout=5)

    assert (answer.status_code, answer.json()) == (401, {"code": "400005", "msg": "Invalid KC-API-SIGN"})


def test_a_signature_covers_the_query_before_its_encoding(kucoin: SimulatedKuCoin) -> None:
    assert client(kucoin).privateGetUserApiKey({"note": "a b,c"})["code"] == "200000"


@pytest.mark.parametrize(
    ("change", "code"),
    [({"enabled": False}, "400003"), ({"days_left": 0}, "400003"), ({"networks": ["203.0.113.7"]}, "400006")],
)
def test_a_key_that_must_not_work_gets_kucoins_error(
    kucoin: SimulatedKuCoin, change: dict[str, Any], code: str
) -> None:
    for name, value in change.items():
        setattr(kucoin.keys[0], name, value)

    assert f'"code": "{code}"' in str(failure(kucoin))


def test_a_request_from_another_time_is_refused(kucoin: SimulatedKuCoin) -> None:
    kucoin.clock_offset = 6

    problem = failure(kucoin)

    assert type(problem) is ccxt.InvalidNonce
    assert "KC-API-TIMESTAMP Invalid" in str(problem)


def test_nothing_private_is_told_without_a_signature(kucoin: SimulatedKuCoin) -> None:
    answer = requests.get(kucoin.url + KEY_INFORMATION, timeout=5)

    assert (answer.status_code, answer.json()["code"]) == (401, "400001")


@pytest.mark.parametrize(
    ("method", "permission"),
    [
        ("private_post_hf_orders", Kind.TRADE),
        ("private_delete_hf_orders", Kind.CANCEL),
        ("private_post_withdrawals", Kind.WITHDRAW),
        ("private_post_accounts_universal_transfer", Kind.TRANSFER),
        ("private_get_withdrawals", Kind.READ),
    ],
)
def test_each_permission_opens_its_own_calls(kucoin: SimulatedKuCoin, method: str, permission: Kind) -> None:
    kucoin.keys[0].permissions = ["Margin"]
    with pytest.raises(ccxt.AuthenticationError, match="400007"):
        getattr(client(kucoin), method)()

    kucoin.keys[0].permissions = [permission]

    with pytest.raises(ccxt.NotSupported, match="404000"):
        getattr(client(kucoin), method)()
    assert [recorded.key for recorded in kucoin.requests] == [kucoin.keys[0].id] * 2


def test_reading_needs_a_permission_too(kucoin: SimulatedKuCoin) -> None:
    kucoin.keys[0].permissions = [Kind.TRADE]

    assert "400007" in str(failure(kucoin))


@pytest.mark.parametrize(
    ("code", "message", "status", "kind"),
    [
        ("400006", "The requested ip address is not in the api whitelist", 403, ccxt.AuthenticationError),
        ("411100", "User are frozen", 200, ccxt.AccountSuspended),
        ("400500", "Your current area is temporarily unavailable", 401, ccxt.ExchangeError),
        ("500000", "Internal Server Error", 500, ccxt.ExchangeNotAvailable),
        ("200002", "Exceeded the access frequency", 403, ccxt.RateLimitExceeded),
    ],
)
def test_it_can_be_told_to_fail_with_each_known_error(
    kucoin: SimulatedKuCoin, code: str, message: str, status: int, kind: type[Exception]
) -> None:
    kucoin.respond_next(KEY_INFORMATION, error(code, message, status))

    problem = failure(kucoin)

    assert isinstance(problem, kind)
    assert message in str(problem)


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_an_error(kucoin: SimulatedKuCoin, cause: Cause) -> None:
    kucoin.respond_next(KEY_INFORMATION, kucoin.error(cause))

    failure(kucoin)


def test_a_page_of_a_front_server_is_no_answer(kucoin: SimulatedKuCoin) -> None:
    kucoin.respond_next(KEY_INFORMATION, page(403))

    assert type(failure(kucoin)) is ccxt.ExchangeNotAvailable


@pytest.mark.parametrize("unified", [False, True])
def test_real_ccxt_reads_the_market(kucoin: SimulatedKuCoin, unified: bool) -> None:
    kucoin.unified = unified
    exchange = client(kucoin)
    market = exchange.load_markets()["BTC/USDT"]
    assert (market["spot"], market["active"]) == (True, True)

    candles = exchange.fetch_ohlcv("BTC/USDT", "5m", since=int(time.time() - 3600) * 1000)

    assert len(candles) in (12, 13, 14)
    assert candles[1][0] - candles[0][0] == 300_000
    assert abs(exchange.fetch_time() / 1000 - time.time()) < 5
    assert exchange.fetch_balance()["USDT"]["free"] == 100_000


def test_real_ccxt_reads_the_order_book(kucoin: SimulatedKuCoin) -> None:
    book = client(kucoin).fetch_order_book("BTC/USDT", 20)

    assert book["bids"][0][0] < book["asks"][0][0]


@pytest.mark.slow
@pytest.mark.parametrize("unified", [False, True])
def test_unguarded_freqtrade_runs_on_it(tmp_path: Path, kucoin: SimulatedKuCoin, unified: bool) -> None:
    kucoin.unified = unified

    run_until_it_reads_candles(kucoin, tmp_path, "/api/ua/v1/market/kline" if unified else "/api/v1/market/candles")


def test_its_key_repr_shows_no_credential() -> None:
    key = SimulatedKuCoin.random_key()

    assert not any(part in repr(key) for part in (key.id, key.secret, key.password))
