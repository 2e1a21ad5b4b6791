"""Whether the operator wants the guard; where that is unclear, it is misconfigured and never "off"."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard.config.parse import GuardState, guard_state
from freqtrade_bitmex_guard.model.findings import GuardError


@pytest.mark.parametrize("section", [None, [], "on", True, 1, "{}"])
def test_a_section_that_is_not_an_object_is_misconfigured(section: Any) -> None:
    with pytest.raises(GuardError, match="must be an object"):
        guard_state({"api_key_guard": section})


@pytest.mark.parametrize("enabled", [None, 0, 1, "true", "false", "", [], {}])
def test_an_enabled_that_is_not_a_boolean_is_misconfigured(enabled: Any) -> None:
    with pytest.raises(GuardError, match="must be true or false"):
        guard_state({"api_key_guard": {"enabled": enabled}})


@pytest.mark.parametrize(
    "name",
    [
        "api_key_gaurd",
        "api_keyguard",
        "api-key-guard",
        "API_KEY_GUARD",
        "apiKeyGuard",
        "api_key_guards",
        "_api_key_guard",
        "api_key_guard ",
        "api_keys_guard",
        "apy_key_guard",
        "api_key_guard_config",
        "bitmex_api_key_guard",
        "api_key_guard (old)",
        "аpі_kеy_guаrd",
        "ａｐｉ_key_guard",
    ],
)
@pytest.mark.parametrize("beside", [{}, {"api_key_guard": {"enabled": False}}])
def test_a_misspelled_section_is_misconfigured(name: str, beside: dict[str, Any]) -> None:
    with pytest.raises(GuardError) as stopped:
        guard_state({"exchange": {}, name: {}, **beside})
    assert [finding.name for finding in stopped.value.findings] == ["section-misnamed"]


def test_a_section_inside_another_is_misconfigured() -> None:
    with pytest.raises(GuardError, match="section-misnamed"):
        guard_state({"exchange": {"api_key_guard": {}}})


def test_no_field_of_freqtrade_counts_as_a_misspelling() -> None:
    from freqtrade.config_schema.config_schema import CONF_SCHEMA

    known = dict.fromkeys(CONF_SCHEMA["properties"])
    assert guard_state(known) is GuardState.ABSENT
    assert guard_state({"exchange": known}) is GuardState.ABSENT
    assert len(CONF_SCHEMA["properties"]) > 50


@pytest.mark.parametrize(
    ("section", "state"),
    [
        ({}, GuardState.ENABLED),
        ({"enabled": True}, GuardState.ENABLED),
        ({"enabled": False}, GuardState.DISABLED),
    ],
)
def test_a_section_enables_the_guard_unless_it_says_otherwise(section: Any, state: GuardState) -> None:
    assert guard_state({"api_key_guard": section}) is state


def test_without_a_section_the_state_is_absent() -> None:
    assert guard_state({"exchange": {}, "api_server": {}}) is GuardState.ABSENT
