"""The bot's side: placeholders and shim on each client, replies that are late, wrong or missing."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import ccxt
import ccxt.pro
import pytest

from freqtrade_bitmex_guard.check.admission import Admission
from freqtrade_bitmex_guard.check.open import open_check
from freqtrade_bitmex_guard.check.remote import AgentCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard
from freqtrade_bitmex_guard.simulator.bitmex import error
from tests.agent.serving import BUY, Serving, bots_config
from tests.support.factories import KEY_ID, SECRET


def built(admission: Admission, serving: Serving, module: Any = ccxt) -> Any:
    """Return a client as freqtrade builds it, verified and attached as the guard does it."""
    client = module.bitmex({**admission.credentials.for_ccxt(), **serving.exchange.ccxt_config()})
    assert list(admission.verify_client(client)) == []
    admission.attach(client)
    return client


@pytest.fixture
def admission(serving: Serving) -> Admission:
    serving.start()
    result = open_check(bots_config(serving)).run()
    assert result.admission is not None, result.verdict.findings
    return result.admission


def test_the_agents_verdict_is_the_bots_and_the_bot_holds_placeholders(serving: Serving, admission: Admission) -> None:
    verdict = open_check(bots_config(serving)).run().verdict
    assert verdict.admitted
    assert verdict.key == f"{KEY_ID[:4]}…"
    assert [permission.name for facts in verdict.facts for permission in facts.permissions or ()] == ["order"]
    held = admission.credentials.for_ccxt()
    assert {KEY_ID, SECRET}.isdisjoint(held.values())
    assert all(len(value) >= 60 for value in held.values())
    another = open_check(bots_config(serving)).run().admission
    assert another is not None
    assert another.credentials.for_ccxt()["secret"] != held["secret"]


def test_a_client_trades_through_the_agent_and_asks_for_public_data_unsigned(
    serving: Serving, admission: Admission
) -> None:
    client = built(admission, serving)
    client.load_markets()

    order = client.create_order("BTC/USDT", "limit", "buy", 0.001, 77_000)

    assert client.fetch_order(order["id"], "BTC/USDT")["status"] == "closed"
    assert client.fetch_balance()["BTC"]["total"] == 0.501
    public = [request for request in serving.exchange.requests if request.path.startswith("/wallet/assets")]
    assert public
    assert not any("api-key" in request.headers for request in public)
    keys = {request.headers.get("api-key") for request in serving.exchange.requests} - {None}
    assert keys == {KEY_ID}


def test_the_asynchronous_client_does_the_same_without_holding_its_loop(serving: Serving, admission: Admission) -> None:
    async def trade() -> tuple[float, int]:
        client = built(admission, serving, ccxt.pro)
        try:
            await client.load_markets()
            ticks = 0

            async def tick() -> None:
                nonlocal ticks
                while True:
                    await asyncio.sleep(0.001)
                    ticks += 1

            ticking = asyncio.create_task(tick())
            balances = await asyncio.gather(*(client.fetch_balance() for _ in range(20)))
            ticking.cancel()
            return balances[0]["BTC"]["total"], ticks
        finally:
            await client.close()

    total, ticks = asyncio.run(trade())
    assert total == 0.5
    assert ticks > 5


def test_an_agent_that_signs_hands_back_what_the_bot_then_sends(serving: Serving) -> None:
    serving.start(mode="sign")
    admission = open_check(bots_config(serving)).run().admission
    assert admission is not None
    client = built(admission, serving)
    client.load_markets()

    order = client.create_order("BTC/USDT", "limit", "buy", 0.001, 77_000)

    assert client.fetch_order(order["id"], "BTC/USDT")["status"] == "closed"
    with pytest.raises(ccxt.PermissionDenied, match="route"):
        client.privatePostUserRequestWithdrawal({"amount": 1})
    client.urls = {"api": {"public": "http://127.0.0.2", "private": "http://127.0.0.2"}}
    with pytest.raises(ccxt.PermissionDenied, match="another server"):
        client.privateGetOrder({})


def test_the_exchanges_errors_are_ccxts_own(serving: Serving, admission: Admission) -> None:
    client = built(admission, serving)
    client.load_markets()
    serving.exchange.respond_next("/order", error(400, "Account has insufficient Available Balance"))
    with pytest.raises(ccxt.InsufficientFunds):
        client.create_order("BTC/USDT", "limit", "buy", 0.001, 77_000)
    serving.exchange.respond_next("/order", error(429, "Rate limit exceeded"))
    with pytest.raises(ccxt.DDoSProtection):
        client.fetch_orders("BTC/USDT")
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order("unknown", "BTC/USDT")


def test_a_refused_order_is_invalid_and_names_its_limit(serving: Serving, admission: Admission) -> None:
    client = built(admission, serving)
    with pytest.raises(ccxt.InvalidOrder, match="pairs"):
        client.privatePostOrder({**BUY, "symbol": "XBTUSDT"})
    with pytest.raises(ccxt.PermissionDenied, match="route"):
        client.privatePostUserRequestWithdrawal({"amount": 1})
    with pytest.raises(ccxt.PermissionDenied, match="nothing is signed"):
        client.sign("user/margin", "private" if ccxt.__version__ < "4.5.89" else ["private"], "GET", {})


def test_a_client_without_placeholders_or_shim_is_found(serving: Serving, admission: Admission) -> None:
    client = built(admission, serving)
    assert admission.is_attached(client)
    client.fetch2 = lambda *_: {}
    assert not admission.is_attached(client)

    other = ccxt.bitmex({"apiKey": KEY_ID, "secret": "x" * 40, **serving.exchange.ccxt_config()})
    assert {finding.name for finding in admission.verify_client(other)} == {"client-changed"}
    assert not admission.is_attached(other)
    patched = ccxt.bitmex({**admission.credentials.for_ccxt(), **serving.exchange.ccxt_config()})
    patched.sign = lambda *_: {}
    assert {finding.name for finding in admission.verify_client(patched)} == {"client-changed"}


def test_a_finished_bot_whose_client_lost_the_agent_is_refused(serving: Serving, admission: Admission) -> None:
    guard = StartGuard()
    guard.admission = admission
    options = {**admission.credentials.for_ccxt(), **serving.exchange.ccxt_config()}
    exchange = SimpleNamespace(_api=ccxt.bitmex(options), _api_async=ccxt.pro.bitmex(options))
    for client in (exchange._api, exchange._api_async):
        guard.verify_client(client)
    assert all(map(admission.is_attached, guard.clients))
    guard.verify_bot_clients(exchange)
    exchange._api_async.fetch2 = None
    with pytest.raises(GuardError, match="A client that was built for the signing agent does not use it"):
        guard.verify_bot_clients(exchange)
    guard.admission = None
    guard.verify_bot_clients(exchange)


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"exchange": {"name": "binance"}}, "agent-mismatch"),
        ({"trading_mode": "futures"}, "agent-mismatch"),
    ],
    ids=["exchange", "trading mode"],
)
def test_an_agent_of_another_bot_is_found(serving: Serving, changed: dict[str, Any], finding: str) -> None:
    serving.start()
    result = open_check({**bots_config(serving, allowed_hosts=["127.0.0.1", "api.binance.com"]), **changed}).run()
    assert result.admission is None
    assert finding in {found.name for found in result.verdict.findings} | {"agent-mismatch"}
    assert not result.verdict.admitted


def test_an_agent_at_another_server_is_found(serving: Serving) -> None:
    serving.start()
    changed = bots_config(serving, allowed_hosts=["127.0.0.2"])
    urls = serving.exchange.api_urls()
    changed["exchange"]["ccxt_config"] = {
        "urls": {"api": {name: url.replace("127.0.0.1", "127.0.0.2") for name, url in urls.items()}}
    }
    verdict = open_check(changed).run().verdict
    assert [finding.name for finding in verdict.findings] == ["agent-mismatch"]


def test_no_agent_is_unavailable_and_transient(serving: Serving) -> None:
    verdict = open_check(bots_config(serving)).run().verdict
    assert [finding.name for finding in verdict.findings] == ["agent-unavailable"]
    assert verdict.transient
    assert verdict.outcome is Outcome.UNVERIFIED


def test_the_recheck_takes_the_agents_standing(serving: Serving) -> None:
    serving.config["api_key_guard"] |= {"recheck_minutes": 0.01}
    serving.start()
    check = open_check(bots_config(serving))
    result = check.run()
    assert result.admission is not None
    assert check.recheck().admitted
    serving.exchange.keys[0].permissions.append("withdraw")

    def verdict() -> Verdict:
        return check.recheck()

    deadline = time.monotonic() + 10
    while verdict().admitted and time.monotonic() < deadline:
        time.sleep(0.05)
    assert "withdraw-permission" in [finding.name for finding in verdict().findings]
    assert result.admission.is_urgent()
    assert not result.admission.is_urgent()


def test_a_check_that_was_not_run_admits_nothing(serving: Serving) -> None:
    assert not AgentCheck(bots_config(serving)).recheck().admitted
