"""The route tables: what freqtrade asks for is inside, ccxt can ask for all of it, and none of it moves money."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest

from freqtrade_bitmex_guard import exchanges
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


def client_of(exchange: SimulatedExchange[Any], mode: str) -> Any:
    """Return a client with its markets, as freqtrade builds it for a trading mode."""
    settings = exchange.ccxt_config()
    options = settings.get("options", {}) | ({"defaultType": "swap"} if mode == "futures" else {})
    made = getattr(ccxt, exchange.exchange_id)({**settings, "options": options, "enableRateLimit": False})
    made.load_markets()
    # The look-alike lists fewer types of orders than the exchange.
    for market in made.markets.values():
        if "orderTypes" in market["info"] and market["type"] == "swap":
            market["info"]["orderTypes"] = ["LIMIT", "MARKET", "STOP", "STOP_MARKET"]
    return made


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of the exchange with its markets, and credentials that sign nothing."""
    exchange, mode = request.getfixturevalue("exchange_id"), request.getfixturevalue("mode")
    skip_without_class(exchange)
    simulator = importlib.import_module(f"freqtrade_bitmex_guard.simulator.{exchange}")
    simulated: type[SimulatedExchange[Any]] = simulator.SIMULATOR
    with simulated([simulated.random_key()], trading_mode=mode) as running:
        made = client_of(running, mode)
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


@pytest.mark.parametrize(("exchange_id", "mode"), TABLES)
def test_the_simulated_exchange_accepts_each_signature_of_the_agent(
    exchange_id: str, mode: str, tmp_path: Path
) -> None:
    skip_without_class(exchange_id)
    simulator = importlib.import_module(f"freqtrade_bitmex_guard.simulator.{exchange_id}")
    with simulator.SIMULATOR([simulator.SIMULATOR.random_key()], trading_mode=mode) as exchange:
        serving = Serving(tmp_path, exchange)
        serving.start(trading_mode=mode, pairs=[SYMBOLS[mode]])
        calls = list(recorded(client_of(exchange, mode), table_of(exchange_id), SYMBOLS[mode], mode))
        with serving.peer() as peer:
            answers = [peer.call(verb, path, params, api=list(api)) for (api, verb, path), params in calls]
        serving.stop()
        rejected = [exchange.error(cause).body.decode() for cause in (Cause.SIGNATURE, Cause.UNKNOWN_KEY, Cause.CLOCK)]

    assert all("answer" in answer for answer in answers), answers
    assert not any(body in answer["answer"]["body"] for answer in answers for body in rejected)
    signed = [recorded for recorded in exchange.requests if recorded.key == exchange.keys[0].id]
    assert len(signed) >= len(calls)


def test_the_page_lists_exactly_what_has_a_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "pages" / "agent.md").read_text(encoding="utf-8")
    listed = {}
    for exchange in routes.supported_ids():
        table = table_of(exchange)
        modes = ", ".join(sorted(table.modes, reverse=True))
        title = exchanges.get_adapter(exchange).profile.title
        listed[title] = f"| {title} | {modes} | {'carry, sign' if table.signature_covers_all else 'carry'} |"
    rows = [line for line in page.splitlines() if line.startswith("| ") and line.endswith(("carry |", "carry, sign |"))]
    assert rows == [listed[title] for title in sorted(listed)]
