"""What the wizard decides, apart from the dialogue."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from ipaddress import ip_address
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.manage import keyring_services, wizard, wizard_plan
from freqtrade_bitmex_guard.manage.terminal import Terminal
from freqtrade_bitmex_guard.model.profile import UNVERIFIABLE
from tests.support.factories import policy

HOST = re.sub(r"[^a-z0-9]+", "-", socket.gethostname().lower()).strip("-")


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({}, f"freqtrade-{HOST}"),
        ({"bot_name": "My Bot!", "exchange": {"pair_whitelist": ["BTC/USDT"]}}, "my-bot-btc-usdt"),
        ({"bot_name": "n", "exchange": {"pair_whitelist": ["BTC/USDT", "ETH/USDT"]}}, "n-2-pairs"),
        ({"bot_name": "北", "exchange": {"pair_whitelist": []}}, f"freqtrade-{HOST}"),
        ({"bot_name": 7, "exchange": {"pair_whitelist": "BTC"}}, f"7-{HOST}"),
        ({"bot_name": "bot"}, f"bot-{HOST}"),
        ({"bot_name": "x" * 99, "exchange": None}, "x" * 40),
    ],
)
def test_a_key_name_is_suggested_from_bot_name_and_pairs(config: dict[str, Any], name: str) -> None:
    assert wizard_plan.suggest_key_name(config, PROFILE) == name[:40].strip("-")
    assert wizard_plan.name_objection(wizard_plan.suggest_key_name(config, PROFILE), policy(), PROFILE) is True


def test_a_name_that_the_rule_would_find_is_not_accepted() -> None:
    assert "says nothing" in str(wizard_plan.name_objection("bot", policy(), PROFILE))
    assert "no name" in str(wizard_plan.name_objection(" ", policy(), PROFILE))
    assert "prod-*" in str(wizard_plan.name_objection("freqtrade-btc", policy(key_name="prod-*"), PROFILE))
    assert wizard_plan.name_objection("prod-btc", policy(key_name="prod-*"), PROFILE) is True


def test_bots_of_one_name_get_a_service_each() -> None:
    services = keyring_services.service_names({}, PROFILE)
    assert services[:3] == [
        "freqtrade-bitmex-freqtrade",
        "freqtrade-bitmex-freqtrade-2",
        "freqtrade-bitmex-freqtrade-3",
    ]
    assert len(set(services)) == len(services) > 40


@pytest.mark.parametrize(
    ("text", "block", "addresses"),
    [
        ("203.0.113.7", "203.0.113.7/32", 1),
        (" 203.0.113.9/28 ", "203.0.113.0/28", 16),
        ("203.0.113.4-203.0.113.7", "203.0.113.4/30", 4),
        ("203.0.113.5 - 203.0.113.6", "203.0.113.4/30", 4),
        ("203.0.113.8-203.0.113.7", "203.0.113.0/28", 16),
        ("2001:db8::1", "2001:db8::1/128", 1),
        ("2001:db8::-2001:db8::ff", "2001:db8::/120", 256),
    ],
)
def test_an_address_or_range_becomes_the_smallest_block(text: str, block: str, addresses: int) -> None:
    network = wizard_plan.parse_network_input(text)
    assert (str(network), network.num_addresses) == (block, addresses)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "home",
        "203.0.113.7/33",
        "0.0.0.0",
        "0.0.0.0/0",
        "::",
        "1.1.1.1-200.1.1.1",
        "1.1.1.1-::1",
        "1.1.1.0/24-1.1.2.0",
    ],
)
def test_no_address_and_every_address_are_not_accepted(text: str) -> None:
    with pytest.raises(ValueError):
        wizard_plan.parse_network_input(text)


@given(st.ip_addresses(v=4), st.integers(0, 2**20))
def test_no_smaller_block_has_the_whole_range(first: Any, distance: int) -> None:
    last = ip_address(min(int(first) + distance, 2**32 - 1))
    try:
        network = wizard_plan.parse_network_input(f"{first}-{last}")
    except ValueError:
        return  # a block at 0.0.0.0
    assert first in network
    assert last in network
    if network.prefixlen < 32:
        assert not any(first in half and last in half for half in network.subnets())


@pytest.mark.parametrize(
    ("text", "private"),
    [
        ("192.168.1.2", True),
        ("127.0.0.1", True),
        ("100.64.0.1", True),
        ("fd00::1", True),
        ("203.0.113.7", False),
        ("8.8.8.8", False),
        ("2001:db8::1", False),
    ],
)
def test_a_private_address_is_recognised(text: str, private: bool) -> None:
    assert wizard_plan.is_private(wizard_plan.parse_network_input(text)) is private


def test_a_network_against_the_policy_is_objected_to() -> None:
    block, range_ = wizard_plan.parse_network_input("203.0.113.7"), wizard_plan.parse_network_input("203.0.113.0/28")
    assert wizard_plan.network_objections(block, policy(), PROFILE) == []
    assert "16 IP addresses" in wizard_plan.network_objections(range_, policy(), PROFILE)[0]
    assert "not inside" in wizard_plan.network_objections(block, policy(ip_within=["198.51.100.0/24"]), PROFILE)[0]
    assert wizard_plan.network_objections(range_, policy(ip_within=["203.0.113.0/28"]), PROFILE) == []


def test_the_checklist_follows_the_policy_in_the_pages_words() -> None:
    default = wizard_plan.permission_checklist(policy(), PROFILE)
    assert default == wizard_plan.PermissionChecklist(("Order",), ("Position",), ("Order Cancel",), ("Withdraw",))
    cancels = policy(allowed_permissions=["orderCancel"], required_permissions=["orderCancel"])
    assert wizard_plan.permission_checklist(cancels, PROFILE) == wizard_plan.PermissionChecklist(
        ("Order Cancel",), (), ("Order", "Position"), ("Withdraw",)
    )


def test_the_section_names_only_hosts_that_are_not_the_exchanges() -> None:
    network, store = wizard_plan.parse_network_input("203.0.113.7"), {"store": "keyring"}
    section = wizard_plan.build_section(network, store, list(PROFILE.hosts), PROFILE)
    assert section == {"credentials": store, "policy": {"ip_within": ["203.0.113.7/32"]}}
    assert wizard_plan.build_section(network, store, ["127.0.0.1"], PROFILE)["allowed_hosts"] == ["127.0.0.1"]


@pytest.mark.parametrize(
    "changed", [{"hides_ip_list": True}, {"cannot_report": UNVERIFIABLE}], ids=lambda it: next(iter(it))
)
def test_no_limit_is_written_that_could_not_be_shown_to_hold(changed: dict[str, Any]) -> None:
    network, store = wizard_plan.parse_network_input("203.0.113.7"), {"store": "keyring"}

    assert wizard_plan.build_section(network, store, [], replace(PROFILE, **changed)) == {"credentials": store}


def test_an_exchange_without_ip_restriction_is_not_asked_for_one(capsys: pytest.CaptureFixture[str]) -> None:
    bot = SimpleNamespace(profile=replace(PROFILE, page=replace(PROFILE.page, ip_field="")))

    assert wizard._ask_network(bot, Terminal()) is None  # type: ignore[arg-type]
    assert "cannot limit a key to addresses" in capsys.readouterr().out
    assert wizard_plan.build_section(None, {"store": "keyring"}, [], bot.profile) == {
        "credentials": {"store": "keyring"}
    }
