"""The simulated Bitget's market, and the errors that it can be told to answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import ccxt
import pytest

from freqtrade_bitmex_guard.simulator.bitget import SimulatedBitget, error
from freqtrade_bitmex_guard.simulator.interface import Cause
from freqtrade_bitmex_guard.simulator.responses import page
from tests.exchanges.simulated.bitget_client import CLASSIC, client, failure
from tests.exchanges.simulated.unguarded import run_until_it_reads_candles

SETTINGS = "/api/v3/account/settings"


@pytest.fixture
def bitget() -> Iterator[SimulatedBitget]:
    with SimulatedBitget([SimulatedBitget.random_key()]) as exchange:
        yield exchange


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("40036", "passphrase is error", ccxt.ExchangeError),
        ("40005", "Invalid ACCESS_TIMESTAMP", ccxt.InvalidNonce),
        ("40038", "The current ip is not in the apikey ip whitelist", ccxt.ExchangeError),
        ("40040", "user api key permission setting error", ccxt.ExchangeError),
        ("40041", "User's ApiKey does not exist", ccxt.ExchangeError),
        ("40014", "权限不正确, 需要 future order write 权限", ccxt.PermissionDenied),
        ("25245", "", ccxt.ExchangeError),
        ("40013", "User status is abnormal", ccxt.ExchangeError),
        ("40016", "The user must bind the phone or Google", ccxt.PermissionDenied),
        ("40022", "The business of this account has been restricted", ccxt.ExchangeError),
        ("40024", "Account has been frozen", ccxt.RestrictedLocation),
        ("40026", "User is disabled", ccxt.ExchangeError),
        ("40031", "The account has been cancelled and cannot be used again", ccxt.AccountSuspended),
        ("40103", "based on your IP address , it appears that you are located in a country", ccxt.BadRequest),
        ("50010", "The account is abnormally frozen.", ccxt.ExchangeError),
        ("40015", "System is abnormal, please try again later", ccxt.ExchangeError),
    ],
)
def test_it_can_be_told_to_fail_with_each_known_error(
    bitget: SimulatedBitget, code: str, message: str, kind: type[Exception]
) -> None:
    bitget.respond_next(CLASSIC, error(code, message))

    problem = failure(bitget)

    assert isinstance(problem, kind)
    assert f'"code": "{code}"' in str(problem)


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_an_error(bitget: SimulatedBitget, cause: Cause) -> None:
    bitget.respond_next(CLASSIC, bitget.error(cause))

    failure(bitget)


def test_a_page_of_a_front_server_is_no_answer(bitget: SimulatedBitget) -> None:
    bitget.respond_next(CLASSIC, page(403))

    assert type(failure(bitget)) is ccxt.ExchangeNotAvailable


@pytest.mark.parametrize("is_unified", [False, True])
@pytest.mark.parametrize("pair", ["BTC/USDT", "BTC/USDT:USDT"])
def test_real_ccxt_reads_the_market(bitget: SimulatedBitget, is_unified: bool, pair: str) -> None:
    bitget.unified = is_unified
    exchange = client(bitget)
    assert exchange.load_markets()[pair]["active"] is True

    candles = exchange.fetch_ohlcv(pair, "5m", since=int(time.time() - 3600) * 1000)
    book = exchange.fetch_order_book(pair, 5)

    assert len(candles) in (12, 13, 14)
    assert candles[1][0] - candles[0][0] == 300_000
    assert book["bids"][0][0] < book["asks"][0][0]
    assert exchange.fetch_balance({"type": "swap" if ":" in pair else "spot"})["USDT"]["free"] == 100_000


@pytest.mark.slow
@pytest.mark.parametrize("is_unified", [False, True], ids=["classic", "unified"])
@pytest.mark.parametrize("mode", ["spot", "futures"])
def test_unguarded_freqtrade_runs_on_it(tmp_path: Path, is_unified: bool, mode: str) -> None:
    with SimulatedBitget([SimulatedBitget.random_key()], trading_mode=mode) as exchange:
        exchange.unified = is_unified
        candles = "/api/v3/market" if is_unified else f"/api/v2/{'spot' if mode == 'spot' else 'mix'}/market"

        # An error here is how ccxt finds out that the account is a classic one.
        run_until_it_reads_candles(exchange, tmp_path, f"{candles}/candles", [] if is_unified else [SETTINGS])
