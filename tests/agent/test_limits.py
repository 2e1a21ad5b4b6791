"""Attacks by meaning: limits, budgets, standing, and the record that they rest on."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.agent.budget import Budgets, Use
from freqtrade_bitmex_guard.agent.refusal import RefusedError
from freqtrade_bitmex_guard.config.agent import AgentLimits
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.simulator.bitmex import error
from tests.agent.serving import BALANCE, SELL, Serving, refusal
from tests.support.factories import wait_until


def test_exits_pass_when_the_orders_of_a_minute_are_used_up(serving: Serving) -> None:
    serving.start(limits={"orders_per_minute": 2})

    with serving.peer() as peer:
        assert [("answer" in peer.order()) for _ in range(3)] == [True, True, False]
        assert refusal(peer.order()) == "orders_per_minute"
        assert peer.call("POST", "order", SELL)["answer"]["status"] == 200
        placed = serving.exchange.trading
        assert placed is not None
        assert "answer" in peer.call("DELETE", "order", {"orderID": placed.orders[0]["orderID"]})
    assert serving.sent() == ["POST /order"] * 3 + ["DELETE /order"]


def test_exits_have_a_budget_of_their_own(serving: Serving) -> None:
    serving.start(limits={"orders_per_minute": 1})

    with serving.peer() as peer:
        assert [("answer" in peer.call("POST", "order", SELL)) for _ in range(5)] == [True] * 4 + [False]
        assert "answer" in peer.order()


@pytest.mark.parametrize("killed", [False, True])
def test_a_budget_survives_the_agents_end(serving: Serving, *, killed: bool) -> None:
    serving.start(limits={"order_value": 100, "value_per_day": 150})
    with serving.peer() as peer:
        assert "answer" in peer.order()
        assert refusal(peer.order()) == "value_per_day"
    serving.stop()
    if killed:  # the last line was being written
        with next((serving.folder / "record").glob("record-*.jsonl")).open("a") as file:
            file.write('{"time":"2026-11-26T00:00:00.000+00:00","kind":"ord')

    serving.start()

    with serving.peer() as peer:
        assert refusal(peer.order()) == "value_per_day"


@pytest.mark.parametrize(
    ("changed", "limit"),
    [
        ({"orderQty": 130_000}, "order_value"),  # 100.1 USDT
        ({"orderQty": 100_000, "price": 100_001.0}, "order_value"),  # at its own price, not the market's
        ({"orderQty": 130_000, "price": 0.5}, "order_value"),  # at the market's price, not its own
    ],
)
def test_an_order_is_worth_its_worse_price(serving: Serving, changed: dict[str, float], limit: str) -> None:
    serving.start(limits={"order_value": 100})
    with serving.peer() as peer:
        assert refusal(peer.order(**changed)) == limit
        assert "answer" in peer.order(orderQty=129_000)


def test_no_price_means_no_entry_but_an_exit(serving: Serving) -> None:
    serving.start(limits={"order_value": 100})
    serving.exchange.respond_always("/instrument", error(503, "The system is currently overloaded."))
    with serving.peer() as peer:
        assert refusal(peer.order()) == "price"
        assert "answer" in peer.call("POST", "order", SELL)


def test_pairs_and_order_types_are_those_of_the_config(serving: Serving) -> None:
    serving.start(pairs=["ETH/USDT"], order_types=["market"])
    with serving.peer() as peer:
        assert refusal(peer.order()) == "pairs"
        assert refusal(peer.call("POST", "order", SELL)) == "pairs"
    serving.stop()
    serving.start(pairs=["*/USDT"])
    with serving.peer() as peer:
        assert refusal(peer.order()) == "order_types"
        market = {"symbol": "XBT_USDT", "side": "Buy", "orderQty": 1000, "ordType": "Market", "text": "CCXT"}
        assert "answer" in peer.call("POST", "order", market)


def test_leverage_and_margin_mode_have_their_limits(serving: Serving) -> None:
    serving.start(trading_mode="futures", pairs=["BTC/USDT:USDT"], limits={"leverage": 3})
    with serving.peer() as peer:
        for leverage, limit in ((3.1, "leverage"), (0, "parameters"), (-1, "parameters"), ("3", "parameters")):
            given = {"symbol": "XBTUSDT", "leverage": leverage}
            assert refusal(peer.call("POST", "position/leverage", given)) == limit, leverage
        for enabled, limit in ((False, "margin_mode"), (0, "parameters"), ("true", "parameters")):
            given = {"symbol": "XBTUSDT", "enabled": enabled}
            assert refusal(peer.call("POST", "position/isolate", given)) == limit, enabled
        assert refusal(peer.call("POST", "position/leverage", {"symbol": "XBTUSD", "leverage": 1})) == "pairs"
        assert "answer" in peer.call("POST", "position/leverage", {"symbol": "XBTUSDT", "leverage": 3})
        assert "answer" in peer.call("POST", "position/isolate", {"symbol": "XBTUSDT", "enabled": True})


@pytest.mark.parametrize(("on_violation", "reads"), [("pause", True), ("stop", False)])
def test_a_key_that_turns_bad_lets_through_what_reduces_only(
    serving: Serving, on_violation: str, *, reads: bool
) -> None:
    serving.config["api_key_guard"] |= {"recheck_minutes": 0.01, "on_violation": on_violation}
    serving.start()
    with serving.peer() as peer:
        placed = json.loads(peer.order()["answer"]["body"])["orderID"]
        serving.exchange.keys[0].permissions.append("withdraw")
        expected = "reduce" if reads else "cancel"
        assert wait_until(lambda: peer.ask("status")["standing"] == expected, 10)
        assert refusal(peer.order()) == "standing"
        assert ("answer" in peer.call("POST", "order", SELL)) is reads
        assert ("answer" in peer.call(*BALANCE)) is reads
        assert "answer" in peer.call("DELETE", "order", {"orderID": placed})

        serving.exchange.keys[0].permissions.remove("withdraw")
        assert wait_until(lambda: peer.ask("status")["standing"] == "all", 10)
        assert "answer" in peer.order()


def test_on_futures_only_the_reduce_only_flag_makes_an_exit(serving: Serving) -> None:
    serving.config["api_key_guard"] |= {"recheck_minutes": 0.01}
    serving.start(trading_mode="futures", pairs=["BTC/USDT:USDT"])
    with serving.peer() as peer:
        serving.exchange.keys[0].permissions.append("withdraw")
        assert wait_until(lambda: peer.ask("status")["standing"] == "reduce", 10)
        order = {**SELL, "symbol": "XBTUSDT"}
        assert refusal(peer.call("POST", "order", order)) == "standing"
        assert "answer" in peer.call("POST", "order", {**order, "execInst": "ReduceOnly"})
        assert refusal(peer.call("POST", "position/leverage", {"symbol": "XBTUSDT", "leverage": 1})) == "standing"


def test_a_silent_exchange_is_tolerated_for_the_grace(serving: Serving) -> None:
    serving.config["api_key_guard"] |= {"recheck_minutes": 0.01, "recheck_grace_minutes": 0.03}
    serving.start()
    with serving.peer() as peer:
        serving.exchange.respond_always("/apiKey", error(503, "The system is currently overloaded."))
        assert "answer" in peer.order()
        assert wait_until(lambda: peer.ask("status")["standing"] == "reduce", 10)


@pytest.mark.parametrize(
    ("permissions", "outcome"), [(["order", "withdraw"], "refused"), ([], "refused")], ids=["withdraws", "cannot trade"]
)
def test_nothing_is_served_for_a_key_that_does_not_pass(serving: Serving, permissions: list[str], outcome: str) -> None:
    serving.exchange.keys[0].permissions[:] = permissions

    serving.start()
    verdict = serving.stop()

    assert verdict is not None
    assert not isinstance(verdict, GuardError)
    assert verdict.outcome == outcome
    assert not serving.socket.exists()


def test_a_clock_that_is_set_back_lifts_no_limit() -> None:
    now = [1_000_000.0]
    budgets = Budgets(AgentLimits(orders_per_minute=1, value_per_day=100), lambda: now[0])
    budgets.use(Use.ENTRY, Decimal(100))

    now[0] -= 3600

    with pytest.raises(RefusedError, match="orders_per_minute"):
        budgets.check(Use.ENTRY, Decimal(1))


def test_a_budget_is_free_again_after_its_time() -> None:
    now = [1_000_000.0]
    budgets = Budgets(AgentLimits(orders_per_minute=1, value_per_day=100), lambda: now[0])
    budgets.use(Use.ENTRY, Decimal(60))
    now[0] += 60
    budgets.check(Use.ENTRY, Decimal(40))
    with pytest.raises(RefusedError, match="value_per_day"):
        budgets.check(Use.ENTRY, Decimal("40.01"))
    now[0] += 86_400
    budgets.check(Use.ENTRY, Decimal(100))


def test_a_value_that_is_not_known_is_within_no_limit() -> None:
    for limits in (AgentLimits(order_value=1e15), AgentLimits(value_per_day=1e15)):
        with pytest.raises(RefusedError, match="not known"):
            Budgets(limits).check(Use.ENTRY, None)
    Budgets(AgentLimits()).check(Use.ENTRY, None)


def test_learning_prints_the_narrowest_section(serving: Serving, tmp_path: Path) -> None:
    from freqtrade_bitmex_guard.agent.learn import narrowest_section

    serving.start(learning=True)
    with serving.peer() as peer:
        assert "answer" in peer.order()
        assert "answer" in peer.call("POST", "order", SELL)
        assert refusal(peer.call("POST", "user/requestWithdrawal", {})) == "route"
    serving.stop()
    files = (serving.folder / "record-learned").glob("record-*.jsonl")
    entries = [json.loads(line) for file in files for line in file.read_text().splitlines()]

    section = narrowest_section(entries, serving.config["agent"])

    assert section["pairs"] == ["BTC/USDT"]
    assert section["order_types"] == ["limit"]
    assert section["limits"] == {"orders_per_minute": 1, "order_value": 78, "value_per_day": 78}
    serving.config["agent"] = section
    serving.start()
    with serving.peer() as peer:
        assert "answer" in peer.order()
        assert refusal(peer.order()) == "orders_per_minute"
