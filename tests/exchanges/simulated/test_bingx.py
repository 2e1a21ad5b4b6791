"""The simulated BingX: real ccxt and real freqtrade use it, and it answers errors in BingX's words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import ccxt
import pytest
import requests

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.bingx import SimulatedBingX, error, signature
from freqtrade_bitmex_guard.simulator.interface import Cause
from freqtrade_bitmex_guard.simulator.keys import Kind
from freqtrade_bitmex_guard.simulator.responses import Response, json_response
from tests.exchanges.simulated.unguarded import ccxt_client, run_until_it_reads_candles
from tests.support.leak_search import watch

PERMISSIONS = "/v1/account/apiPermissions"


@pytest.fixture
def bingx() -> Iterator[SimulatedBingX]:
    with SimulatedBingX([SimulatedBingX.random_key()]) as exchange:
        yield exchange


def ask(exchange: SimulatedBingX, **changed: Any) -> Any:
    return ccxt_client(exchange, **changed).accountV1PrivateGetAccountApiPermissions()


def test_it_signs_as_bingx_published() -> None:
    # Published by BingX as an example ("Signature Description"): no account is behind it.
    secret = "UuGuyEGt6ZEkpUObCYCmIfh0elYsZVh80jlYwpJuRZEw70t6vomMH7Sjmf94ztSI"
    watch("BingX's published secret", secret)
    parameters = "quoteOrderQty=20&side=BUY&symbol=ETHUSDT&timestamp=1649404670162&type=MARKET"

    assert signature(secret, parameters) == "428a3c383bde514baff0d10d3c20e5adfaacaf799e324546dafe5ccc480dd827"


def test_it_is_found_by_its_name() -> None:
    assert simulated("bingx") is SimulatedBingX


def test_real_ccxt_reads_the_key_without_an_envelope(bingx: SimulatedBingX) -> None:
    key = bingx.keys[0]

    assert ask(bingx) == {
        "apiKey": f"{key.id[:2]}*******{key.id[-2:]}",
        "permissions": [2, 1],
        "ipAddresses": ["127.0.0.1"],
        "note": "freqtrade-btc",
    }
    assert requests.get(f"{bingx.url}/openApi{PERMISSIONS}", timeout=5).json()["code"] == 100413


@pytest.mark.parametrize("shape", ["flat", "wrapped"])
def test_numbers_are_numbers_and_no_limit_is_blank(bingx: SimulatedBingX, shape: Literal["flat", "wrapped"]) -> None:
    bingx.shape, bingx.masks_ids = shape, False
    bingx.keys[0].permissions = [Kind.READ, Kind.WITHDRAW, Kind.TRANSFER, "6", "unheard-of"]
    bingx.keys[0].networks = None

    answer = ask(bingx)

    content = answer["data"] if shape == "wrapped" else answer
    assert content["permissions"] == [2, 5, 4, 7, 6, "unheard-of"]
    assert content["ipAddresses"] == [""]
    assert content["apiKey"] == bingx.keys[0].id


def test_the_newer_shape_has_a_flag_for_each_permission(bingx: SimulatedBingX) -> None:
    bingx.shape = "flags"
    bingx.keys[0].permissions = [Kind.READ, Kind.TRADE, Kind.WITHDRAW]

    flags = ask(bingx)["data"]

    assert abs(int(flags.pop("createTime")) / 1000 - time.time() + 20 * 86_400) < 60
    assert {name for name, value in flags.items() if value} == {
        *("ipRestrict", "enableReading", "enableSpotAndMarginTrading", "enableWithdrawals"),
    }
    older = ccxt_client(bingx).accountV1PrivateGetAccountApiRestrictions()
    assert set(older) == {
        *("ipRestrict", "createTime", "permitsUniversalTransfer", "enableReading", "enableFutures"),
        "enableSpotAndMarginTrading",
    }


def test_a_main_account_lists_its_keys(bingx: SimulatedBingX) -> None:
    bingx.keys[0].siblings = [SimulatedBingX.random_key(name="other", networks=None)]
    api = ccxt_client(bingx)
    uid = api.accountV1PrivateGetUid()["data"]["uid"]

    listed = api.accountV1PrivateGetApiKeyQuery({"uid": uid})["data"]["apiInfos"]

    assert [(each["note"], each["ipAddresses"]) for each in listed] == [
        ("freqtrade-btc", ["127.0.0.1"]),
        ("other", [""]),
    ]
    bingx.is_main_account = False
    with pytest.raises(ccxt.ExchangeError, match="100403"):
        api.accountV1PrivateGetApiKeyQuery({"uid": uid})


@pytest.mark.parametrize(
    ("changed", "code", "kind"),
    [
        ({"apiKey": "unknown"}, 100413, ccxt.ExchangeError),
        ({"secret": "wrong"}, 100001, ccxt.AuthenticationError),
    ],
    ids=["unknown key", "wrong secret"],
)
def test_wrong_credentials_are_answered_in_bingxs_words(
    bingx: SimulatedBingX, changed: dict[str, Any], code: int, kind: type[Exception]
) -> None:
    with pytest.raises(kind, match=str(code)):
        ask(bingx, **changed)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"networks": ["203.0.113.7"]}, 100419),
        ({"enabled": False}, 100413),
        ({"days_left": 0}, 100413),
        ({"permissions": [Kind.TRADE]}, 100004),
    ],
)
def test_a_key_that_must_not_work_gets_bingxs_error(bingx: SimulatedBingX, change: dict[str, Any], code: int) -> None:
    for name, value in change.items():
        setattr(bingx.keys[0], name, value)

    with pytest.raises(ccxt.ExchangeError, match=str(code)):
        ask(bingx)


@pytest.mark.parametrize("seconds", [6, -6])
def test_a_clock_that_is_off_is_answered_like_a_wrong_symbol(bingx: SimulatedBingX, seconds: int) -> None:
    bingx.clock_offset = seconds

    with pytest.raises(ccxt.BadSymbol, match="100421"):
        ask(bingx)


def test_a_request_without_a_signature_or_a_time_is_refused(bingx: SimulatedBingX) -> None:
    key, url = bingx.keys[0], f"{bingx.url}/openApi{PERMISSIONS}"

    def code(parameters: str) -> int:
        return int(requests.get(f"{url}?{parameters}", headers={"X-BX-APIKEY": key.id}, timeout=5).json()["code"])

    assert code("timestamp=1") == 100412
    assert code(f"timestamp=soon&signature={signature(key.secret, 'timestamp=soon')}") == 100421
    assert code(f"recvWindow=60000&timestamp={int(time.time() * 1000) - 6000}&signature=any") == 100421
    assert code(f"timestamp={int(time.time() * 1000)}&signature=any") == 100001


def test_a_body_is_signed_in_the_order_of_its_names(bingx: SimulatedBingX) -> None:
    key, millis = bingx.keys[0], int(time.time() * 1000)
    content = {"timestamp": millis, "recvWindow": 0, "subAccountString": "abc"}
    signed = signature(key.secret, f"recvWindow=0&subAccountString=abc&timestamp={millis}")

    response = requests.post(
        f"{bingx.url}/openApi/subAccount/v1/create",
        json={**content, "signature": signed},
        headers={"X-BX-APIKEY": key.id},
        timeout=5,
    )

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("permissions", "kind", "code"),
    [([Kind.READ], ccxt.ExchangeError, "100004"), ([Kind.TRADE], ccxt.InsufficientFunds, "100202")],
)
def test_orders_need_the_permission_and_are_never_placed(
    permissions: list[Kind], kind: type[Exception], code: str
) -> None:
    with SimulatedBingX([SimulatedBingX.random_key()]) as exchange:
        api = ccxt_client(exchange)
        api.load_markets()
        exchange.keys[0].permissions = permissions

        with pytest.raises(kind, match=code):
            api.create_order("BTC/USDT", "limit", "buy", 0.001, 70_000)

        assert exchange.paths()[-1] == "POST /spot/v1/trade/order"


BLOCKED = (
    "code:100410:The endpoint trigger frequency limit rule is currently in the disabled period and will be unblocked "
    "after 1727193814249"
)


@pytest.mark.parametrize(
    ("scripted", "kind"),
    [
        (Cause.CREDENTIALS_MISSING, ccxt.AuthenticationError),
        (Cause.MAINTENANCE, ccxt.OperationFailed),
        (Cause.RATE_LIMIT, ccxt.OperationFailed),
        (Cause.NOT_FOUND, ccxt.ExchangeNotAvailable),
        (error(100410, BLOCKED), ccxt.OperationFailed),
        (error(80014, "timestamp is invalid"), ccxt.BadRequest),
        (error(109400, ""), ccxt.ExchangeError),
        (error(100419, "IP does not match IP whitelist", success=False), ccxt.PermissionDenied),
        (error(100414, "Code: 100414, Msg: risk control check fail,code(1)", debugMsg=""), ccxt.AccountSuspended),
        (error(100441, ""), ccxt.ExchangeError),
        (json_response({}, 418), ccxt.DDoSProtection),
    ],
)
def test_errors_are_what_ccxt_makes_of_the_recorded_ones(
    bingx: SimulatedBingX, scripted: Cause | Response, kind: type[Exception]
) -> None:
    response = bingx.error(scripted) if isinstance(scripted, Cause) else scripted
    bingx.respond_next(PERMISSIONS, response)

    # Newer versions of ccxt raise a class below ExchangeError for some of them.
    with pytest.raises(kind) as caught:
        ask(bingx)

    assert str(caught.value).endswith(response.body.decode())


def test_the_market_is_read_by_ccxt(bingx: SimulatedBingX) -> None:
    api = ccxt_client(bingx)

    assert api.fetch_balance()["USDT"]["free"] == 1000
    book = api.fetch_order_book("BTC/USDT", 5)
    assert (len(book["bids"]), len(book["asks"]), book["bids"][0][0] < book["asks"][0][0]) == (5, 5, True)
    assert time.time() - api.fetch_ohlcv("BTC/USDT", "5m", limit=10)[-1][0] / 1000 < 300
    assert api.fetch_open_orders("BTC/USDT") == []


@pytest.mark.slow
def test_real_freqtrade_reaches_running(bingx: SimulatedBingX, tmp_path: Path) -> None:
    output = run_until_it_reads_candles(bingx, tmp_path, "/spot/v1/market/kline")

    assert bingx.keys[0].secret not in output
    assert "Outdated history" not in output
