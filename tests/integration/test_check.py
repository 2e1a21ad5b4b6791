"""A check with real ccxt against the simulated exchange: outcome, findings and number of requests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.report import json as report
from freqtrade_bitmex_guard.report.text import render_plain
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX, error
from tests.support.checks import run_check, summary
from tests.support.factories import KEY_ID, SECRET, bot_config, key, other_key


def test_a_good_key_is_admitted_before_the_account_is_queried(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    result = LocalCheck(bot_config(tmp_path, exchange)).run()
    verdict = result.verdict
    assert summary(verdict) == (Outcome.ADMITTED, [], 4)
    assert exchange.paths()[0] == "GET /apiKey"
    assert sorted(exchange.paths()[1:]) == ["GET /address", "GET /user", "GET /userEvent"]
    assert verdict.key == "LAqU…"
    assert verdict.exchange == "bitmex"
    assert result.admission is not None
    assert result.admission.credentials.part("secret").matches(SECRET)


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ({"permissions": ["order", "withdraw"]}, ["withdraw-permission"]),
        ({"permissions": ["order", "Withdraw"]}, ["withdraw-permission"]),
        ({"permissions": ["order", "sudo"]}, ["permission-not-allowed"]),
        ({"permissions": []}, ["permission-missing"]),
        ({"permissions": ["orderCancel"]}, ["permission-not-allowed", "permission-missing"]),
        ({"cidr": ""}, ["ip-unrestricted"]),
        ({"cidr": None}, ["ip-unrestricted"]),
        ({"cidr": "0.0.0.0/0"}, ["ip-unrestricted", "ip-too-many"]),
        ({"cidr": "0.0.0.0"}, ["ip-unrestricted"]),
        ({"cidr": "127.0.0.1", "cidrs": ["0.0.0.0/1", "128.0.0.0/1"]}, ["ip-unrestricted", "ip-too-many"]),
        ({"cidr": "127.0.0.1", "cidrs": ["64:ff9b::/96"]}, ["ip-unrestricted", "ip-too-many"]),
        ({"cidr": "127.0.0.1", "cidrs": ["2002:8000::/17"]}, ["ip-unrestricted", "ip-too-many"]),
        ({"cidr": "127.0.0.0/8"}, ["ip-too-many"]),
        ({"cidr": "everyone"}, ["ip-unreadable"]),
        ({"overrides": {"enabled": False}}, ["key-disabled"]),
    ],
)
def test_a_key_that_breaks_the_policy_is_refused(tmp_path: Path, changed: dict[str, Any], rules: list[str]) -> None:
    with SimulatedBitMEX([key(**changed)]) as exchange:
        assert summary(run_check(tmp_path, exchange)) == (Outcome.REFUSED, rules, 1)


def test_each_check_warns_of_a_wide_policy(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    config = bot_config(tmp_path, exchange, policy={"ip_within": ["126.0.0.0/7"]})
    for _ in range(2):
        assert summary(LocalCheck(config).run().verdict) == (Outcome.ADMITTED, ["policy-wide"], 4)


def test_a_key_listed_twice_is_judged_by_all_it_can_do(tmp_path: Path) -> None:
    with SimulatedBitMEX([key(), key(permissions=["withdraw"])]) as exchange:
        outcome, rules, requests = summary(run_check(tmp_path, exchange))
    assert (outcome, requests) == (Outcome.REFUSED, 1)
    assert "withdraw-permission" in rules
    with SimulatedBitMEX([key(), key(cidr="127.0.0.2")]) as exchange:
        assert summary(run_check(tmp_path, exchange)) == (Outcome.REFUSED, ["ip-too-many"], 1)


def test_another_key_of_the_account_prevents_no_start(tmp_path: Path) -> None:
    with SimulatedBitMEX([other_key(permissions=["withdraw"], cidr=""), key()]) as exchange:
        assert summary(run_check(tmp_path, exchange)) == (Outcome.ADMITTED, ["sibling-keys"], 4)


@pytest.mark.parametrize(
    ("changed", "outcome", "rules", "requests"),
    [
        ({"can_list_keys": False}, Outcome.ADMITTED, ["sibling-keys"], 5),
        ({"can_list_keys": False, "can_read_itself": False}, Outcome.UNVERIFIED, ["access-denied"], 2),
    ],
)
def test_a_key_without_access_to_the_list_is_queried_about_itself(
    tmp_path: Path, changed: dict[str, Any], outcome: Outcome, rules: list[str], requests: int
) -> None:
    with SimulatedBitMEX([key(**changed)]) as exchange:
        assert summary(run_check(tmp_path, exchange)) == (outcome, rules, requests)
        assert exchange.paths()[:2] == ["GET /apiKey", "GET /apiKey/self"]


@pytest.mark.parametrize(
    ("changed", "outcome", "rule"),
    [
        ({"id": "unknown"}, Outcome.UNVERIFIED, "key-unknown"),
        ({"secret": "wrong"}, Outcome.UNVERIFIED, "signature-invalid"),
        ({"cidr": "203.0.113.7"}, Outcome.UNVERIFIED, "address-not-allowed"),
        ({"enabled": False}, Outcome.REFUSED, "key-disabled"),
        ({"overrides": {"permissions": None}}, Outcome.UNVERIFIED, "response-invalid"),
        ({"overrides": {"id": "other"}}, Outcome.UNVERIFIED, "key-not-listed"),
    ],
)
def test_every_unreadable_response_has_its_finding(
    tmp_path: Path, changed: dict[str, Any], outcome: Outcome, rule: str
) -> None:
    with SimulatedBitMEX([Key(**{"id": KEY_ID, "secret": SECRET, **changed})]) as exchange:
        verdict = run_check(tmp_path, exchange)
    assert (verdict.outcome, verdict.findings[0].name) == (outcome, rule)


@pytest.mark.parametrize(
    "changed",
    [
        {"overrides": {"name": f"my {SECRET} key {KEY_ID}"}},
        {"permissions": ["order", KEY_ID, SECRET]},
        {"cidrs": [KEY_ID, SECRET]},
        {"overrides": {"name": f"{'x' * 70}{SECRET}"}},
    ],
)
def test_key_and_secret_in_a_response_are_never_shown(tmp_path: Path, changed: dict[str, Any]) -> None:
    with SimulatedBitMEX([key(**changed)]) as exchange:
        quoting = error(400, f"{'y' * 100} Key {KEY_ID} with {SECRET} is not verified")
        verdicts = [run_check(tmp_path, exchange)]
        exchange.respond_always("/apiKey", quoting)
        verdicts.append(run_check(tmp_path, exchange))
        for verdict in verdicts:
            for shown in (report.to_json(verdict), render_plain(verdict)):
                assert KEY_ID[:6] not in shown
                assert SECRET[:6] not in shown


def test_nothing_secret_and_no_signature_is_logged_at_any_level(
    tmp_path: Path, exchange: SimulatedBitMEX, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    for name in ("ccxt", "ccxt.base.exchange", "urllib3", "requests"):
        caplog.set_level(1, logger=name)
    run_check(tmp_path, exchange)
    signed = exchange.requests[0].headers["api-signature"]
    for hidden in (SECRET, SECRET[:6], KEY_ID, KEY_ID[:5], signed):
        assert hidden not in caplog.text
