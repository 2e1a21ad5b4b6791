"""The fields of the policy that rules expect something by."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.config.policy import CONFIGURABLE_FINDINGS, Policy
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.support.factories import policy


@pytest.mark.parametrize(
    ("severity", "said"),
    [
        ({"withdraw-permission": "warning"}, "withdraw-permission is one of the guard's own rules"),
        ({"internal-error": "ignore"}, "internal-error is one of the guard's own rules"),
        ({"two_factor": "error"}, "names a rule that does not exist; there are two-factor,"),
        ({"key-age": "info"}, "section-invalid: api_key_guard.policy.severity.key-age"),
        ({"key-age": None}, "section-invalid: api_key_guard.policy.severity.key-age"),
        (["key-age"], "section-invalid: api_key_guard.policy.severity"),
        (7, "section-invalid: api_key_guard.policy.severity"),
    ],
)
def test_only_configurable_rules_have_a_severity_to_choose(severity: Any, said: str) -> None:
    with pytest.raises(GuardError) as stopped:
        policy(severity=severity)
    assert said in str(stopped.value)
    assert '"severity": {"key-age"' in stopped.value.findings[0].fix


def test_an_editor_knows_the_rules_whose_severity_can_be_chosen() -> None:
    schema = Policy.model_json_schema()["properties"]["severity"]
    assert schema["propertyNames"] == {"enum": list(CONFIGURABLE_FINDINGS)}


@pytest.mark.parametrize(
    "written",
    [
        {"expected_user_id": True},
        {"expected_user_id": ""},
        {"expected_user_id": 3.5},
        {"expected_target_account_id": "a b"},
        {"key_name": ""},
        {"max_key_age_days": 0},
        {"max_key_age_days": 36_501},
        {"min_days_left": 0},
        {"min_days_left": 36_501},
        {"event_days": 3_651},
        {"event_days": 0},
        {"event_days": 7.5},
        {"severity_not_reported": "info"},
    ],
)
def test_an_odd_expectation_is_misconfigured(written: Any) -> None:
    with pytest.raises(GuardError):
        parse_section({"policy": written}, PROFILE)


def test_the_widest_and_narrowest_policies_and_the_default() -> None:
    widest = policy(max_key_age_days=36_500, min_days_left=36_500, event_days=3_650, expected_user_id="x" * 64)
    assert (widest.max_key_age_days, widest.min_days_left, widest.event_days) == (36_500, 36_500, 3_650)
    assert widest.expected_user_id == "x" * 64
    assert policy(expected_target_account_id=0).expected_target_account_id == 0
    narrowest = policy(max_key_age_days=1, min_days_left=1, event_days=1, max_ip_addresses=1, key_name="x")
    assert (narrowest.max_key_age_days, narrowest.min_days_left, narrowest.event_days) == (1, 1, 1)
    assert narrowest.max_addresses == 1
    usual = policy()
    assert (usual.max_key_age_days, usual.min_days_left, usual.event_days, usual.max_addresses) == (90, 7, 7, 1)
    assert (usual.key_name, usual.expected_user_id, usual.expected_target_account_id) == (None, None, None)
    assert (usual.severity, usual.severity_not_reported, usual.allowed_networks) == ({}, "warning", None)
