"""The queries about the account, with real ccxt: parallel, bounded, and never trusted."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.responses import Hang, Reaction, Reset, Response, page
from tests.support.checks import make_careless, run_check, severities

RULES_BY_PATH = {"/user": "two-factor", "/address": "withdrawal-address", "/userEvent": "security-event"}


def test_a_careless_account_is_reported_all_at_once(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    make_careless(exchange)
    verdict = run_check(tmp_path, exchange)
    assert verdict.outcome is Outcome.REFUSED
    assert severities(verdict) == {
        "two-factor": "error",
        "sibling-keys": "warning",
        "withdrawal-address": "warning",
        "security-event": "warning",
    }
    messages = "\n".join(finding.message for finding in verdict.findings)
    assert "anot… 'old test' (can withdraw, no IP restriction)" in messages
    assert "'hot wallet' (skip2FA)" in messages
    assert "withdrawalRequested on" in messages
    assert "from 198.51.100.9" in messages


def test_an_ignored_rule_sends_no_query(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    make_careless(exchange)
    ignored = dict.fromkeys([*RULES_BY_PATH.values(), "sibling-keys"], "ignore")
    verdict = run_check(tmp_path, exchange, policy={"severity": ignored})
    assert (verdict.outcome, verdict.findings, verdict.requests) == (Outcome.ADMITTED, (), 1)
    assert exchange.paths() == ["GET /apiKey"]


def test_a_key_that_breaks_the_policy_ends_the_queries(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    make_careless(exchange)
    exchange.keys[0].permissions = ["order", "withdraw"]
    verdict = run_check(tmp_path, exchange)
    assert severities(verdict) == {"withdraw-permission": "error"}
    assert exchange.paths() == ["GET /apiKey"]


@pytest.mark.parametrize("path", RULES_BY_PATH)
@pytest.mark.parametrize(
    "behaviour",
    [
        error(403, "Access Denied"),
        error(401, "Invalid API Key."),
        error(429, "Rate limit exceeded", {"Retry-After": "1"}),
        error(503, "The system is currently overloaded."),
        page(200),
        page(403),
        Response(200, b""),
        Response(200, b"null"),
        Response(200, b'"GA"'),
        Response(200, b"[" * 5_000),
        Response(200, b'{"error": {"message": "no"}}'),
        Response(302, b"", {"Location": "http://127.0.0.1:9/"}),
        Reset(),
    ],
)
def test_a_query_without_an_answer_is_not_reported_and_not_repeated(
    tmp_path: Path, exchange: SimulatedBitMEX, path: str, behaviour: Reaction
) -> None:
    exchange.respond_always(path, behaviour)
    verdict = run_check(tmp_path, exchange)
    assert verdict.outcome is Outcome.ADMITTED
    assert severities(verdict) == {RULES_BY_PATH[path]: "warning"}
    assert "could not be verified" in verdict.findings[0].message
    assert verdict.requests == 4
    assert exchange.paths().count(f"GET {path}") == 1
    assert run_check(tmp_path, exchange, policy={"severity_not_reported": "error"}).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        ("GA", {}),
        ("Yubikey", {}),
        (None, {"two-factor": "error"}),
        ("", {"two-factor": "error"}),
        (" ", {"two-factor": "warning"}),
        (False, {"two-factor": "error"}),
        (True, {"two-factor": "warning"}),
        (0, {"two-factor": "warning"}),
        (["GA"], {"two-factor": "warning"}),
    ],
)
def test_two_factor_is_on_only_where_a_word_says_so(
    tmp_path: Path, exchange: SimulatedBitMEX, reported: Any, expected: dict[str, str]
) -> None:
    exchange.account.overrides["TFAEnabled"] = reported
    assert severities(run_check(tmp_path, exchange)) == expected


def test_a_user_without_the_field_is_not_reported(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.respond_always("/user", Response(200, b'{"id": 1}'))
    assert severities(run_check(tmp_path, exchange)) == {"two-factor": "warning"}


@pytest.mark.parametrize("skips", [True, 1, "no", None, []])
def test_any_address_flag_that_is_not_false_skips_a_safeguard(
    tmp_path: Path, exchange: SimulatedBitMEX, skips: Any
) -> None:
    exchange.account.add_withdrawal_address("wallet", skipConfirm=skips)
    assert severities(run_check(tmp_path, exchange)) == {"withdrawal-address": "warning"}


def test_siblings_with_endless_networks_are_not_read(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    for number in range(200):
        exchange.keys.append(Key(f"{number:03d}-other-key-made-up", "s", cidrs=["203.0.113.7"] * 240))
    assert "with 48,200 permissions and address blocks" in run_check(tmp_path, exchange).findings[0].message


@pytest.mark.parametrize("addresses", [[{}], [{"skip_confirm": True}], [{"skipConfirm": False}, {"name": "x"}]])
def test_an_address_without_any_known_flag_is_not_reported(
    tmp_path: Path, exchange: SimulatedBitMEX, addresses: list[dict[str, Any]]
) -> None:
    exchange.respond_always("/address", Response(200, json.dumps(addresses).encode()))
    verdict = run_check(tmp_path, exchange)
    assert severities(verdict) == {"withdrawal-address": "warning"}
    assert "did not report" in verdict.findings[0].message


def test_the_queries_run_in_parallel_and_share_the_remaining_time(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    for path in RULES_BY_PATH:
        exchange.respond_always(path, Hang())
    started = time.monotonic()
    verdict = run_check(tmp_path, exchange, timeout_seconds=1.5)
    assert time.monotonic() - started < 1.5 + 2.5
    assert verdict.outcome is Outcome.ADMITTED
    assert severities(verdict) == dict.fromkeys(RULES_BY_PATH.values(), "warning")
    assert verdict.requests == 4


def test_an_odd_sibling_is_a_risk_and_prevents_no_start(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.keys.append(Key("odd-one-out", "secret", overrides={"permissions": {"order": True}}))
    verdict = run_check(tmp_path, exchange)
    assert verdict.outcome is Outcome.ADMITTED
    assert severities(verdict) == {"sibling-keys": "warning"}
    assert "odd-… 'freqtrade-btc'" not in verdict.findings[0].message
    assert "odd-… (described oddly)" in verdict.findings[0].message


def test_the_account_is_the_one_that_the_key_reports(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    assert run_check(tmp_path, exchange, policy={"expected_user_id": 395724}).admitted
    assert severities(run_check(tmp_path, exchange, policy={"expected_user_id": 1})) == {"account": "error"}
    for odd in (None, True, 395724.0, {"id": 395724}, ""):
        exchange.keys[0].overrides = {"userId": odd}
        verdict = run_check(tmp_path, exchange, policy={"expected_user_id": 395724})
        assert verdict.outcome is Outcome.REFUSED, odd
        assert run_check(tmp_path, exchange).admitted, odd
