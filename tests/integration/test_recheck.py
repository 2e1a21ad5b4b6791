"""A second check of the key in memory: one request, no store, no config."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.responses import Hang
from tests.support.factories import bot_config


def test_a_recheck_of_the_key_in_memory_takes_one_request(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    check = LocalCheck(bot_config(tmp_path, exchange))
    assert check.run().verdict.admitted
    for name in ("key", "secret"):
        (tmp_path / name).unlink()
    exchange.requests.clear()
    verdict = check.recheck()
    assert (verdict.outcome, verdict.findings, verdict.requests, verdict.key) == (Outcome.ADMITTED, (), 1, "LAqU…")
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
    verdict = check.recheck()
    assert (verdict.findings[0].name, verdict.requests) == (rule, 1)
    assert verdict.outcome is outcome


def test_a_recheck_takes_no_longer_than_one_request(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    config = bot_config(tmp_path, exchange)
    config["exchange"]["ccxt_config"]["timeout"] = 1_000
    check = LocalCheck(config)
    assert check.run().verdict.admitted
    exchange.respond_always("/apiKey", Hang())
    started = time.monotonic()
    verdict = check.recheck()
    assert time.monotonic() - started < 1 + 2.5
    assert (verdict.outcome, verdict.requests) == (Outcome.UNVERIFIED, 1)
    assert verdict.transient


def test_a_recheck_before_the_first_check_admits_nothing(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    assert not LocalCheck(bot_config(tmp_path, exchange)).recheck().admitted
