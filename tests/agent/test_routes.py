"""The route tables: what freqtrade asks for is inside, ccxt can ask for all of it, and none of it moves money."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest

from freqtrade_bitmex_guard.agent import routes
from freqtrade_bitmex_guard.agent.refusal import Kind
from freqtrade_bitmex_guard.agent.table import RouteTable
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.simulator.interface import Cause, SimulatedExchange
from tests.agent.call_graph import entries, reachable, recorded
from tests.agent.serving import Serving

NEVER = re.compile(
    "withdraw|transfer|sub-?account|api-?key|broker|loan|borrow|repay|convert|dust|earn|staking|savings|lend|fiat|"
    "deposit|address|collection|agent|approve|logout|preferences|guild|referral|chat|token|confirm",
    re.IGNORECASE,
)
# A word filter alone hits these honest calls.
HONEST: frozenset[str] = frozenset()
TABLES = [
    (exchange, mode)
    for exchange in routes.supported_ids()
    for mode in sorted(importlib.import_module(f"{routes.__name__}.{exchange}").TABLE.modes)
]
SYMBOLS = {"spot": "BTC/USDT", "futures": "BTC/USDT:USDT"}


def skip_without_class(exchange: str) -> None:
    """Skip an exchange that the installed ccxt dropped; its extra installs one that has it."""
    if not hasattr(ccxt, exchange):
        pytest.skip(f"ccxt {ccxt.__version__} has no {exchange}")


def table_of(exchange: str) -> RouteTable:
    table: RouteTable = importlib.import_module(f"{routes.__name__}.{exchange}").TABLE
    return table


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of the exchange with its markets, and credentials that sign nothing."""
    exchange = request.getfixturevalue("exchange_id")
    skip_without_class(exchange)
    simulator = importlib.import_module(f"freqtrade_bitmex_guard.simulator.{exchange}")
    simulated: type[SimulatedExchange[Any]] = simulator.SIMULATOR
    with simulated([simulated.random_key()]) as running:
        made = getattr(ccxt, exchange)({**running.ccxt_config(), "enableRateLimit": False})
        made.load_markets()
        made.apiKey, made.secret = "a" * 24, "c2VjcmV0" * 6
        yield made


@pytest.mark.parametrize(("exchange_id", "mode"), TABLES)
def test_what_freqtrade_asks_for_is_inside_the_table(exchange_id: str, mode: str, client: Any) -> None:
    table = table_of(exchange_id)
    symbols = {market["id"] for market in client.markets.values()}

    calls = list(recorded(client, table, SYMBOLS[mode], mode))

    assert {route.kind for name, _ in calls if (route := table.by_name.get(name))} >= {
        Kind.READ,
        Kind.ORDER,
        Kind.CANCEL,
    }
    for name, params in calls:
        route = table.by_name.get(name)
        assert route is not None, name
        assert mode in route.modes
        assert params.keys() <= route.params.keys(), (name, params)
        for parameter, value in params.items():
            assert route.params[parameter].accepts(value, symbols), (name, parameter, value)
        assert all(parameter in params for parameter, kind in route.params.items() if kind.required), (name, params)


@pytest.mark.parametrize("exchange_id", routes.supported_ids())
def test_the_table_is_inside_what_ccxt_can_be_made_to_ask_for(exchange_id: str) -> None:
    skip_without_class(exchange_id)
    table = table_of(exchange_id)
    kind = getattr(ccxt, exchange_id)

    assert set(table.by_name) <= set(entries(kind).values())
    assert set(table.by_name) <= reachable(kind)


@pytest.mark.parametrize("exchange_id", routes.supported_ids())
def test_nothing_in_the_table_is_on_the_never_list(exchange_id: str) -> None:
    for route in table_of(exchange_id).routes:
        assert not NEVER.search(f"{' '.join(route.api)} {route.path}") or route.name in HONEST, route.name
        # Such names change when, for whom or how a request is made.
        forbidden = {"timestamp", "recvWindow", "nonce", "apiKey", "signature", "version", "_format", "account"}
        assert not forbidden & route.params.keys()


@pytest.mark.parametrize("exchange_id", routes.supported_ids())
def test_every_order_needs_market_side_size_and_type(exchange_id: str) -> None:
    for route in table_of(exchange_id).routes:
        required = [name for name, kind in route.params.items() if kind.required]
        if route.kind is Kind.ORDER:
            assert len(required) >= 4, route.name
        if route.kind in (Kind.CANCEL, Kind.LEVERAGE):
            assert required, route.name


def test_an_exchange_without_a_table_starts_nothing() -> None:
    with pytest.raises(GuardError, match="agent-unsupported"):
        routes.get_table("hyperliquid", "spot", "carry")
    with pytest.raises(GuardError, match="agent-unsupported"):
        routes.get_table("../agent/routes/bitmex", "spot", "carry")


def test_sign_is_for_exchanges_whose_signature_covers_all_of_a_request() -> None:
    # On these, path, verb, host, body and time are in the signature.
    enough = {"bitmex", "okx", "gate", "deribit", "bitget", "kucoin", "kraken"}
    assert {name for name in routes.supported_ids() if table_of(name).signature_covers_all} <= enough


@pytest.mark.parametrize("exchange_id", routes.supported_ids())
def test_the_simulated_exchange_accepts_each_signature_of_the_agent(exchange_id: str, tmp_path: Path) -> None:
    skip_without_class(exchange_id)
    simulator = importlib.import_module(f"freqtrade_bitmex_guard.simulator.{exchange_id}")
    with simulator.SIMULATOR([simulator.SIMULATOR.random_key()]) as exchange:
        serving = Serving(tmp_path, exchange)
        serving.start()
        client = getattr(ccxt, exchange_id)({**exchange.ccxt_config(), "enableRateLimit": False})
        client.load_markets()
        calls = list(recorded(client, table_of(exchange_id), SYMBOLS["spot"], "spot"))
        with serving.peer() as peer:
            answers = [peer.call(verb, path, params, api=list(api)) for (api, verb, path), params in calls]
        serving.stop()
        rejected = [exchange.error(cause).body.decode() for cause in (Cause.SIGNATURE, Cause.UNKNOWN_KEY, Cause.CLOCK)]

    assert all("answer" in answer for answer in answers), answers
    assert not any(body in answer["answer"]["body"] for answer in answers for body in rejected)
    signed = [recorded for recorded in exchange.requests if recorded.key == exchange.keys[0].id]
    assert len(signed) >= len(calls)
