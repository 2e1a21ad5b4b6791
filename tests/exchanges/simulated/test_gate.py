"""The simulated Gate and Gate EU: real ccxt and real freqtrade use them, and they answer errors in Gate's words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.gate import UNIFIED, SimulatedGate, error, signature
from freqtrade_bitmex_guard.simulator.gateeu import SimulatedGateEU
from freqtrade_bitmex_guard.simulator.interface import Cause
from freqtrade_bitmex_guard.simulator.keys import Kind
from freqtrade_bitmex_guard.simulator.responses import Response
from tests.exchanges.simulated.unguarded import ccxt_client, run_until_it_reads_candles

KEYS = "/account/main_keys"


@pytest.fixture
def gate() -> Iterator[SimulatedGate]:
    with SimulatedGate([SimulatedGate.random_key()]) as exchange:
        yield exchange


def failure(exchange: SimulatedGate, **changed: Any) -> ccxt.BaseError:
    with pytest.raises(ccxt.BaseError) as caught:
        ccxt_client(exchange, **changed).privateAccountGetMainKeys()
    return caught.value


@pytest.mark.parametrize(
    ("verb", "query", "body", "expected"),
    [
        (
            "GET",
            "contract=BTC_USD&status=finished&limit=50",
            "",
            "55f84ea195d6fe57ce62464daaa7c3c02fa9d1dde954e4c898289c9a2407a3d6"
            "fb3faf24deff16790d726b66ac9f74526668b13bd01029199cc4fcc522418b8a",
        ),
        (
            "POST",
            "",
            '{"contract":"BTC_USD","type":"limit","size":100,"price":6800,"time_in_force":"gtc"}',
            "eae42da914a590ddf727473aff25fc87d50b64783941061f47a3fdb92742541f"
            "c4c2c14017581b4199a1418d54471c269c03a38d788d802e2c306c37636389f0",
        ),
    ],
)
def test_it_signs_as_gate_published(verb: str, query: str, body: str, expected: str) -> None:
    # Published by Gate as an example, with "secret" for a secret (docs/developers/apiv4, "APIv4 signed request").
    assert signature("secret", verb, "/api/v4/futures/orders", query, body, "1541993715") == expected


def test_both_are_found_by_their_names() -> None:
    assert simulated("gate") is SimulatedGate
    assert simulated("gateeu") is SimulatedGateEU


def test_real_ccxt_reads_the_own_key_masked_among_all(gate: SimulatedGate) -> None:
    sibling = SimulatedGate.random_key(permissions=[Kind.TRANSFER, Kind.WITHDRAW], networks=None, enabled=False)
    gate.keys[0].siblings = [sibling]

    own, other = ccxt_client(gate).privateAccountGetMainKeys()

    assert own["key"] == gate.keys[0].id[:12] + "*****"
    assert (own["state"], own["mode"], own["name"]) == (1, 1, "freqtrade-btc")
    assert own["perms"] == [{"name": "account", "read_only": True}, {"name": "spot", "read_only": False}]
    assert own["ip_whitelist"] == ["127.0.0.1"]
    assert abs(own["created_at"] - (time.time() - 20 * 86_400)) < 60
    assert other["key"] == sibling.id[:12] + "*****"
    assert (other["state"], other["ip_whitelist"]) == (2, [])
    assert other["perms"] == [{"name": "wallet", "read_only": False}, {"name": "withdrawal", "read_only": False}]


def test_a_key_for_futures_has_other_permissions() -> None:
    with SimulatedGate([SimulatedGate.random_key()], trading_mode="futures") as exchange:
        permissions = ccxt_client(exchange).privateAccountGetMainKeys()[0]["perms"]

    assert {each["name"]: each["read_only"] for each in permissions} == {
        "account": True,
        "wallet": True,
        "futures": False,
    }


def test_real_ccxt_reads_addresses_and_account_mode(gate: SimulatedGate) -> None:
    gate.account_mode = UNIFIED
    gate.keys[0].networks = None

    detail = ccxt_client(gate).privateAccountGetDetail()

    assert detail["ip_whitelist"] == []
    assert detail["key"] == {"mode": 2}
    assert ccxt_client(gate).load_unified_status() is True
    assert ccxt_client(gate).fetch_balance({"unifiedAccount": True})["USDT"]["free"] == 1000


@pytest.mark.parametrize(
    ("changed", "label", "message"),
    [
        ({"apiKey": "unknown"}, "INVALID_KEY", "Invalid key provided"),
        ({"secret": "wrong"}, "INVALID_SIGNATURE", "Signature mismatch"),
    ],
    ids=["unknown key", "wrong secret"],
)
def test_wrong_credentials_are_answered_in_gates_words(
    gate: SimulatedGate, changed: dict[str, Any], label: str, message: str
) -> None:
    problem = failure(gate, **changed)

    assert type(problem) is ccxt.AuthenticationError
    assert str(problem) == f'gate {{"label": "{label}", "message": "{message}"}}'
    assert gate.requests[0].status == 401


@pytest.mark.parametrize("change", [{"enabled": False}, {"days_left": 0}])
def test_a_key_that_must_not_work_is_an_unknown_one(gate: SimulatedGate, change: dict[str, Any]) -> None:
    for name, value in change.items():
        setattr(gate.keys[0], name, value)

    assert "INVALID_KEY" in str(failure(gate))


def test_a_wrong_address_is_quoted(gate: SimulatedGate) -> None:
    gate.keys[0].networks = ["203.0.113.0/24"]

    assert '"IP_FORBIDDEN", "message": "Request IP not in whitelist: 127.0.0.1"' in str(failure(gate))


@pytest.mark.parametrize("seconds", [-70, 70])
def test_a_request_of_another_minute_has_expired(gate: SimulatedGate, seconds: int) -> None:
    gate.clock_offset = seconds

    problem = failure(gate)

    assert type(problem) is ccxt.AuthenticationError
    assert "gap between request Timestamp and server time exceeds 60" in str(problem)


def test_nothing_private_is_told_without_a_signature(gate: SimulatedGate) -> None:
    with pytest.raises(ccxt.AuthenticationError, match="MISSING_REQUIRED_HEADER"):
        ccxt_client(gate).fetch(f"{gate.url}/api/v4{KEYS}")


def test_an_encoded_query_is_signed_as_it_was_before(gate: SimulatedGate) -> None:
    assert ccxt_client(gate).privateSpotGetAccounts({"currency": "A B&C,ü"})


@pytest.mark.parametrize(
    ("permissions", "method", "text"),
    [
        (["spot"], "privateAccountGetMainKeys", "Request API key does not have account permission"),
        (["account:read"], "privateSpotGetAccounts", "Request API key does not have spot permission"),
        (["account:read", "spot:read"], "privateSpotPostOrders", '"READ_ONLY"'),
        (["spot"], "privateWithdrawalsPostWithdrawals", "Request API key does not have withdrawal permission"),
        (["wallet:read"], "privateWalletPostTransfers", '"READ_ONLY"'),
        ([], "privateSubAccountsGetSubAccounts", "Request API key does not have sub_accounts permission"),
    ],
)
def test_a_key_without_the_permission_is_answered_in_gates_words(
    gate: SimulatedGate, permissions: list[str], method: str, text: str
) -> None:
    gate.keys[0].permissions = permissions

    with pytest.raises(ccxt.PermissionDenied) as caught:
        getattr(ccxt_client(gate), method)()

    assert text in str(caught.value)
    assert gate.requests[0].status == 403


@pytest.mark.parametrize(
    "method", ["privateSpotPostOrders", "privateSpotDeleteOrders", "privateWithdrawalsPostWithdrawals"]
)
def test_a_permitted_order_finds_no_route(gate: SimulatedGate, method: str) -> None:
    gate.keys[0].permissions = [Kind.TRADE, Kind.WITHDRAW]

    with pytest.raises(ccxt.ExchangeError, match="NOT_FOUND"):
        getattr(ccxt_client(gate), method)()

    assert gate.requests[0].key == gate.keys[0].id


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (error(401, "INVALID_KEY", "Invalid key provided"), ccxt.AuthenticationError),
        (error(401, "INVALID_SIGNATURE", "Signature mismatch"), ccxt.AuthenticationError),
        (error(401, "IP_FORBIDDEN", "Request IP not in whitelist: 198.51.100.7"), ccxt.AuthenticationError),
        (error(403, "FORBIDDEN", "Request IP not in whitelist: 198.51.100.7"), ccxt.PermissionDenied),
        (error(403, "FORBIDDEN", "Request API key does not have account permission"), ccxt.PermissionDenied),
        (error(403, "READ_ONLY", "API key is read-only"), ccxt.PermissionDenied),
        (error(403, "ACCOUNT_LOCKED", "Account is locked"), ccxt.AccountSuspended),
        (error(403, "SUB_ACCOUNT_LOCKED", "Sub-account is locked"), ccxt.AccountSuspended),
        (error(429, "TOO_MANY_REQUESTS", "Request Rate limit Exceeded"), ccxt.RateLimitExceeded),
        (error(500, "SERVER_ERROR", "Internal server error"), ccxt.ExchangeNotAvailable),
        (error(503, "TOO_BUSY", "Server is too busy"), ccxt.ExchangeNotAvailable),
        (error(403, "REQUEST_FORBIDDEN", "Request is forbidden"), ccxt.ExchangeError),
    ],
    ids=lambda value: value.body.decode() if isinstance(value, Response) else "",
)
def test_it_can_be_told_to_fail_with_each_known_error(
    gate: SimulatedGate, response: Response, kind: type[Exception]
) -> None:
    gate.respond_next(KEYS, response)

    assert isinstance(failure(gate), kind)


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.PASSWORD])
def test_every_cause_has_an_error(gate: SimulatedGate, cause: Cause) -> None:
    gate.respond_next(KEYS, gate.error(cause))

    failure(gate)


def test_a_rate_limit_says_when_it_ends(gate: SimulatedGate) -> None:
    limited = gate.error(Cause.RATE_LIMIT)

    assert limited.status == 429
    assert 5 < int(limited.headers["X-Gate-RateLimit-Reset-Timestamp"]) - time.time() < 15


@pytest.mark.parametrize(("mode", "pair"), [("spot", "BTC/USDT"), ("futures", "BTC/USDT:USDT")])
def test_real_ccxt_reads_the_market(mode: str, pair: str) -> None:
    with SimulatedGate([SimulatedGate.random_key()], trading_mode=mode) as exchange:
        reader = ccxt_client(exchange, options={"defaultType": "swap" if mode == "futures" else "spot"})
        assert reader.load_markets()[pair]["active"]

        candles = reader.fetch_ohlcv(pair, "5m", since=int(time.time() - 3600) * 1000)
        book = reader.fetch_order_book(pair, 5)

        assert len(candles) in (12, 13)
        assert candles[1][0] - candles[0][0] == 300_000
        assert book["bids"][0][0] < book["asks"][0][0]
        assert reader.fetch_balance()["USDT"]["free"] == 1000
        assert abs(reader.fetch_time() / 1000 - time.time()) < 5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "mode", "candles", "signed"),
    [
        (SimulatedGate, "spot", "/spot/candlesticks", {"/account/detail", "/spot/accounts"}),
        (
            SimulatedGate,
            "futures",
            "/futures/usdt/candlesticks",
            {"/account/detail", "/wallet/fee", "/futures/usdt/accounts", "/futures/usdt/positions"},
        ),
        (SimulatedGateEU, "spot", "/spot/candlesticks", {"/account/detail", "/spot/accounts"}),
    ],
)
def test_unguarded_freqtrade_runs_on_it(
    tmp_path: Path, kind: type[SimulatedGate], mode: str, candles: str, signed: set[str]
) -> None:
    with kind([kind.random_key()], trading_mode=mode) as exchange:
        run_until_it_reads_candles(exchange, tmp_path, candles)

        assert {request.path for request in exchange.requests if request.key == exchange.keys[0].id} == signed


@pytest.mark.slow
def test_unguarded_freqtrade_runs_on_a_unified_account(tmp_path: Path, gate: SimulatedGate) -> None:
    gate.account_mode = UNIFIED

    output = run_until_it_reads_candles(gate, tmp_path, "/spot/candlesticks")

    assert "Gate: Unified account." in output
