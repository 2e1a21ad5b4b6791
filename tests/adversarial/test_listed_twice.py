"""A key that is listed several times is no better than the worst of its entries, whatever their order."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client import exchange_client
from freqtrade_bitmex_guard.config.policy import CONFIGURABLE_FINDINGS
from tests.adversarial.oracle import Told
from tests.adversarial.test_answers import Wire
from tests.support.factories import KEY_ID, store_files

ASKED_OF_THE_ACCOUNT = ("two-factor", "withdrawal-address", "security-event")
SEVERITY = {rule: "ignore" if rule in ASKED_OF_THE_ACCOUNT else "error" for rule in CONFIGURABLE_FINDINGS}

# Without max_key_age_days: with it, a disagreement of two entries is an error already.
POLICY = {"severity": SEVERITY, "expected_user_id": 1, "expected_target_account_id": 2}
NOT_IN_THE_ANSWER = object()


def days_ago(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def mostly(good: Any, *others: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(good), st.just(good), st.sampled_from(others))


entries = st.fixed_dictionaries(
    {
        "id": st.just(KEY_ID),
        "permissions": mostly(["order"], ["order", "position"], ["order", "withdraw"], []),
        "cidr": mostly("203.0.113.7", "203.0.113.8", "0.0.0.0/0", "", None, "odd"),
        "enabled": mostly(True, False, NOT_IN_THE_ANSWER),
        "name": mostly("btc-of-mine", "eth-of-mine", "", "bot", None),
        "created": mostly(days_ago(20), days_ago(21), days_ago(200), "2015-01-01T00:00:00.000Z", None),
        "userId": mostly(1, 2, None, "odd one"),
        "targetAccountId": mostly(2, 1, None),
    }
).map(lambda entry: {name: told for name, told in entry.items() if told is not NOT_IN_THE_ANSWER})


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(entries, min_size=2, max_size=3).flatmap(lambda told: st.tuples(st.just(told), st.permutations(told))))
def test_the_order_decides_nothing_and_no_entry_hides_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn: tuple[list[dict[str, Any]], list[dict[str, Any]]]
) -> None:
    def judged(told: list[dict[str, Any]]) -> list[tuple[bool, Any]]:
        wire = Wire(Told(200, json.dumps(told).encode()), Told(404, b""))
        monkeypatch.setattr(exchange_client, "build_client", lambda *_: wire)
        check = LocalCheck({"exchange": {"name": "bitmex"}, "api_key_guard": {"credentials": store, "policy": POLICY}})
        verdicts = [check.run().verdict, check.recheck()]
        return [
            (verdict.admitted, {(found.name, found.severity) for found in verdict.findings}) for verdict in verdicts
        ]

    store = store_files(tmp_path)
    listed, otherwise = drawn
    found = judged(listed)
    assert found == judged(otherwise)
    for entry in listed:
        alone = judged([entry])
        # An entry that cannot be read prevents the judgement of the rest, and that is no admission either.
        assert all(all_found or not one for (_, all_found), (_, one) in zip(found, alone, strict=True))
        # The recheck, which queries less, agrees; and it is not enough that the list has some fault.
        assert alone[0][0] or not any(admitted for admitted, _ in found)
