"""What an order means on each exchange: its type, its size or cost, and whether it can only reduce a position."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from freqtrade_bitmex_guard.agent.market_data import MarketData
from freqtrade_bitmex_guard.agent.refusal import RefusedError
from freqtrade_bitmex_guard.agent.routes import get_table
from freqtrade_bitmex_guard.agent.table import Leverage, Market, Order, Route

LISTED: list[dict[str, Any]] = [
    {"id": "BTCUSDT", "symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "type": "spot"},
    {
        "id": "BTCUSDT",
        "symbol": "BTC/USDT:USDT",
        "base": "BTC",
        "quote": "USDT",
        "type": "swap",
        "linear": True,
        "contractSize": 1.0,
    },
    {"id": "BTCUSD_PERP", "symbol": "BTC/USD:BTC", "base": "BTC", "quote": "USD", "type": "swap", "linear": False},
]


class Listing:
    """ccxt's client, as far as a list of markets needs it."""

    def fetch_markets(self) -> list[dict[str, Any]]:
        return LISTED

    def set_markets(self, _markets: Any) -> None:
        return None


def markets(exchange: str, mode: str) -> dict[str, Market]:
    data = MarketData(Listing(), get_table(exchange, mode, "carry"), ["*/*", "*/*:*"], mode, "USDT")
    data.load()
    return data.markets


def route(exchange: str, path: str) -> Route:
    table = get_table(exchange, "futures", "carry")
    return next(one for one in table.routes if one.path == path and one.verb == "POST" and one.read and _fits(one))


def _fits(one: Route) -> bool:
    return one.api in (("private",), ("fapiPrivate",)) and "futures" in one.modes


def read(exchange: str, mode: str, path: str, params: dict[str, Any]) -> Order | Leverage:
    found = route(exchange, path).read
    assert found is not None
    return found(params, markets(exchange, mode))


LINEAR = {"symbol": "BTCUSDT", "category": "linear", "side": "Sell", "orderType": "Market", "qty": "0.5"}
SPOT = {**LINEAR, "category": "spot"}


@pytest.mark.parametrize("mode", ["spot", "futures"])
@pytest.mark.parametrize("exchange", ["binance", "bybit"])
def test_an_id_of_two_markets_is_the_bots_own(exchange: str, mode: str) -> None:
    listed = markets(exchange, mode)
    assert listed["BTCUSDT"].mode == mode
    assert "BTCUSD_PERP" not in listed


@pytest.mark.parametrize(
    ("changed", "quantity", "cost"),
    [
        ({}, "0.5", None),
        ({"side": "Buy"}, None, "0.5"),
        ({"side": "Buy", "marketUnit": "baseCoin"}, "0.5", None),
        ({"marketUnit": "quoteCoin"}, None, "0.5"),
        ({"side": "Buy", "orderType": "Limit", "price": "2"}, "0.5", None),
    ],
)
def test_a_market_order_to_buy_on_bybit_names_its_cost(
    changed: dict[str, str], quantity: str | None, cost: str | None
) -> None:
    order = read("bybit", "spot", "v5/order/create", {**SPOT, **changed})
    assert isinstance(order, Order)
    assert order.quantity == (None if quantity is None else Decimal(quantity))
    assert order.cost == (None if cost is None else Decimal(cost))


@pytest.mark.parametrize(
    ("mode", "params", "reduces"),
    [
        ("spot", SPOT, True),
        ("spot", {**SPOT, "side": "Buy", "reduceOnly": True}, False),
        ("futures", LINEAR, False),
        ("futures", {**LINEAR, "reduceOnly": False}, False),
        ("futures", {**LINEAR, "reduceOnly": True}, True),
    ],
)
def test_on_bybit_a_sale_reduces_on_spot_alone(mode: str, params: dict[str, Any], reduces: bool) -> None:
    order = read("bybit", mode, "v5/order/create", params)
    assert isinstance(order, Order)
    assert order.reduces is reduces


@pytest.mark.parametrize(
    ("mode", "params"),
    [
        ("spot", LINEAR),
        ("futures", SPOT),
        ("futures", {**LINEAR, "orderType": "Limit"}),
        ("futures", {**LINEAR, "price": "1"}),
    ],
)
def test_bybits_parameters_must_go_together(mode: str, params: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match="parameters"):
        read("bybit", mode, "v5/order/create", params)


def test_a_stop_on_bybit_has_both_its_prices() -> None:
    stop = {**LINEAR, "orderType": "Limit", "price": "70", "triggerPrice": "71", "reduceOnly": True}
    order = read("bybit", "futures", "v5/order/create", stop)
    assert isinstance(order, Order)
    assert (order.type, order.prices) == ("stop-limit", (Decimal(70), Decimal(71)))
    del stop["price"]
    order = read("bybit", "futures", "v5/order/create", {**stop, "orderType": "Market"})
    assert isinstance(order, Order)
    assert (order.type, order.prices) == ("stop-market", (Decimal(71),))


def test_bybits_leverage_is_the_higher_of_both_sides() -> None:
    sides = {"symbol": "BTCUSDT", "category": "linear", "buyLeverage": "3", "sellLeverage": "50"}
    change = read("bybit", "futures", "v5/position/set-leverage", sides)
    assert isinstance(change, Leverage)
    assert (change.leverage, change.margin_mode) == (Decimal(50), None)
    for number, mode in ((0, "cross"), (1, "isolated")):
        change = read("bybit", "futures", "v5/position/switch-isolated", {**sides, "tradeMode": number})
        assert isinstance(change, Leverage)
        assert change.margin_mode == mode
    change = read("bybit", "futures", "v5/account/set-margin-mode", {"setMarginMode": "REGULAR_MARGIN", "leverage": 9})
    assert isinstance(change, Leverage)
    assert (change.leverage, change.margin_mode) == (Decimal(9), "cross")


FUTURES = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.5", "newClientOrderId": "a"}


@pytest.mark.parametrize(
    ("flag", "reduces"), [({}, False), ({"reduceOnly": False}, False), ({"reduceOnly": True}, True)]
)
def test_on_binance_futures_only_the_flag_makes_an_exit(flag: dict[str, bool], reduces: bool) -> None:
    order = read("binance", "futures", "order", {**FUTURES, **flag})
    assert isinstance(order, Order)
    assert (order.reduces, order.quantity, order.market.mode) == (reduces, Decimal("0.5"), "futures")


def test_a_stop_on_binance_futures_has_both_its_prices() -> None:
    stop = {**FUTURES, "type": "STOP", "price": "70", "triggerPrice": "71"}
    order = read("binance", "futures", "algoOrder", stop)
    assert isinstance(order, Order)
    assert (order.type, order.prices) == ("stop-limit", (Decimal(70), Decimal(71)))
    for wrong in ({**stop, "type": "STOP_MARKET"}, {**FUTURES, "type": "STOP", "triggerPrice": "71"}):
        with pytest.raises(RefusedError, match="parameters"):
            read("binance", "futures", "algoOrder", wrong)
    with pytest.raises(RefusedError, match="parameters"):
        read("binance", "futures", "order", {**FUTURES, "price": "70"})


def test_leverage_and_margin_mode_of_binance_are_read() -> None:
    change = read("binance", "futures", "leverage", {"symbol": "BTCUSDT", "leverage": 20})
    assert isinstance(change, Leverage)
    assert change.leverage == Decimal(20)
    change = read("binance", "futures", "marginType", {"symbol": "BTCUSDT", "marginType": "CROSSED"})
    assert isinstance(change, Leverage)
    assert change.margin_mode == "cross"
