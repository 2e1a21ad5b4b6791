"""The config section, read to the letter."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freqtrade_bitmex_guard.config.parse import guard_state, parse_section
from freqtrade_bitmex_guard.config.section import GuardConfig
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.model.networks import parse_network


def parsed(**section: Any) -> GuardConfig:
    return parse_section(section, PROFILE)


def complaints(section: Any) -> tuple[Finding, ...]:
    with pytest.raises(GuardError) as stopped:
        guard_state({"api_key_guard": section})
        parse_section(section, PROFILE)
    assert all(finding.outcome is Outcome.MISCONFIGURED for finding in stopped.value.findings)
    assert all(finding.fix for finding in stopped.value.findings)
    return stopped.value.findings


def test_an_empty_section_takes_the_exchanges_defaults() -> None:
    config = parsed()
    assert config.enabled is True
    assert config.credentials.model_dump() == {"store": "keyring", "service": "freqtrade-bitmex"}
    assert config.policy.allowed_permissions == ["order", "position"]
    assert config.policy.required_permissions == ["order"]
    assert config.policy.max_addresses == 1
    assert config.policy.allowed_networks is None
    assert config.allowed_hosts == ["www.bitmex.com", "testnet.bitmex.com"]
    assert config.timeout_seconds == 30


def test_the_section_of_the_readme_reads_like_an_empty_one() -> None:
    written = {
        "enabled": True,
        "credentials": {"store": "keyring", "service": "freqtrade-bitmex"},
        "policy": {},
        "allowed_hosts": ["www.bitmex.com", "testnet.bitmex.com"],
        "timeout_seconds": 30,
    }
    assert parse_section(written, PROFILE).model_dump() == parsed().model_dump()


@pytest.mark.parametrize(
    ("section", "path", "what"),
    [
        ({"enabeld": False}, "api_key_guard.enabeld", "'enabled'"),
        ({"polcy": {}}, "api_key_guard.polcy", "'policy'"),
        ({"policy": {"max_ips": 3}}, "api_key_guard.policy.max_ips", "'max_ip_addresses'"),
        ({"policy": {"allowed_permission": []}}, "api_key_guard.policy.allowed_permission", "'allowed_permissions'"),
        ({"credentials": {"servce": "x"}}, "api_key_guard.credentials.servce", "'service'"),
        ({"credentials": {"store": "files", "keyfile": "x"}}, "api_key_guard.credentials.keyfile", "'key_file'"),
        (
            {"credentials": {"store": "files", "service": "x"}},
            "api_key_guard.credentials.service",
            '"store": "keyring"',
        ),
        (
            {"credentials": {"store": "files", "keyring": "x"}},
            "api_key_guard.credentials.keyring",
            "'key_file'",
        ),
        ({"policy": {"command": []}}, "api_key_guard.policy.command", "Known fields: allowed_permissions"),
        ({"files": {}}, "api_key_guard.files", "Known fields: enabled"),
        ({"allowed_host": []}, "api_key_guard.allowed_host", "'allowed_hosts'"),
        ({"key_file": "x"}, "api_key_guard.key_file", 'credentials with "store": "files"'),
        ({"max_ip_addresses": 1}, "api_key_guard.max_ip_addresses", "belongs in policy"),
        ({"zzz": 1}, "api_key_guard.zzz", "Known fields: enabled, credentials"),
    ],
)
def test_an_unknown_field_is_rejected_with_the_nearest_known_name(section: Any, path: str, what: str) -> None:
    (finding,) = complaints(section)
    assert finding.name == "section-invalid"
    assert finding.message == f"{path} is not a known field."
    assert what in finding.fix


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"timeout_seconds": 0.9}, "timeout_seconds"),
        ({"timeout_seconds": 301}, "timeout_seconds"),
        ({"timeout_seconds": "30"}, "timeout_seconds"),
        ({"timeout_seconds": True}, "timeout_seconds"),
        ({"timeout_seconds": float("nan")}, "timeout_seconds"),
        ({"timeout_seconds": None}, "api_key_guard"),
        ({"allowed_hosts": []}, "allowed_hosts"),
        ({"allowed_hosts": "www.bitmex.com"}, "allowed_hosts"),
        ({"allowed_hosts": ["https://www.bitmex.com"]}, "allowed_hosts"),
        ({"allowed_hosts": ["www.bitmex.com:443"]}, "allowed_hosts"),
        ({"allowed_hosts": ["*"]}, "allowed_hosts"),
        ({"allowed_hosts": [""]}, "allowed_hosts"),
        ({"credentials": "keyring"}, "credentials"),
        ({"credentials": {"store": "vault"}}, "credentials.store"),
        ({"credentials": {"store": ["files"]}}, "credentials"),
        ({"credentials": {"service": ""}}, "credentials.service"),
        ({"credentials": {"service": 7}}, "credentials.service"),
        ({"credentials": {"store": "command"}}, "credentials.key_command"),
        ({"credentials": {"store": "command", "key_command": "pass", "secret_command": ["x"]}}, "key_command"),
        ({"credentials": {"store": "command", "key_command": [], "secret_command": ["x"]}}, "key_command"),
        ({"policy": []}, "policy"),
        ({"policy": {"max_ip_addresses": 0}}, "policy.max_ip_addresses"),
        ({"policy": {"max_ip_addresses": -1}}, "policy.max_ip_addresses"),
        ({"policy": {"max_ip_addresses": 1.0}}, "policy.max_ip_addresses"),
        ({"policy": {"max_ip_addresses": "1"}}, "policy.max_ip_addresses"),
        ({"policy": {"max_ip_addresses": True}}, "policy.max_ip_addresses"),
        ({"policy": {"ip_within": []}}, "policy.ip_within"),
        ({"policy": {"ip_within": ["bogus"]}}, "policy.ip_within"),
        ({"policy": {"ip_within": ["10.0.0.0/255.0.0.0"]}}, "policy.ip_within"),
        ({"policy": {"ip_within": ["0.0.0.0/0"]}}, "policy.ip_within"),
        ({"policy": {"ip_within": ["0.0.0.0/1", "128.0.0.0/1"]}}, "policy.ip_within"),
        ({"policy": {"ip_within": ["::ffff:0:0/96"]}}, "policy.ip_within"),
        ({"policy": {"ip_within": None}}, "policy"),
        ({"policy": {"allowed_permissions": None}}, "policy"),
        ({"policy": {"allowed_permissions": "order"}}, "policy.allowed_permissions"),
        ({"policy": {"allowed_permissions": ["order", ""]}}, "policy.allowed_permissions"),
        ({"policy": {"allowed_permissions": ["order", " position"]}}, "policy.allowed_permissions"),
        ({"policy": {"allowed_permissions": [1]}}, "policy.allowed_permissions"),
        ({"policy": {"allowed_permissions": []}}, "policy"),
        ({"policy": {"allowed_permissions": ["orderCancel"]}}, "policy"),
        ({"policy": {"required_permissions": ["order", "orderCancel"]}}, "policy"),
        ({"policy": {"required_permissions": ["withdraw"]}}, "policy"),
    ],
)
def test_an_error_names_the_path_and_an_example(section: Any, path: str) -> None:
    findings = complaints(section)
    assert any(path in finding.message for finding in findings)
    assert all(finding.name == "section-invalid" for finding in findings)
    assert all("For example:" in finding.fix for finding in findings)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"enabled": "true"}, "enabled must be true or false, without quotes."),
        ({"timeout_seconds": 301}, "timeout_seconds must be 300 or less."),
        ({"timeout_seconds": 0.5}, "timeout_seconds must be 1 or more."),
        ({"timeout_seconds": "30"}, "timeout_seconds must be a number, without quotes."),
        ({"timeout_seconds": float("inf")}, "timeout_seconds must be a finite number."),
        ({"recheck_minutes": 10_081}, "recheck_minutes must be 10080 or less."),
        ({"on_violation": "sell"}, "on_violation must be 'pause' or 'stop'."),
        ({"allowed_hosts": []}, "allowed_hosts must not be empty."),
        ({"policy": {"allowed_permissions": ["order", ""]}}, "policy.allowed_permissions.1 must not be empty."),
        ({"allowed_hosts": ["\ud800"]}, "allowed_hosts.0 must be text of valid characters."),
        ({"credentials": []}, "credentials must be an object."),
        ({"credentials": {"store": "files", "key_file": ""}}, "credentials.key_file must not be empty."),
        ({"policy": {"max_ip_addresses": "1"}}, "policy.max_ip_addresses must be a whole number, without quotes."),
        ({"policy": {"max_key_age_days": 36_501}}, "policy.max_key_age_days must be 36500 or less."),
        ({"policy": {"severity": ["key-age"]}}, "policy.severity must be an object."),
        (
            {"policy": {"severity": {"key-age": "off"}}},
            "policy.severity.key-age must be 'error', 'warning' or 'ignore'.",
        ),
        (
            {"policy": {"expected_user_id": 1.5}},
            "policy.expected_user_id must be the number that the exchange shows, or that number as text.",
        ),
    ],
)
def test_an_error_has_our_words_and_names_the_limit(section: Any, message: str) -> None:
    (finding,) = complaints(section)
    assert finding.message == f"api_key_guard.{message}"


@pytest.mark.parametrize(
    "word",
    [
        *("withdraw", "Withdraw", "WITHDRAW", " withdraw", "withdraw\n", "withdraw\x00", "ｗithdraw"),
        *("withdrawal", "Withdrawals", "withdraw_all", "WITHDRAW:crypto"),
    ],
)
@pytest.mark.parametrize("field", ["allowed_permissions", "required_permissions"])
def test_no_spelling_of_a_withdraw_permission_is_accepted(field: str, word: str) -> None:
    findings = complaints({"policy": {field: ["order", word]}})
    assert any("withdraw can never be allowed" in finding.message for finding in findings)


@pytest.mark.parametrize("word", ["\u200bwithdraw", "with\u00addraw", "wıthdraw", "with draw"])
def test_a_permission_with_odd_characters_is_rejected(word: str) -> None:
    (finding,) = complaints({"policy": {"allowed_permissions": ["order", word]}})
    assert "must be one word" in finding.message


def test_ip_within_sets_the_number_of_addresses_unless_written() -> None:
    assert parsed(policy={"ip_within": ["203.0.113.0/28", "203.0.113.8/29"]}).policy.max_addresses == 16
    both = parsed(policy={"ip_within": ["203.0.113.0/28"], "max_ip_addresses": 2}).policy
    assert both.max_addresses == 2
    assert both.allowed_networks == (parse_network("203.0.113.0/28"),)
    assert parsed(policy={"max_ip_addresses": 10**30}).policy.max_addresses == 10**30


@pytest.mark.parametrize("seconds", [1, 1.5, 300])
def test_the_bounds_of_the_timeout_are_valid(seconds: float) -> None:
    assert parsed(timeout_seconds=seconds).timeout_seconds == seconds


def test_names_of_one_letter_are_valid() -> None:
    config = parsed(credentials={"service": "b"}, policy={"allowed_permissions": ["order", "x"]}, allowed_hosts=["h"])
    assert config.credentials.model_dump() == {"store": "keyring", "service": "b"}
    files = parsed(credentials={"store": "files", "key_file": "/k", "secret_file": "/s"}).credentials
    assert files.model_dump(exclude_defaults=True) == {"store": "files", "key_file": "/k", "secret_file": "/s"}


def test_hosts_are_compared_in_lower_case_and_without_brackets() -> None:
    assert parsed(allowed_hosts=["WWW.BitMEX.com", "[::1]", "127.0.0.1"]).allowed_hosts == [
        "www.bitmex.com",
        "::1",
        "127.0.0.1",
    ]


def test_a_key_that_only_cancels_is_in_both_lists() -> None:
    policy = parsed(policy={"allowed_permissions": ["orderCancel"], "required_permissions": ["orderCancel"]}).policy
    assert policy.allowed_permissions == policy.required_permissions == ["orderCancel"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


names = st.sampled_from(["enabled", "credentials", "policy", "allowed_hosts", "timeout_seconds", "x"])


@given(st.dictionaries(names, values))
def test_any_section_is_either_valid_or_misconfigured(section: dict[str, Any]) -> None:
    try:
        config = parse_section(section, PROFILE)
    except GuardError as stopped:
        assert all(finding.outcome is Outcome.MISCONFIGURED for finding in stopped.findings)
        assert not any("should" in finding.message for finding in stopped.findings), "pydantic's words"
    else:
        assert not any(PROFILE.is_forbidden(word) for word in config.policy.allowed_permissions)
        assert config.policy.max_addresses >= 1


@given(st.text(min_size=8, alphabet=st.characters(min_codepoint=33, max_codepoint=126)))
def test_no_value_is_shown_in_an_error(value: str) -> None:
    value = f"~{value}"  # else it may be a word of the message itself: hypothesis draws those, too
    for section in ({"policy": value}, {"credentials": {"service": [value]}}, {"timeout_seconds": value}):
        for finding in complaints(section):
            assert value not in finding.message.replace("api_key_guard", "")
