"""Whether the operator wants the guard; where that is unclear, it is misconfigured and never "off"."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard.config.parse import GuardState, guard_state
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.support.public_configs import PUBLIC


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
def test_a_misspelled_section_is_misconfigured(name: str) -> None:
    with pytest.raises(GuardError) as stopped:
        guard_state({"exchange": {}, name: {}})
    assert [finding.name for finding in stopped.value.findings] == ["section-misnamed"]


@pytest.mark.parametrize(
    "name",
    [
        "//api_key_guard",
        "_api_key_guard",
        "# api_key_guard",
        "api_key_guard_comment",
        "api_key_gaurd",
        "==== API key guard ====",
        "==== API key 设置 ====",
        "Настройки API key",
        "API-Schlüssel (api key)",
    ],
)
@pytest.mark.parametrize("value", ["a note", {}, {"enabled": False}, [], None, False])
@pytest.mark.parametrize("enabled", [True, False])
def test_beside_the_section_nothing_else_is_nearly_it(name: str, value: Any, enabled: bool) -> None:
    state = GuardState.ENABLED if enabled else GuardState.DISABLED
    assert guard_state({"exchange": {}, name: value, "api_key_guard": {"enabled": enabled}}) is state
    assert guard_state({"api_key_guard": {"enabled": enabled}, "exchange": {name: value, "api_key_guard": {}}}) is state


@pytest.mark.parametrize("name", ["==== API key 设置 ====", "Настройки API key", "API 密钥 key"])
def test_a_heading_in_another_language_is_no_section(name: str) -> None:
    assert guard_state({"exchange": {name: ""}, name: "what follows"}) is GuardState.ABSENT
    with pytest.raises(GuardError, match="section-misnamed"):
        guard_state({"exchange": {}, "==== API key 设置 ====": {}})


@pytest.mark.parametrize("name", PUBLIC["top_level_keys_as_comments"])
@pytest.mark.parametrize("value", ["a note", {}])
def test_no_comment_of_a_public_config_counts_as_a_misspelling(name: str, value: Any) -> None:
    assert guard_state({"exchange": {}, name: value}) is GuardState.ABSENT
    assert guard_state({"exchange": {}, name: value, "api_key_guard": {}}) is GuardState.ENABLED


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
