"""A policy is weaker than another one in the fields in which it accepts more."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.fleet.policies import weaker_fields
from tests.support.factories import policy


@pytest.mark.parametrize(
    ("weak", "strict", "fields"),
    [
        ({}, {}, []),
        ({"max_ip_addresses": 5}, {}, ["max_ip_addresses"]),
        ({}, {"ip_within": ["203.0.113.7"]}, ["ip_within"]),
        (
            {"ip_within": ["203.0.113.0/24"], "max_ip_addresses": 1},
            {"ip_within": ["203.0.113.0/28"], "max_ip_addresses": 1},
            ["ip_within"],
        ),
        ({"max_key_age_days": 365}, {}, ["max_key_age_days"]),
        ({"min_days_left": 1}, {}, ["min_days_left"]),
        ({"event_days": 1}, {}, ["event_days"]),
        ({"severity": {"key-age": "ignore"}}, {}, ["severity"]),
        ({}, {"severity": {"key-age": "error"}}, ["severity"]),
        ({"severity_not_reported": "ignore"}, {}, ["severity_not_reported"]),
        ({}, {"key_name": "freqtrade-*"}, ["key_name"]),
        (
            {"allowed_permissions": ["order", "orderCancel"]},
            {"allowed_permissions": ["order"]},
            ["allowed_permissions"],
        ),
    ],
)
def test_the_weaker_one_is_weaker_and_the_stricter_one_is_not(
    weak: dict[str, Any], strict: dict[str, Any], fields: list[str]
) -> None:
    left, right = policy(**weak), policy(**strict)

    assert weaker_fields(left, right) == fields
    assert weaker_fields(right, left) == []


def test_every_field_of_a_policy_is_compared_or_cannot_weaken_it() -> None:
    from freqtrade_bitmex_guard.fleet import policies

    compared = {*policies._IS_WEAKER, *policies._EXPECTATIONS}
    assert set(Policy.model_fields) - compared == {"required_permissions"}
