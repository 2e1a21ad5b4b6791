"""The account's events: how they are read, paged and bounded."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.account import EventLog
from freqtrade_bitmex_guard.model.key import NotReported
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.responses import Response
from tests.support.checks import make_careless, run_check, severities
from tests.support.factories import bot_config, key


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
    assert severities(run_check(tmp_path, exchange)) == {"security-event": "warning"}


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
        ("resetPasswordConfirmed", {"security-event": "warning"}),
        ("aWordNobodyKnows", {"security-event": "warning"}),
    ],
)
def test_events_are_read_in_both_shapes(
    tmp_path: Path, exchange: SimulatedBitMEX, word: str, expected: dict[str, str], in_a_list: bool
) -> None:
    exchange.account.events_in_a_list = in_a_list
    exchange.account.add_event(word, days_ago=1)
    assert severities(run_check(tmp_path, exchange)) == expected


def test_a_page_that_does_not_reach_back_far_enough_is_not_reported(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    for _ in range(148):
        exchange.account.add_event("login", days_ago=1)
    assert len(exchange.account.events) == 150
    exchange.account.events[-1]["created"] = exchange.account.events[-2]["created"]
    assert severities(run_check(tmp_path, exchange)) == {}, "the oldest event of the full page is older than a week"
    for _ in range(2):
        exchange.account.add_event("login", days_ago=0.5)
    assert severities(run_check(tmp_path, exchange)) == {"security-event": "warning"}


def test_a_full_page_of_old_events_shows_nothing_about_recent_ones(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    for _ in range(200):
        exchange.account.add_event("login", days_ago=100)
    oldest_first = list(reversed(exchange.account.events))[:150]
    exchange.respond_always("/userEvent", Response(200, json.dumps(oldest_first).encode()))
    assert severities(run_check(tmp_path, exchange)) == {"security-event": "warning"}


@pytest.mark.parametrize("number", [100, 50, 25])
def test_a_page_that_may_have_been_cut_is_not_complete(tmp_path: Path, exchange: SimulatedBitMEX, number: int) -> None:
    for _ in range(number):
        exchange.account.add_event("login", days_ago=1)
    exchange.respond_always("/userEvent", Response(200, json.dumps(exchange.account.events[:number]).encode()))
    assert severities(run_check(tmp_path, exchange)) == {"security-event": "warning"}


def test_colliding_numbers_and_too_many_events_cost_no_time(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    made = [{"id": (2**61 - 1) * n, "type": "login", "created": "2026-11-01T00:00:00.000Z"} for n in range(40_000)]
    exchange.respond_always("/userEvent", Response(200, json.dumps(made).encode()))
    started = time.monotonic()
    assert severities(run_check(tmp_path, exchange)) == {"security-event": "warning"}
    assert time.monotonic() - started < 10


def test_an_audit_reads_the_account_of_a_refused_key_too(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    make_careless(exchange)
    exchange.keys[0].permissions = ["withdraw"]
    for number in range(1_000):
        exchange.account.add_event("login", days_ago=40 - number / 30)
    since = datetime.now(UTC) - timedelta(days=30)
    result = LocalCheck(bot_config(tmp_path, exchange), audit_since=since).run()
    assert {"withdraw-permission", "two-factor", "sibling-keys"} <= set(severities(result.verdict))
    assert result.evidence is not None
    account = result.evidence.account
    assert isinstance(account.event_log, EventLog)
    assert account.event_log.covers(since)
    assert result.admission is None
    assert exchange.paths().count("GET /userEvent") == 5
    assert len(account.event_log.since(since)) == len(set(account.event_log.since(since)))


def test_paging_stops_where_pages_repeat(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
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
    assert severities(verdict) == {}
    assert not isinstance(account.siblings, NotReported)
    assert len(account.siblings) == 999
    assert isinstance(account.event_log, EventLog)
    assert len(account.event_log.events) == 10_002
    assert verdict.requests == 3 + 68
