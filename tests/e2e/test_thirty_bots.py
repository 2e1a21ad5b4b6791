"""Thirty bots on five exchanges, as a new user has them: what the first screen says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.keys import Kind
from tests.support.farm import Farm, farm, unguard

pytestmark = pytest.mark.slow

EXCHANGES = ("binance", "okx", "kraken", "bybit", "gate")
SHARED, BROKEN, WITHDRAWS, UNGUARDED = (5, 10, 15, 20), (3, 18), 7, 12
SCREEN_LINES = 50


@pytest.fixture
def bots(tmp_path: Path) -> Iterator[Farm]:
    with farm(tmp_path, *EXCHANGES) as running:
        copied = None
        for number in range(30):
            exchange = EXCHANGES[number % len(EXCHANGES)]
            bot, key = running.add(f"bot{number:02}", exchange, copied if number in SHARED else None)
            copied = key if number == SHARED[0] else copied
            if number == WITHDRAWS:
                key.permissions = [Kind.READ, Kind.TRADE, Kind.WITHDRAW]
            if number == UNGUARDED:
                unguard(bot)
            if number in BROKEN:
                running.break_config(f"bot{number:02}")
        yield running


def test_the_first_screen_says_all_that_matters(bots: Farm) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "freqtrade_bitmex_guard", "fleet", bots.pattern],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "150"},
    )
    screen = "\n".join(done.stdout.splitlines()[:SCREEN_LINES])

    assert done.returncode == 4, done.stderr
    assert done.stdout.startswith("30 bots: 3 misconfigured, 1 refused, 26 admitted.\n")
    matters = [(f"bot{WITHDRAWS:02}", "withdraw-permission"), (f"bot{UNGUARDED:02}", "section-missing")]
    matters += [(f"bot{number:02}", "config-unreadable") for number in BROKEN]
    for bot, finding in matters:
        assert any(bot in line and finding in line for line in screen.splitlines()), (bot, finding)
    assert screen.index("withdraw-permission") < screen.index("section-missing")
    assert "key-shared: bot05, bot10, bot15, bot20 use one key" in " ".join(done.stdout.split())
    assert "4 bots: bot05, bot10" in screen


def test_each_key_is_asked_about_once(bots: Farm) -> None:
    command = [sys.executable, "-m", "freqtrade_bitmex_guard", "fleet", bots.pattern]
    subprocess.run(command, capture_output=True, check=False)

    keys = {name: len(exchange.keys) for name, exchange in bots.exchanges.items()}
    for name, exchange in bots.exchanges.items():
        asked = Counter((request.key, request.route) for request in exchange.requests)
        assert set(asked.values()) == {1}, name
        unread = sum(EXCHANGES[number % len(EXCHANGES)] == name for number in (*BROKEN, UNGUARDED))
        assert len({key for key, _ in asked}) == keys[name] - unread, name
