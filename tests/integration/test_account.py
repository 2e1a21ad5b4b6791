"""What is asked about the account, with real ccxt against the look-alike: side by side, bounded, never trusted."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.account import EventLog
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.key import NotReported
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.responses import Hang, Reaction, Reset, Response, page
from tests.support.factories import bot_config, key, other_key

QUESTIONS = {"/user": "two-factor", "/address": "withdrawal-address", "/userEvent": "security-event"}


def check(folder: Path, exchange: SimulatedBitMEX, **section: Any) -> Verdict:
    return LocalCheck(bot_config(folder, exchange, **section)).run().verdict


def found(verdict: Verdict) -> dict[str, str]:
    return {finding.name: finding.severity.value for finding in verdict.findings}


def careless(exchange: SimulatedBitMEX) -> None:
    exchange.account.two_factor = None
    exchange.account.add_withdrawal_address("hot wallet", skip2FA=True)
    exchange.account.add_event("withdrawalRequested", days_ago=2, ip="198.51.100.9")
    exchange.keys.append(other_key(permissions=["order", "withdraw"], cidr=None, name="old test"))


def test_a_careless_account_is_reported_all_at_once(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    careless(exchange)
    verdict = check(tmp_path, exchange)
    assert verdict.outcome is Outcome.REFUSED
    assert found(verdict) == {
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
    careless(exchange)
    ignored = dict.fromkeys([*QUESTIONS.values(), "sibling-keys"], "ignore")
    verdict = check(tmp_path, exchange, policy={"severity": ignored})
    assert (verdict.outcome, verdict.findings, verdict.requests) == (Outcome.ADMITTED, (), 1)
    assert exchange.paths() == ["GET /apiKey"]


def test_a_key_that_breaks_the_policy_ends_the_queries(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    careless(exchange)
    exchange.keys[0].permissions = ["order", "withdraw"]
    verdict = check(tmp_path, exchange)
    assert found(verdict) == {"withdraw-permission": "error"}
    assert exchange.paths() == ["GET /apiKey"]


@pytest.mark.parametrize("path", QUESTIONS)
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
    verdict = check(tmp_path, exchange)
    assert verdict.outcome is Outcome.ADMITTED
    assert found(verdict) == {QUESTIONS[path]: "warning"}
    assert "could not be verified" in verdict.findings[0].message
    assert verdict.requests == 4
    assert exchange.paths().count(f"GET {path}") == 1
    assert check(tmp_path, exchange, policy={"severity_not_reported": "error"}).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("told", "expected"),
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
    tmp_path: Path, exchange: SimulatedBitMEX, told: Any, expected: dict[str, str]
) -> None:
    exchange.account.overrides["TFAEnabled"] = told
    assert found(check(tmp_path, exchange)) == expected


def test_a_user_without_the_field_is_not_reported(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.respond_always("/user", Response(200, b'{"id": 1}'))
    assert found(check(tmp_path, exchange)) == {"two-factor": "warning"}


@pytest.mark.parametrize("skips", [True, 1, "no", None, []])
def test_any_address_flag_that_is_not_false_skips_a_safeguard(
    tmp_path: Path, exchange: SimulatedBitMEX, skips: Any
) -> None:
    exchange.account.add_withdrawal_address("wallet", skipConfirm=skips)
    assert found(check(tmp_path, exchange)) == {"withdrawal-address": "warning"}


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "login"}],
        [{"type": "login", "created": "yesterday"}],
        [{"type": "login", "created": "2026-11-01T00:00:00"}],
        [{"type": 7, "created": "2026-11-01T00:00:00.000Z"}],
        [None],
        ["login"],
    ],
)
def test_one_odd_event_makes_the_log_not_reported(tmp_path: Path, exchange: SimulatedBitMEX, events: Any) -> None:
    exchange.respond_always("/userEvent", Response(200, json.dumps({"userEvents": events}).encode()))
    assert found(check(tmp_path, exchange)) == {"security-event": "warning"}


@pytest.mark.parametrize("in_a_list", [True, False])
@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("login", {}),
        ("apiKeyCreated", {"security-event": "warning"}),
        ("twoFactorDisabled", {"security-event": "warning"}),
        ("passwordChanged", {"security-event": "warning"}),
        ("addressSkipConfirmRequested", {"security-event": "warning"}),
        ("withdrawalCompleted", {"security-event": "warning"}),
        ("WITHDRAWALCONFIRMED", {"security-event": "warning"}),
    ],
)
def test_events_are_read_in_both_shapes(
    tmp_path: Path, exchange: SimulatedBitMEX, word: str, expected: dict[str, str], in_a_list: bool
) -> None:
    exchange.account.events_in_a_list = in_a_list
    exchange.account.add_event(word, days_ago=1)
    assert found(check(tmp_path, exchange)) == expected


def test_a_page_that_does_not_reach_back_far_enough_is_not_reported(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    for _ in range(148):
        exchange.account.add_event("login", days_ago=1)
    assert len(exchange.account.events) == 150
    exchange.account.events[-1]["created"] = exchange.account.events[-2]["created"]
    assert found(check(tmp_path, exchange)) == {}, "the oldest event of the full page is older than a week"
    for _ in range(2):
        exchange.account.add_event("login", days_ago=0.5)
    assert found(check(tmp_path, exchange)) == {"security-event": "warning"}


def test_a_full_page_with_the_oldest_first_shows_nothing_about_lately(
    tmp_path: Path, exchange: SimulatedBitMEX
) -> None:
    for _ in range(200):
        exchange.account.add_event("login", days_ago=100)
    oldest_first = list(reversed(exchange.account.events))[:150]
    exchange.respond_always("/userEvent", Response(200, json.dumps(oldest_first).encode()))
    assert found(check(tmp_path, exchange)) == {"security-event": "warning"}


@pytest.mark.parametrize("number", [100, 50, 25])
def test_a_page_that_may_have_been_cut_is_not_complete(tmp_path: Path, exchange: SimulatedBitMEX, number: int) -> None:
    for _ in range(number):
        exchange.account.add_event("login", days_ago=1)
    exchange.respond_always("/userEvent", Response(200, json.dumps(exchange.account.events[:number]).encode()))
    assert found(check(tmp_path, exchange)) == {"security-event": "warning"}


def test_colliding_numbers_and_too_many_events_cost_no_time(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    made = [{"id": (2**61 - 1) * n, "type": "login", "created": "2026-11-01T00:00:00.000Z"} for n in range(40_000)]
    exchange.respond_always("/userEvent", Response(200, json.dumps(made).encode()))
    began = time.monotonic()
    assert found(check(tmp_path, exchange)) == {"security-event": "warning"}
    assert time.monotonic() - began < 10


def test_siblings_with_blocks_without_number_are_not_read(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    for number in range(200):
        exchange.keys.append(Key(f"{number:03d}-other-key-made-up", "s", cidrs=["203.0.113.7"] * 240))
    assert "with 48,200 permissions and address blocks" in check(tmp_path, exchange).findings[0].message


@pytest.mark.parametrize("addresses", [[{}], [{"skip_confirm": True}], [{"skipConfirm": False}, {"name": "x"}]])
def test_an_address_without_any_known_flag_is_not_reported(
    tmp_path: Path, exchange: SimulatedBitMEX, addresses: list[dict[str, Any]]
) -> None:
    exchange.respond_always("/address", Response(200, json.dumps(addresses).encode()))
    verdict = check(tmp_path, exchange)
    assert found(verdict) == {"withdrawal-address": "warning"}
    assert "did not report" in verdict.findings[0].message


def test_the_queries_run_in_parallel_and_share_the_remaining_time(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    for path in QUESTIONS:
        exchange.respond_always(path, Hang())
    began = time.monotonic()
    verdict = check(tmp_path, exchange, timeout_seconds=1.5)
    assert time.monotonic() - began < 1.5 + 2.5
    assert verdict.outcome is Outcome.ADMITTED
    assert found(verdict) == dict.fromkeys(QUESTIONS.values(), "warning")
    assert verdict.requests == 4


def test_an_odd_sibling_is_a_danger_and_keeps_nothing_from_starting(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.keys.append(Key("odd-one-out", "secret", overrides={"permissions": {"order": True}}))
    verdict = check(tmp_path, exchange)
    assert verdict.outcome is Outcome.ADMITTED
    assert found(verdict) == {"sibling-keys": "warning"}
    assert "odd-… 'freqtrade-btc'" not in verdict.findings[0].message
    assert "odd-… (described oddly)" in verdict.findings[0].message


def test_the_right_account_is_the_one_that_the_key_tells(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    assert check(tmp_path, exchange, policy={"expected_user_id": 395724}).admitted
    assert found(check(tmp_path, exchange, policy={"expected_user_id": 1})) == {"account": "error"}
    for odd in (None, True, 395724.0, {"id": 395724}, ""):
        exchange.keys[0].overrides = {"userId": odd}
        verdict = check(tmp_path, exchange, policy={"expected_user_id": 395724})
        assert verdict.outcome is Outcome.REFUSED, odd
        assert check(tmp_path, exchange).admitted, odd


def test_an_audit_reads_the_account_of_a_refused_key_too(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    careless(exchange)
    exchange.keys[0].permissions = ["withdraw"]
    for number in range(1_000):
        exchange.account.add_event("login", days_ago=40 - number / 30)
    since = datetime.now(UTC) - timedelta(days=30)
    result = LocalCheck(bot_config(tmp_path, exchange), audit_since=since).run()
    assert {"withdraw-permission", "two-factor", "sibling-keys"} <= set(found(result.verdict))
    assert result.evidence is not None
    account = result.evidence.account
    assert isinstance(account.event_log, EventLog)
    assert account.event_log.covers(since)
    assert result.admission is None
    assert exchange.paths().count("GET /userEvent") == 5
    assert len(account.event_log.since(since)) == len(set(account.event_log.since(since)))


def test_paging_stops_where_the_exchange_leads_in_a_circle(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    for _ in range(300):
        exchange.account.add_event("login", days_ago=1)
    exchange.respond_always("/userEvent", Response(200, json.dumps(exchange.account.events[:150]).encode()))
    since = datetime.now(UTC) - timedelta(days=30)
    result = LocalCheck(bot_config(tmp_path, exchange), audit_since=since).run()
    assert result.evidence is not None
    account = result.evidence.account
    assert exchange.paths().count("GET /userEvent") == 2
    assert isinstance(account.event_log, EventLog)
    assert not account.event_log.covers(since)


def test_a_thousand_keys_and_ten_thousand_events_are_read(tmp_path: Path) -> None:
    others = [Key(f"other-{number:019d}", "secret", cidr="203.0.113.7") for number in range(999)]
    with SimulatedBitMEX([*others, key()]) as exchange:
        for number in range(10_000):
            exchange.account.add_event("login", days_ago=100 - number / 101)
        since = datetime.now(UTC) - timedelta(days=1_000)
        result = LocalCheck(bot_config(tmp_path, exchange), audit_since=since).run()
    verdict = result.verdict
    assert verdict.admitted
    assert result.evidence is not None
    account = result.evidence.account
    assert found(verdict) == {}
    assert not isinstance(account.siblings, NotReported)
    assert len(account.siblings) == 999
    assert isinstance(account.event_log, EventLog)
    assert len(account.event_log.events) == 10_002
    assert verdict.requests == 3 + 68


def test_a_recheck_of_the_key_in_memory_takes_one_request(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    check = LocalCheck(bot_config(tmp_path, exchange))
    assert check.run().verdict.admitted
    for name in ("key", "secret"):
        (tmp_path / name).unlink()
    exchange.requests.clear()
    again = check.recheck()
    assert (again.outcome, again.findings, again.requests, again.key) == (Outcome.ADMITTED, (), 1, "LAqU…")
    assert exchange.paths() == ["GET /apiKey"]


@pytest.mark.parametrize(
    ("change", "outcome", "rule"),
    [
        ({"permissions": ["order", "withdraw"]}, Outcome.REFUSED, "withdraw-permission"),
        ({"cidr": ""}, Outcome.REFUSED, "ip-unrestricted"),
        ({"enabled": False}, Outcome.REFUSED, "key-disabled"),
        ({"overrides": {"userId": 1}}, Outcome.REFUSED, "account"),
        ({"id": "gone"}, Outcome.UNVERIFIED, "key-unknown"),
    ],
)
def test_a_recheck_sees_a_changed_key(
    tmp_path: Path, exchange: SimulatedBitMEX, change: dict[str, Any], outcome: Outcome, rule: str
) -> None:
    check = LocalCheck(bot_config(tmp_path, exchange, policy={"expected_user_id": 395724}))
    assert check.run().verdict.admitted
    for name, value in change.items():
        setattr(exchange.keys[0], name, value)
    again = check.recheck()
    assert (again.findings[0].name, again.requests) == (rule, 1)
    assert again.outcome is outcome


def test_a_recheck_takes_no_longer_than_one_request(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    config = bot_config(tmp_path, exchange)
    config["exchange"]["ccxt_config"]["timeout"] = 1_000
    check = LocalCheck(config)
    assert check.run().verdict.admitted
    exchange.respond_always("/apiKey", Hang())
    began = time.monotonic()
    again = check.recheck()
    assert time.monotonic() - began < 1 + 2.5
    assert (again.outcome, again.requests) == (Outcome.UNVERIFIED, 1)
    assert again.transient


def test_a_recheck_before_the_first_check_admits_nothing(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    assert not LocalCheck(bot_config(tmp_path, exchange)).recheck().admitted
