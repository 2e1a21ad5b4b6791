"""The rules about the key itself, one table each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.account import (
    AccountFacts,
    Evidence,
)
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.key import (
    KeyFacts,
)
from freqtrade_bitmex_guard.rules.key import legacy_key
from tests.support.factories import facts, policy
from tests.unit.rules.judging import NOW, found, key, severities


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        (NOW, []),
        (NOW - timedelta(days=90), []),
        (NOW - timedelta(days=90, seconds=1), ["warning"]),
        (datetime(2015, 1, 1, tzinfo=UTC), ["warning"]),
        (NOW + timedelta(days=1), []),
        (NOW + timedelta(days=1, seconds=1), ["warning"]),
        (NOW + timedelta(days=2), ["warning"]),
        (None, ["warning"]),
    ],
)
def test_the_key_is_young(created: Any, expected: list[str]) -> None:
    assert severities(found("key-age", key(created=created))) == expected


def test_the_operator_chooses_how_old_a_key_may_be() -> None:
    assert found("key-age", key(), max_key_age_days=20) == []
    (finding,) = found("key-age", key(), max_key_age_days=19)
    assert "20 days old; the policy allows 19" in finding.message


@pytest.mark.parametrize(
    ("created", "words", "expected"),
    [
        (datetime(2019, 6, 10, 20, tzinfo=UTC), ("order", "withdraw"), []),
        (datetime(2019, 6, 10, 19, 59, 59, tzinfo=UTC), ("order",), ["warning"]),
        (datetime(2019, 6, 10, 19, 59, 59, tzinfo=UTC), ("order", "withdraw"), ["error"]),
        (datetime(2019, 6, 10, 19, 59, 59, tzinfo=UTC), ("Withdraw",), ["error"]),
        (None, ("order",), ["warning"]),
    ],
)
def test_a_key_from_the_time_of_weak_keys_is_found(created: Any, words: tuple[str, ...], expected: list[str]) -> None:
    assert severities(found("legacy-key", key(*words, created=created))) == expected


@pytest.mark.parametrize("created", [datetime(2000, 1, 1, tzinfo=UTC), None])
def test_an_exchange_without_weak_keys_has_no_legacy_key(created: Any) -> None:
    never_weak = replace(PROFILE, weak_keys_before=None)
    assert list(legacy_key(Evidence(key(created=created), AccountFacts(), NOW), policy(), never_weak)) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("freqtrade-btc", []),
        ("BTC/USDT at home", []),
        ("", ["warning"]),
        ("  ", ["warning"]),
        ("Bot 7", ["warning"]),
        ("my-key", ["warning"]),
        ("API_KEY_2", ["warning"]),
        ("BitMEX", ["warning"]),
        ("12345", ["warning"]),
        (None, ["warning"]),
    ],
)
def test_the_name_of_the_key_says_something(name: Any, expected: list[str]) -> None:
    assert severities(found("key-name", key(name=name))) == expected


def test_generic_names_are_known() -> None:
    generic = (
        "a abc api apikey bot default freqtrade ft key main mine my mybot mykey name new newkey noname none test "
        "testkey trade trader trading tradingbot unnamed untitled x bitmex"
    )
    for name in generic.split():
        assert severities(found("key-name", key(name=f"{name.title()}-1"))) == ["warning"], name
        assert severities(found("key-name", key(name=f"{name}-btc-server"))) == [], name


def test_only_the_first_two_hundred_characters_of_a_name_count() -> None:
    assert severities(found("key-name", key(name="7" * 197 + "btc"))) == []
    assert severities(found("key-name", key(name="7" * 200 + "btc"))) == ["warning"]


@pytest.mark.parametrize(
    ("name", "wanted", "expected"),
    [
        ("freqtrade-btc", "freqtrade-*", []),
        ("freqtrade-btc", "freqtrade-???", []),
        ("Freqtrade-btc", "freqtrade-*", ["warning"]),
        ("somebody-elses", "freqtrade-*", ["warning"]),
        ("bot", "bot", []),
        ("bot", "*", ["warning"]),
        ("bot[1]", "bot[1]", []),
        ("bot1", "bot[1]", ["warning"]),
        ("", "*", ["warning"]),
        (None, "*", ["error"]),
    ],
)
def test_the_operator_may_choose_a_pattern_for_the_name(name: Any, wanted: str, expected: list[str]) -> None:
    assert severities(found("key-name", key(name=name), key_name=wanted)) == expected


@pytest.mark.parametrize(
    ("changed", "written", "expected"),
    [
        ({"user_id": "1", "account_id": "2"}, {}, []),
        ({"user_id": None, "account_id": None}, {}, []),
        ({}, {"expected_user_id": 395724}, []),
        ({}, {"expected_user_id": "395724", "expected_target_account_id": 395725}, []),
        ({}, {"expected_user_id": 395725}, ["error"]),
        ({}, {"expected_target_account_id": 395724}, ["error"]),
        ({}, {"expected_user_id": 1, "expected_target_account_id": 1}, ["error", "error"]),
        ({"user_id": None}, {"expected_user_id": 395724}, ["error"]),
        ({"account_id": None}, {"expected_target_account_id": 395725}, ["error"]),
    ],
)
def test_the_key_belongs_to_the_expected_account(changed: Any, written: Any, expected: list[str]) -> None:
    assert severities(found("account", key(**changed), **written)) == expected


def test_only_eighty_characters_of_the_wanted_name_are_shown() -> None:
    wanted = "a" * 79 + "bcd"
    for name in ("x", ""):
        (finding,) = found("key-name", key(name=name), key_name=wanted)
        assert wanted[:80] in finding.message + finding.fix
        assert wanted[:81] not in finding.message + finding.fix


def names(rule: str, known: KeyFacts, **written: Any) -> list[str]:
    findings = found(rule, known, **written)
    assert all(finding.severity is Severity.ERROR for finding in findings)
    return [finding.name for finding in findings]


@pytest.mark.parametrize(("enabled", "is_found"), [(True, False), (None, False), (False, True)])
def test_a_key_that_is_switched_off_is_found(enabled: bool | None, is_found: bool) -> None:
    assert names("key-disabled", facts("order", enabled=enabled)) == ["key-disabled"] * is_found


@pytest.mark.parametrize(
    ("expires", "is_found"),
    [(None, False), (NOW + timedelta(seconds=1), False), (NOW, True), (NOW - timedelta(days=1), True)],
)
def test_a_key_that_has_expired_is_found(expires: datetime | None, is_found: bool) -> None:
    findings = found("key-disabled", key(expires=expires))
    assert severities(findings) == ["error"] * is_found
