"""Whatever the exchange answers, no bot starts that an independent and much simpler oracle would not start.

The whole check is the real one, from the config section to the verdict; only the wire is not there: what it would have
brought stands in the test. `tests/adversarial/test_faults.py` has the wire.

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
"""hypothesis remembers every example of a round, so a million of them are a hundred rounds with a seed each.

A last round that is begun is drawn whole."""

POSTURE_IGNORED = dict.fromkeys(CONFIGURABLE_FINDINGS, "ignore")
"""The account is another matter; what the rules about it find is in tests/test_account.py and test_posture.py."""


class Wire:
    """In the place of a ccxt client and its connection: it answers what the test says."""

    connection = SimpleNamespace(servers=frozenset())
    request_count = 0
    remaining_seconds = one_request_seconds = 1.0

    def __init__(self, listed: Told, itself: Told) -> None:
        self.told = {"apiKey": listed, "apiKey/self": itself}

    def open_session(self, *_: Any, **__: Any) -> Wire:
        return self

    def request(self, path: str) -> Response:
        self.request_count += 1
        return Response(self.told[path].status, {}, self.told[path].body, time.time())


def written(policy: dict[str, Any]) -> Wanted:
    within = policy.get("ip_within")
    places = None if within is None else frozenset().union(*map(written_out, within))
    return Wanted(
        allowed=frozenset(policy.get("allowed_permissions", ["order", "position"])),
        required=frozenset(policy.get("required_permissions", ["order"])),
        most=policy.get("max_ip_addresses", 1 if places is None else len(places)),
        within=places,
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
        allowed = may_start(listed, itself, KEY_ID, written(policy))
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
    # Else nothing was shown: the space must hold answers that both admit, and enough that both turn away.
    assert seen[True, True] > ROUND / 100
    assert seen[False, False] > ROUND / 10
    both, neither, stricter = seen[True, True], seen[False, False], seen[False, True]
    print(f"\nseed {number}: {both:,} admitted by both, {neither:,} by neither, {stricter:,} by the oracle alone")
