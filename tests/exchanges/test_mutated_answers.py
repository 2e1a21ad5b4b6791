"""Thousands of changed answers of each exchange: nothing is wrongly admitted, nothing crashes, no secret is shown.

What may be admitted is decided by an independent oracle. `--hypothesis-profile long` tries 100,000 of each.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freqtrade_bitmex_guard import exchanges, rules
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.exchanges.interface import CannotVerify
from freqtrade_bitmex_guard.model.account import AccountFacts, Evidence
from freqtrade_bitmex_guard.model.credentials import KEY, Credentials, Secret
from freqtrade_bitmex_guard.model.credentials import SECRET as SECRET_FIELD
from freqtrade_bitmex_guard.model.findings import Finding, GuardError, Severity
from freqtrade_bitmex_guard.model.key import merge_entries
from freqtrade_bitmex_guard.redaction.registry import redact
from freqtrade_bitmex_guard.rules.engine import Scope
from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from tests.adversarial.oracle import read
from tests.exchanges.contract_cases import check
from tests.exchanges.mutated_answers import change_some
from tests.exchanges.oracles import oracle_of
from tests.support.factories import KEY_ID, SECRET
from tests.support.scripted_session import ScriptedSession, response

EXAMPLES = max(2_000, settings.default.max_examples if settings.default else 0)
OWN_ORACLE = "bitmex"
"""Has a larger one in `tests/adversarial/`."""
_NOT_FOUND = response({}, 404)


def with_oracle() -> list[str]:
    """Return the exchanges that have an adapter of their own and report something; a twin shares it."""
    return [
        name
        for name in exchanges.supported_ids()
        if not isinstance(exchanges.get_adapter(name), CannotVerify)
        and name != OWN_ORACLE
        and type(exchanges.get_adapter(name)).__mro__[1].__module__.endswith("exchanges.interface")
    ]


class Replay(ScriptedSession):
    """A session with the changed answers in the order in which they were asked for, and nothing after them."""

    def __init__(self, answers: list[Response], address: str) -> None:
        super().__init__(())
        self.address = address
        self._answers = self._then_nothing(answers)

    @staticmethod
    def _then_nothing(answers: list[Response]) -> Iterator[Response]:
        yield from answers
        while True:
            yield _NOT_FOUND


def recorded_bodies(exchange: SimulatedExchange[Any], folder: Path) -> list[Any]:
    """Return the answers of a real check of the good key."""
    bodies: list[Any] = []
    answer = exchange.answer

    def record(request: Any) -> Any:
        answered = answer(request)
        bodies.append(json.loads(answered.body))
        return answered

    exchange.answer = record  # type: ignore[method-assign]
    assert check(exchange, folder).admitted
    return bodies


@cache
def policy_of(name: str, trading_mode: str) -> Any:
    return parse_section(
        {"policy": {"severity_not_reported": "ignore"}}, exchanges.get_adapter(name).profile, trading_mode
    ).policy


def judge(name: str, trading_mode: str, answers: list[Response], key_id: str, address: str) -> list[Finding]:
    """Return the errors of a check that gets these answers; none if it admits the key."""
    adapter = exchanges.get_adapter(name)
    try:
        listing = adapter.read_key(Replay(answers, address), key_id)
    except GuardError as refused:
        return list(refused.findings)
    evidence = Evidence(merge_entries(listing.entries), AccountFacts(), datetime.now(UTC))
    key_rules = rules.rules_for(Scope.KEY)
    found = rules.evaluate(key_rules, evidence, policy_of(name, trading_mode), adapter.profile)
    return [finding for finding in found if finding.severity is Severity.ERROR]


@pytest.mark.parametrize("name", with_oracle())
def test_no_changed_answer_is_wrongly_admitted(name: str, tmp_path: Path) -> None:
    simulator, may_start = simulated(name), oracle_of(name)
    with simulator([simulator.random_key(name=f"my {KEY_ID[:4]} bot")]) as exchange:
        bodies, address = recorded_bodies(exchange, tmp_path), exchange.keys[0].id
        identifies = next(field.name for field in exchanges.get_adapter(name).profile.credentials if field.identifies)
        key_id = exchange.credentials(exchange.keys[0])[identifies]
        trading_mode = exchange.trading_mode
    words = [spec.name for spec in exchanges.get_adapter(name).profile.permissions]
    ends: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None, derandomize=False)
    @given(st.integers(0, 2**64))
    def try_one(seed: int) -> None:
        texts = change_some(bodies, words, seed)
        errors = judge(name, trading_mode, [response(text) for text in texts], key_id, address)
        shown = redact("".join(f"{finding.message}{finding.fix}" for finding in errors))
        # No value in an assertion: pytest would show the secret that it looks for.
        is_silent = SECRET not in shown and key_id not in shown
        is_right = bool(errors) or may_start([read(text) for text in texts], key_id)
        is_crash = any(finding.name == "internal-error" for finding in errors)
        assert (is_silent, is_right, is_crash) == (True, True, False)
        ends["refused" if errors else "admitted"] += 1

    Credentials({KEY: Secret(key_id), SECRET_FIELD: Secret(SECRET)}).register_for_redaction()
    assert may_start(bodies, key_id)
    assert judge(name, trading_mode, [response(body) for body in bodies], key_id, address) == []
    try_one()
    # Both happen often enough to show something.
    assert min(ends["refused"], ends["admitted"]) > EXAMPLES / 40, ends


def test_every_exchange_that_reports_has_an_oracle() -> None:
    assert len(with_oracle()) > 5
    assert [name for name in with_oracle() if not callable(oracle_of(name))] == []
