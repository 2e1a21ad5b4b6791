"""Random messages against an oracle: nothing is let through that it would not let through, and nothing less.

`GUARD_MESSAGES=1000000` runs as many as a release does.
"""

from __future__ import annotations

import json
import os
import random
from decimal import Decimal
from typing import Any

import pytest

from freqtrade_bitmex_guard.agent.judge import Judge, Standing
from freqtrade_bitmex_guard.agent.market_data import MarketData
from freqtrade_bitmex_guard.agent.refusal import RefusedError
from freqtrade_bitmex_guard.agent.routes.bitmex import TABLE
from freqtrade_bitmex_guard.agent.table import Market
from freqtrade_bitmex_guard.config.agent import parse_agent_section
from freqtrade_bitmex_guard.signing import wire
from tests.agent import oracle

COUNT = int(os.environ.get("GUARD_MESSAGES", "20000"))


class NoExchange:
    """A client that is never asked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the exchange was asked for {name}")


@pytest.fixture
def judge() -> Judge:
    config = parse_agent_section({"socket": "/run/a", "pairs": ["BTC/USDT"]})
    market_data = MarketData(NoExchange(), TABLE, config.pairs, "spot", "USDT")
    market_data.markets = {
        "XBT_USDT": Market("XBT_USDT", "BTC/USDT", "BTC", "USDT", "spot", Decimal(1)),
        "XBTUSDT": Market("XBTUSDT", "BTC/USDT:USDT", "BTC", "USDT", "futures", Decimal(1)),
        "XBTUSD": Market("XBTUSD", "BTC/USD:BTC", "BTC", "USD", "futures", None),
    }
    market_data._loaded = float("inf")  # the list is new, so it is not read again
    return Judge(config, TABLE, market_data)


def is_let_through(judge: Judge, content: bytes) -> bool:
    try:
        call = wire.parse_request(content)
        assert isinstance(call, wire.Call)
        judge.judge(call, Standing.ALL)
    except (wire.WireError, RefusedError):
        return False
    return True


def test_random_messages_are_judged_as_the_oracle_judges_them(judge: Judge) -> None:
    seed = random.randrange(10**9)
    let_through = 0
    for api, verb, path, params in oracle.messages(random.Random(seed), COUNT):
        call = {"number": 1, "operation": "carry", "api": api, "verb": verb, "path": path, "params": params}
        result = is_let_through(judge, json.dumps(call).encode())
        # 1e16 and the like never come off the wire.
        expected = oracle.allows(api, verb, path, params) and not any(value == 1e16 for value in params.values())
        assert result is expected, (seed, call)
        let_through += result
    assert COUNT / 10 < let_through < COUNT / 2
