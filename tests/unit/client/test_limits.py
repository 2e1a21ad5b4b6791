"""What bounds a check: how large an answer may be, and how long it may take to read it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import ccxt
import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client import exchange_client
from freqtrade_bitmex_guard.client.response import Response as ApiResponse
from freqtrade_bitmex_guard.client.session import ApiSession
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.responses import Response
from freqtrade_bitmex_guard.util import deadline
from tests.support.factories import bot_config, key, store_files


def check(folder: Path, exchange: SimulatedBitMEX, **section: Any) -> Verdict:
    return LocalCheck(bot_config(folder, exchange, **section)).run().verdict


def told(verdict: Verdict) -> tuple[Outcome, list[str], int]:
    return verdict.outcome, [finding.name for finding in verdict.findings], verdict.requests


def with_marks(number: int) -> bytes:
    """A good list that holds so many of the characters that can make a value."""
    body = json.dumps([{**key().to_json(), "nonce": [0, 0]}])
    marks = sum(map(body.count, ",:[{"))
    return body.replace("[0, 0]", f"[0, 0{', 0' * (number - marks)}]").encode()


@pytest.mark.parametrize(
    ("marks", "rules", "requests"), [(160_000, [], 4), (160_001, ["response-too-large"], 1)], ids=["most", "too many"]
)
def test_an_answer_with_too_many_values_is_not_even_read(
    tmp_path: Path, exchange: SimulatedBitMEX, marks: int, rules: list[str], requests: int
) -> None:
    exchange.respond_always("/apiKey", Response(200, with_marks(marks)))
    assert told(check(tmp_path, exchange))[1:] == (rules, requests)


def test_two_thousand_keys_are_not_too_many_values(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.keys += [Key(f"{number:04d}-other", "s", cidr=None, cidrs=["203.0.113.7"]) for number in range(2_000)]
    assert told(check(tmp_path, exchange)) == (Outcome.ADMITTED, [], 4)


def test_a_thousand_withdrawal_addresses_are_not_too_many_values(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    for number in range(1_000):
        exchange.account.add_withdrawal_address(f"Ledger of customer {number:05d}")
        exchange.account.addresses[-1] |= {"memo": None, "cooldownExpires": None, "note": "x" * 80}
    assert told(check(tmp_path, exchange)) == (Outcome.ADMITTED, [], 4)


@pytest.mark.parametrize(
    ("body", "why"),
    [(b" " * 1_000_001, "larger than 1 MB"), (b"[" + b"0," * 40_000 + b"0]", "far more values")],
    ids=["bytes", "values"],
)
def test_answers_that_arrive_in_parallel_have_a_lower_bound_each(
    tmp_path: Path, exchange: SimulatedBitMEX, body: bytes, why: str
) -> None:
    for path in ("/user", "/address", "/userEvent"):
        exchange.respond_always(path, Response(200, body))
    verdict = check(tmp_path, exchange)
    assert told(verdict) == (Outcome.ADMITTED, ["two-factor", "withdrawal-address", "security-event"], 4)
    assert all(why in finding.message for finding in verdict.findings)


@pytest.mark.parametrize(("each", "rules"), [(49_500, []), (50_000, ["response-too-large"])], ids=["most", "too many"])
def test_more_than_a_hundred_kilobytes_of_headers_are_not_read(
    tmp_path: Path, exchange: SimulatedBitMEX, each: int, rules: list[str]
) -> None:
    body = json.dumps([key().to_json()]).encode()
    exchange.respond_always("/apiKey", Response(200, body, {"X-One": "x" * each, "X-Other": "x" * each}))
    assert told(check(tmp_path, exchange))[1] == rules


def test_ccxt_does_not_read_an_answer_once_more(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    read: list[str] = []
    with mock.patch("ccxt.base.exchange.Exchange.parse_json", lambda _, text: read.append(text)):
        assert check(tmp_path, exchange).admitted
    assert read == [""] * 4


class Line:
    """In the place of a ccxt client: it answers well, and takes down how much time it was given."""

    connection = SimpleNamespace(servers=frozenset())
    request_count = 0
    remaining_seconds = 0.7

    def __init__(self, one_request_seconds: float = 1.0) -> None:
        self.one_request_seconds = one_request_seconds
        self.given: list[tuple[float, bool]] = []
        self.told = {"apiKey": [key().to_json()], "user": {"TFAEnabled": "GA"}, "address": [], "userEvent": []}

    def clone(self) -> Line:
        return self

    def open_session(self, _: Any, seconds: float, *, retry: bool = True) -> Line:
        self.given.append((seconds, retry))
        return self

    def request(self, path: str, **_: Any) -> ApiResponse:
        return ApiResponse(200, {}, json.dumps(self.told[path]).encode(), time.time())


@pytest.fixture
def asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Line], LocalCheck]:
    """A check that asks by a line of the test's own, with nine seconds for all talk."""

    def give(line: Line) -> LocalCheck:
        monkeypatch.setattr(exchange_client, "build_client", lambda *_: line)
        section = {"credentials": store_files(tmp_path), "timeout_seconds": 9}
        return LocalCheck({"exchange": {"name": "bitmex"}, "api_key_guard": section})

    return give


def test_account_queries_get_the_time_that_remains_after_the_key(
    asking: Callable[[Line], LocalCheck],
) -> None:
    line = Line()
    assert asking(line).run().verdict.admitted
    assert line.given == [(9.0, True), (0.7, False), (0.7, False), (0.7, False)]


@pytest.mark.parametrize(("one_request_seconds", "seconds"), [(0.3, 0.3), (20.0, 9.0)])
def test_another_look_gets_the_time_of_one_request(
    asking: Callable[[Line], LocalCheck], one_request_seconds: float, seconds: float
) -> None:
    line = Line(one_request_seconds)
    check = asking(line)
    assert check.run().verdict.admitted
    line.given.clear()
    assert check.recheck().admitted
    assert line.given == [(seconds, False)]


def test_a_request_gets_no_more_than_what_is_left_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=100.0)

    def wait(seconds: float) -> None:
        clock.now += seconds

    def run(work: Any, seconds: float, cut: Any) -> None:
        given.append((seconds, session.seconds))
        wait(seconds)
        raise TimeoutError

    given: list[tuple[float, float]] = []
    session: Any = SimpleNamespace(request_count=0, hosts=set(), seconds=None, log=None, abort=None)
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(time, "sleep", wait)
    monkeypatch.setattr(deadline, "run_with_timeout", run)
    talk = ApiSession(ccxt.kraken({"timeout": 3_000}), session, PROFILE, 6.0)
    with pytest.raises(GuardError, match="no answer"):
        talk.request("apiKey")
    assert given == [(3.0, 3.0), (2.0, 2.0)]
    assert talk.remaining_seconds == 0
