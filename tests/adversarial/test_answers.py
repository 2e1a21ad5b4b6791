"""No response of the exchange starts a bot that an independent and much simpler oracle would not start.

The check is the real one, from the config section to the verdict, but for the connection: the test brings the
responses. `tests/adversarial/test_faults.py` has real connections.

    python -m pytest tests/adversarial/test_answers.py                            20,000 answers, as CI does
    GUARD_ANSWERS=1000000 python -m pytest tests/adversarial/test_answers.py      as evidence/adversarial.md records
"""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given, seed, settings

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client import exchange_client
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.config.policy import CONFIGURABLE_FINDINGS
from freqtrade_bitmex_guard.report import json as report
from freqtrade_bitmex_guard.report.text import render_plain
from tests.adversarial import answers
from tests.adversarial.oracle import Told, Wanted, may_start, written_out
from tests.support.factories import KEY_ID, SECRET, store_files

ANSWERS = int(os.environ.get("GUARD_ANSWERS", "20000"))
ROUND = min(ANSWERS, 10_000)
"""hypothesis remembers every example of a round, so a million examples are a hundred rounds with a seed each.

The last round is always complete."""

POSTURE_IGNORED = dict.fromkeys(CONFIGURABLE_FINDINGS, "ignore")
"""The account is tested elsewhere: tests/integration/test_account.py and tests/unit/rules."""


class Wire:
    """Takes the place of a client and its connection, and returns the responses of the test."""

    connection = SimpleNamespace(servers=frozenset())
    request_count = 0
    remaining_seconds = one_request_seconds = 1.0

    is_unheard = False

    def __init__(self, listed: Told, itself: Told) -> None:
        self.responses = {"apiKey": listed, "apiKey/self": itself}

    def open_session(self, *_: Any, **__: Any) -> Wire:
        return self

    def request(self, path: str) -> Response:
        self.request_count += 1
        return Response(self.responses[path].status, {}, self.responses[path].body, time.time())


def with_defaults(policy: dict[str, Any]) -> Wanted:
    within = policy.get("ip_within")
    addresses = None if within is None else frozenset().union(*map(written_out, within))
    return Wanted(
        allowed=frozenset(policy.get("allowed_permissions", ["order", "position"])),
        required=frozenset(policy.get("required_permissions", ["order"])),
        most=policy.get("max_ip_addresses", 1 if addresses is None else len(addresses)),
        within=addresses,
    )


@pytest.mark.parametrize("number", range(math.ceil(ANSWERS / ROUND)))
def test_no_answer_is_admitted_that_the_oracle_would_not_admit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    store = store_files(tmp_path)
    seen: Counter[tuple[bool, bool]] = Counter()

    @seed(number)
    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(answers.listed, answers.itself, answers.policies)
    def attack(listed: Told, itself: Told, policy: dict[str, Any]) -> None:
        wire = Wire(listed, itself)
        monkeypatch.setattr(exchange_client, "build_client", lambda *_: wire)
        section = {"credentials": store, "policy": {**policy, "severity": POSTURE_IGNORED}}
        check = LocalCheck({"exchange": {"name": "bitmex"}, "api_key_guard": section})
        result = check.run()
        verdict = result.verdict
        allowed = may_start(listed, itself, KEY_ID, with_defaults(policy))
        seen[verdict.admitted, allowed] += 1
        assert allowed or not verdict.admitted
        assert verdict.admitted == (verdict.exit_code == 0) == (result.admission is not None)
        assert not verdict.is_internal_error, verdict.findings
        assert 1 <= verdict.requests <= 2
        shown = render_plain(verdict) + report.to_json(verdict)
        assert KEY_ID[:6] not in shown
        assert SECRET[:6] not in shown
        assert shown.replace("\n", "").isprintable()

    attack()
    # The test shows nothing unless the space has responses that both admit, and enough that both refuse.
    assert seen[True, True] > ROUND / 100
    assert seen[False, False] > ROUND / 10
    both, neither, stricter = seen[True, True], seen[False, False], seen[False, True]
    print(f"\nseed {number}: {both:,} admitted by both, {neither:,} by neither, {stricter:,} by the oracle alone")
