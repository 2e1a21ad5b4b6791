"""The simulated Kraken: real ccxt and real freqtrade use it, and it answers errors in Kraken's words."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.interface import Cause
from freqtrade_bitmex_guard.simulator.keys import Kind
from freqtrade_bitmex_guard.simulator.kraken import SimulatedKraken, error, signature
from freqtrade_bitmex_guard.simulator.responses import page
from tests.exchanges.simulated.unguarded import ccxt_client, request, run_until_it_reads_candles
from tests.support.leak_search import watch

KEY_INFORMATION = "/private/GetApiKeyInfo"
DOCUMENTED_FIELDS = (
    *("apiKeyName", "apiKey", "nonce", "nonceWindow", "permissions", "iban", "validUntil", "queryFrom", "queryTo"),
    *("createdTime", "modifiedTime", "ipAllowlist", "lastUsed"),
)


@pytest.fixture
def kraken() -> Iterator[SimulatedKraken]:
    with SimulatedKraken([SimulatedKraken.random_key()]) as exchange:
        yield exchange


def failure(exchange: SimulatedKraken, **changed: Any) -> ccxt.BaseError:
    with pytest.raises(ccxt.BaseError) as caught:
        ccxt_client(exchange, **changed).privatePostGetApiKeyInfo()
    return caught.value


def test_it_signs_as_kraken_published() -> None:
    # Published by Kraken as an example (docs.kraken.com, "Spot REST authentication"): no account is behind it.
    secret = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
    watch("Kraken's published secret", secret)
    body = "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"

    signed = signature(secret, "/0/private/AddOrder", "1616492376594", body)

    assert signed == "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="


def test_it_is_found_by_its_name() -> None:
    assert simulated("kraken") is SimulatedKraken


def test_real_ccxt_reads_the_key_in_the_recorded_shape(kraken: SimulatedKraken) -> None:
    information = ccxt_client(kraken).privatePostGetApiKeyInfo()["result"]

    assert information["api_key"] == kraken.keys[0].id
    assert information["permissions"] == [
        "query-funds",
        "query-open-trades",
        "query-closed-trades",
        "modify-trades",
        "close-trades",
    ]
    assert information["ip_allowlist"] == ["127.0.0.1"]
    assert information["valid_until"] == "0"
    assert abs(int(information["created_time"]) - (time.time() - 20 * 86_400)) < 60


def test_a_key_that_can_do_everything_is_reported_in_the_documented_shape(kraken: SimulatedKraken) -> None:
    kraken.documented_names = True
    kraken.keys[0].permissions = [Kind.WITHDRAW, Kind.TRANSFER, "add-withdraw-address"]
    kraken.keys[0].networks = None
    kraken.keys[0].days_left = 3

    information = ccxt_client(kraken).privatePostGetApiKeyInfo()["result"]

    assert information["permissions"] == ["withdraw-funds", "earn-funds", "add-withdraw-address"]
    assert information["ipAllowlist"] == []
    assert abs(int(information["validUntil"]) - (time.time() + 3 * 86_400)) < 60
    assert set(information) == {*DOCUMENTED_FIELDS}


def test_no_address_limit_is_written_as_recorded(kraken: SimulatedKraken) -> None:
    kraken.keys[0].networks = None
    kraken.keys[0].overrides = {"last_used": None}

    information = ccxt_client(kraken).privatePostGetApiKeyInfo()["result"]

    assert information["ip_allowlist"] == [""]
    assert information["last_used"] is None


@pytest.mark.parametrize(
    ("changed", "text", "kind"),
    [
        ({"apiKey": "unknown"}, "EAPI:Invalid key", ccxt.AuthenticationError),
        ({"secret": base64.b64encode(b"wrong").decode()}, "EAPI:Invalid signature", ccxt.ExchangeError),
    ],
    ids=["unknown key", "wrong secret"],
)
def test_wrong_credentials_are_answered_in_krakens_words(
    kraken: SimulatedKraken, changed: dict[str, Any], text: str, kind: type[Exception]
) -> None:
    problem = failure(kraken, **changed)

    assert type(problem) is kind
    assert str(problem) == f'kraken {{"error": ["{text}"]}}'


@pytest.mark.parametrize("change", [{"enabled": False}, {"days_left": 0}, {"networks": ["203.0.113.7"]}])
def test_a_key_that_must_not_work_is_an_unknown_one(kraken: SimulatedKraken, change: dict[str, Any]) -> None:
    for name, value in change.items():
        setattr(kraken.keys[0], name, value)

    assert "EAPI:Invalid key" in str(failure(kraken))


def test_a_nonce_must_be_higher_than_the_last_one(kraken: SimulatedKraken) -> None:
    ccxt_client(kraken).privatePostGetApiKeyInfo()

    problem = failure(kraken, options={"timeDifference": 60_000})

    assert type(problem) is ccxt.InvalidNonce
    assert "EAPI:Invalid nonce" in str(problem)


def test_nothing_private_is_told_without_a_signature(kraken: SimulatedKraken) -> None:
    with pytest.raises(ccxt.AuthenticationError, match="EAPI:Invalid key"):
        ccxt_client(kraken).fetch(f"{kraken.url}/0{KEY_INFORMATION}", "POST", {}, "nonce=1")


def test_a_wrong_case_of_a_path_is_an_unknown_method(kraken: SimulatedKraken) -> None:
    with pytest.raises(ccxt.ExchangeError, match="EGeneral:Unknown method"):
        request(ccxt_client(kraken), "GetAPIKeyInfo", "private", "POST")


@pytest.mark.parametrize(
    ("method", "permission"),
    [
        ("AddOrder", Kind.TRADE),
        ("CancelOrder", Kind.CANCEL),
        ("Withdraw", Kind.WITHDRAW),
        ("Earn/Allocate", Kind.TRANSFER),
        ("BalanceEx", Kind.READ),
    ],
)
def test_each_permission_opens_its_own_methods(kraken: SimulatedKraken, method: str, permission: Kind) -> None:
    kraken.keys[0].permissions = ["query-ledger"]
    with pytest.raises(ccxt.PermissionDenied, match="EGeneral:Permission denied"):
        request(ccxt_client(kraken), method, "private", "POST")

    kraken.keys[0].permissions = [permission]

    try:
        request(ccxt_client(kraken), method, "private", "POST")
    except ccxt.ExchangeError as problem:
        assert "EGeneral:Unknown method" in str(problem)
    assert kraken.paths() == [f"POST /private/{method}"] * 2


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("EAPI:Invalid key", ccxt.AuthenticationError),
        ("EAPI:Invalid signature", ccxt.ExchangeError),
        ("EAPI:Invalid nonce", ccxt.InvalidNonce),
        ("EGeneral:Permission denied", ccxt.PermissionDenied),
        ("EGeneral:Temporary lockout", ccxt.DDoSProtection),
        ("EAPI:Rate limit exceeded", ccxt.DDoSProtection),
        ("EService:Throttled: 1772627090", ccxt.ExchangeError),
        ("EService:Unavailable", ccxt.ExchangeNotAvailable),
        ("EService:Busy", ccxt.ExchangeNotAvailable),
        ("EService:Deadline elapsed", ccxt.ExchangeError),
        ("EGeneral:Internal error", ccxt.ExchangeNotAvailable),
        ("EGeneral:Unknown method", ccxt.ExchangeError),
        ("EAPI:Feature disabled", ccxt.ExchangeError),
        ("EAuth:Account temporary disabled", ccxt.ExchangeError),
        ("ETrade:User Locked", ccxt.AccountSuspended),
    ],
)
def test_it_can_be_told_to_fail_with_each_known_error(
    kraken: SimulatedKraken, text: str, kind: type[Exception]
) -> None:
    kraken.respond_next(KEY_INFORMATION, error(text))

    problem = failure(kraken)

    assert type(problem) is kind
    assert text in str(problem)


def test_it_can_be_told_to_fail_as_its_front_server_does(kraken: SimulatedKraken) -> None:
    kraken.respond_next(KEY_INFORMATION, page(520, "<html>"))

    assert type(failure(kraken)) is ccxt.ExchangeNotAvailable


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.PASSWORD])
def test_every_cause_has_an_error(kraken: SimulatedKraken, cause: Cause) -> None:
    kraken.respond_next(KEY_INFORMATION, kraken.error(cause))

    failure(kraken)


def test_real_ccxt_reads_the_market(kraken: SimulatedKraken) -> None:
    exchange = ccxt_client(kraken)
    market = exchange.load_markets()["BTC/USDT"]
    assert (market["spot"], market["active"]) == (True, True)

    candles = exchange.fetch_ohlcv("BTC/USDT", "5m", since=int(time.time() - 3600) * 1000)
    book = exchange.fetch_order_book("BTC/USDT", 5)

    assert len(candles) in (12, 13, 14)
    assert candles[1][0] - candles[0][0] == 300_000
    assert book["bids"][0][0] < book["asks"][0][0]
    assert abs(exchange.fetch_time() / 1000 - time.time()) < 5
    assert exchange.fetch_balance()["USDT"]["free"] == 1000


@pytest.mark.slow
def test_unguarded_freqtrade_runs_on_it(tmp_path: Path, kraken: SimulatedKraken) -> None:
    run_until_it_reads_candles(kraken, tmp_path, "/public/OHLC")

    signed = {request.path for request in kraken.requests if request.key == kraken.keys[0].id}
    assert signed == {"/private/BalanceEx", "/private/OpenOrders"}


def test_its_key_repr_shows_neither_id_nor_secret() -> None:
    key = SimulatedKraken.random_key()

    assert len(key.id) == 56
    assert len(key.secret) == 88
    assert key.id not in repr(key)
    assert key.secret not in repr(key)
