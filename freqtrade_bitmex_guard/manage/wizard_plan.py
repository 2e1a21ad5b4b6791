"""What the guided set-up decides, apart from the talk: a key's name, its rights, the block for its address."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.manage.keyring_services import bot_name, slug
from freqtrade_bitmex_guard.model.account import AccountFacts, Evidence
from freqtrade_bitmex_guard.model.key import KeyFacts, RestrictedTo
from freqtrade_bitmex_guard.model.networks import Network, admits_everyone, parse_network
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.rules import key
from freqtrade_bitmex_guard.rules.ip_restriction import ip_outside, ip_too_many
from freqtrade_bitmex_guard.rules.key import is_generic

_MAX_NAME_LENGTH = 40


# Addresses that are none on the Internet: an exchange sees the router's instead.
_PRIVATE_NETWORKS = tuple(
    ip_network(block)
    for block in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


def suggest_key_name(config: Mapping[str, Any], terms: ExchangeProfile) -> str:
    """A clear name for a bot's key, from the bot's name and what it trades, or else where it runs.

    Args:
        config: freqtrade's whole, merged config.
        terms: the exchange's words.
    """
    exchange = config.get("exchange")
    listed = exchange.get("pair_whitelist") if isinstance(exchange, dict) else None
    pairs = [pair for pair in listed if isinstance(pair, str)] if isinstance(listed, list) else []
    trades = pairs[0] if len(pairs) == 1 else f"{len(pairs)} pairs" if pairs else ""
    name = slug(f"{bot_name(config)} {trades}")
    if is_generic(name, terms):
        name = slug(f"{name} {socket.gethostname()}")
    return name[:_MAX_NAME_LENGTH].strip("-")


def name_objection(name: str, policy: Policy, terms: ExchangeProfile) -> bool | str:
    """Whether a name passes the rule that the bot's key is held against; else what the rule says."""
    now = datetime.now(UTC)
    known = KeyFacts(permissions=None, ip_restriction=RestrictedTo(()), name=name)
    return next(
        (concern.message for concern in key.key_name(Evidence(known, AccountFacts(), now), policy, terms)), True
    )


def parse_network_input(text: str) -> Network:
    """The smallest block that holds an address or a range.

    Args:
        text: `address`, `address/prefix` or `first-last`.

    Raises:
        ValueError: with what is wrong, for a person.
    """
    first, is_range, last = (part.strip() for part in text.partition("-"))
    try:
        network = parse_network(first)
        if is_range:
            network = _smallest_network(network, parse_network(last))
    except (ValueError, TypeError):
        raise ValueError("Write an address (203.0.113.7), a block (203.0.113.0/28) or a range (first-last).") from None
    if admits_everyone([network]):
        raise ValueError("The block that holds both is every address there is, or half of them, which is no limit.")
    return network


def _smallest_network(first: Network, last: Network) -> Network:
    if first.version != last.version or first.num_addresses != 1 or last.num_addresses != 1:
        raise ValueError("not two addresses of one kind")
    for prefix in range(first.max_prefixlen, -1, -1):
        network = ip_network((first.network_address, prefix), strict=False)
        if last.network_address in network:
            return network
    raise ValueError("no block holds both")


def is_private(network: Network) -> bool:
    """Whether a block's addresses mean something on this machine or in this house only."""
    return any(
        network.version == home.version and ip_address(network.network_address) in home for home in _PRIVATE_NETWORKS
    )


def network_objections(network: Network, policy: Policy, terms: ExchangeProfile) -> list[str]:
    """What the bot's own rules would say of a key that works from a block; nothing if it will do."""
    facts = KeyFacts(permissions=None, ip_restriction=RestrictedTo((network,)))
    evidence = Evidence(facts, AccountFacts(), datetime.now(UTC))
    return [issue.message for rule in (ip_too_many, ip_outside) for issue in rule(evidence, policy, terms)]


@dataclass(frozen=True, slots=True)
class PermissionChecklist:
    """What to do about the boxes on the page, in its own words.

    Attributes:
        required: the rights without which the bot fails.
        optional: rights that do no harm.
        unneeded: rights that the policy refuses.
        forbidden: rights that move money out, which every policy refuses.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    unneeded: tuple[str, ...]
    forbidden: tuple[str, ...]


def permission_checklist(policy: Policy, terms: ExchangeProfile) -> PermissionChecklist:
    """Which boxes to tick.

    Args:
        policy: what the key will be held against.
        terms: the exchange's words.
    """
    required = policy.required_permissions
    may = [word for word in policy.allowed_permissions if word not in required]
    refused = [spec.name for spec in terms.permissions if spec.name not in policy.allowed_permissions]
    leave = [name for name in refused if not terms.is_forbidden(name)]
    never = terms.forbidden_permissions
    return PermissionChecklist(*(tuple(map(terms.label, words)) for words in (required, may, leave, never)))


def build_section(
    network: Network, credentials: Mapping[str, Any], hosts: list[str], terms: ExchangeProfile
) -> dict[str, Any]:
    """The config section for a bot that has none.

    Args:
        network: where the bot's key works from.
        credentials: its store.
        hosts: that are asked.
        terms: the exchange's words.
    """
    written: dict[str, Any] = {"credentials": dict(credentials), "policy": {"ip_within": [str(network)]}}
    if set(hosts) - set(terms.hosts):
        written["allowed_hosts"] = hosts
    return written
