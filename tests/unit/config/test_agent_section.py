"""The section `agent` of the agent's own config, and the store `agent` of the bot's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.agent import AgentConfig, parse_agent_section
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.credentials import open_store
from freqtrade_bitmex_guard.credentials.writable import open_writable_store
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.docs.examples import EXAMPLES

SOCKET = "/run/freqtrade-agent/my-bot/agent.sock"
SMALLEST: dict[str, Any] = {"socket": SOCKET, "pairs": ["BTC/USDT"]}
STORE = {"store": "agent", "socket": SOCKET}

ACCEPTED: list[dict[str, Any]] = [
    {},
    {"mode": "sign"},
    {"pairs": ["BTC/USDT", "*/EUR", "1000PEPE/USDT"]},
    {"trading_mode": "futures", "pairs": ["*/USDT:USDT"], "margin_mode": "cross"},
    {"order_types": ["limit"]},
    {"limits": {"orders_per_minute": 1, "order_value": 0.5, "value_per_day": 1, "leverage": 1}},
    {"limits": {}},
    {"record": "/var/lib/x", "allow_peers": ["own-user", "root"]},
]

REJECTED: list[tuple[Any, str]] = [
    ([], "agent must be an object"),
    (None, "agent must be an object"),
    ({}, "agent.socket is missing"),
    ({**SMALLEST, "socket": "agent.sock"}, "agent.socket must be an absolute path"),
    ({**SMALLEST, "socket": "@agent"}, "agent.socket must be an absolute path"),
    ({**SMALLEST, "socket": "\0agent"}, "agent.socket must be an absolute path"),
    ({**SMALLEST, "socket": f"/{'x' * 107}"}, "agent.socket must be an absolute path"),
    ({"socket": SOCKET}, "agent.pairs is missing"),
    ({**SMALLEST, "pairs": []}, "agent.pairs must not be empty"),
    ({**SMALLEST, "pairs": "BTC/USDT"}, "agent.pairs must be a list"),
    ({**SMALLEST, "pairs": ["btc/usdt"]}, "agent.pairs must be pairs such as"),
    ({**SMALLEST, "pairs": ["*"]}, "agent.pairs must be pairs such as"),
    ({**SMALLEST, "pairs": ["BTC/USDT:USDT"]}, "agent is invalid: pairs must have a settlement currency"),
    ({**SMALLEST, "trading_mode": "futures"}, "agent is invalid: pairs must have a settlement currency"),
    ({**SMALLEST, "trading_mode": "margin"}, "agent.trading_mode must be 'spot' or 'futures'"),
    ({**SMALLEST, "mode": "proxy"}, "agent.mode must be 'carry' or 'sign'"),
    ({**SMALLEST, "order_types": []}, "agent.order_types must not be empty"),
    ({**SMALLEST, "order_types": ["stop"]}, "agent.order_types.0 must be"),
    ({**SMALLEST, "limits": None}, "null is no value"),
    ({**SMALLEST, "limits": {"orders_per_minute": 0}}, "agent.limits.orders_per_minute must be 1 or more"),
    ({**SMALLEST, "limits": {"orders_per_minute": 1.5}}, "agent.limits.orders_per_minute must be a whole number"),
    ({**SMALLEST, "limits": {"orders_per_minute": True}}, "agent.limits.orders_per_minute must be a whole number"),
    ({**SMALLEST, "limits": {"order_value": 0}}, "agent.limits.order_value must be above 0"),
    ({**SMALLEST, "limits": {"order_value": "500"}}, "agent.limits.order_value must be a number"),
    ({**SMALLEST, "limits": {"value_per_day": float("inf")}}, "agent.limits.value_per_day must be"),
    ({**SMALLEST, "limits": {"value_per_day": float("nan")}}, "agent.limits.value_per_day must be"),
    ({**SMALLEST, "limits": {"leverage": 0.5}}, "agent.limits.leverage must be 1 or more"),
    ({**SMALLEST, "limits": {"order_size": 1}}, "agent.limits.order_size is not a known field"),
    ({**SMALLEST, "pair": ["BTC/USDT"]}, "agent.pair is not a known field"),
    ({**SMALLEST, "allow_peers": ["everybody"]}, "agent.allow_peers.0 must be"),
]


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads((EXAMPLES / "api_key_guard.schema.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("changed", ACCEPTED, ids=json.dumps)
def test_a_good_section_is_read_and_fits_the_schema(changed: dict[str, Any], schema: Draft202012Validator) -> None:
    section = {**SMALLEST, **changed}

    assert isinstance(parse_agent_section(section), AgentConfig)
    schema.validate({"agent": section})


@pytest.mark.parametrize(("section", "problem"), REJECTED)
def test_a_wrong_section_is_a_finding_that_names_the_field(section: Any, problem: str) -> None:
    with pytest.raises(GuardError) as raised:
        parse_agent_section(section)

    assert problem in str(raised.value)
    assert {finding.name for finding in raised.value.findings} == {"agent-setup"}
    assert all(finding.fix.startswith(("For example: ", "Remove it.")) for finding in raised.value.findings)


def test_a_secret_in_the_section_is_not_repeated() -> None:
    with pytest.raises(GuardError) as raised:
        parse_agent_section({**SMALLEST, "4bcD3fG7hJ9kLmN2pQ5r": "x", "socket": "4bcD3fG7hJ9kLmN2pQ5r"})
    assert "4bcD3fG7hJ9kLmN2pQ5r" not in repr(raised.value.findings)


def test_what_is_not_written_is_the_documented_default() -> None:
    section = parse_agent_section(SMALLEST)

    assert (section.mode, section.trading_mode, section.margin_mode) == ("carry", "spot", "isolated")
    assert section.limits.orders_per_minute == 30
    assert section.limits.order_value is section.limits.value_per_day is section.limits.leverage is None
    assert section.allow_peers == []


def test_the_bots_store_has_nothing_to_load_and_nothing_to_write() -> None:
    store = parse_section({"credentials": STORE}, PROFILE).credentials

    with pytest.raises(GuardError, match="store-read-only: The signing agent holds this bot's key"):
        open_store(store, "bitmex")
    assert open_writable_store(store, "bitmex") is None


@pytest.mark.parametrize("credentials", [{"store": "agent"}, {**STORE, "socket": "a"}, {**STORE, "key_file": "/a"}])
def test_the_bots_store_is_read_strictly(credentials: dict[str, Any]) -> None:
    with pytest.raises(GuardError, match="section-invalid"):
        parse_section({"credentials": credentials}, PROFILE)


def test_a_policy_beside_the_agent_is_refused_for_it_would_protect_nothing() -> None:
    with pytest.raises(GuardError, match="the policy belongs in the agent's own config"):
        parse_section({"credentials": STORE, "policy": {}}, PROFILE)


def test_a_check_of_this_process_admits_no_key_of_an_agent() -> None:
    config = {"exchange": {"name": "bitmex"}, "api_key_guard": {"credentials": STORE}}
    assert LocalCheck(config).run().verdict.outcome is Outcome.MISCONFIGURED
