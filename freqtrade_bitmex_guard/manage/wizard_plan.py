"""What the wizard decides, apart from the dialogue: a key's name, its permissions, its network."""

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
from freqtrade_bitmex_guard.rules.ip_restriction import ip_outside, ip_too_many
from freqtrade_bitmex_guard.rules.key import is_generic, key_name

_MAX_NAME_LENGTH = 40
# An exchange never sees these; it sees the router's address instead.
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


def suggest_key_name(config: Mapping[str, Any], profile: ExchangeProfile) -> str:
    """Suggest a name for a bot's key: from the bot's name and what it trades, or else its machine.

    Args:
        config: freqtrade's whole, merged config.
        profile: of the bot's exchange.
    """
    exchange = config.get("exchange")
    whitelist = exchange.get("pair_whitelist") if isinstance(exchange, dict) else None
    pairs = [pair for pair in whitelist if isinstance(pair, str)] if isinstance(whitelist, list) else []
    trades = pairs[0] if len(pairs) == 1 else f"{len(pairs)} pairs" if pairs else ""
    name = slug(f"{bot_name(config)} {trades}")
    if is_generic(name, profile):
        name = slug(f"{name} {socket.gethostname()}")
    return name[:_MAX_NAME_LENGTH].strip("-")


def name_objection(name: str, policy: Policy, profile: ExchangeProfile) -> bool | str:
    """Return True if a name passes the rule `key-name`, else what the rule says."""
    facts = KeyFacts(permissions=None, ip_restriction=RestrictedTo(()), name=name)
    evidence = Evidence(facts, AccountFacts(), datetime.now(UTC))
    return next((issue.message for issue in key_name(evidence, policy, profile)), True)


def parse_network_input(text: str) -> Network:
    """Parse what a person typed into the smallest network that has all of it.

    Args:
        text: `address`, `address/prefix` or `first-last`.

    Raises:
        ValueError: with a message for the person.
    """
    first, is_range, last = (part.strip() for part in text.partition("-"))
    try:
        network = parse_network(first)
        if is_range:
            network = _smallest_network(network, parse_network(last))
    except (ValueError, TypeError):
        raise ValueError("Write an address (203.0.113.7), a block (203.0.113.0/28) or a range (first-last).") from None
    if admits_everyone([network]):
        raise ValueError("The smallest block with both is the whole Internet, or half of it, which is no limit.")
    return network


def _smallest_network(first: Network, last: Network) -> Network:
    if first.version != last.version or first.num_addresses != 1 or last.num_addresses != 1:
        raise ValueError("not two addresses of one family")
    for prefix in range(first.max_prefixlen, -1, -1):
        network = ip_network((first.network_address, prefix), strict=False)
        if last.network_address in network:
            return network
    raise ValueError("no block has both")


def is_private(network: Network) -> bool:
    """Return whether a network is only reachable on this machine or in its local network."""
    return any(
        network.version == private.version and ip_address(network.network_address) in private
        for private in _PRIVATE_NETWORKS
    )


def network_objections(network: Network, policy: Policy, profile: ExchangeProfile) -> list[str]:
    """Return what the bot's own rules would say of a key that is restricted to a network."""
    facts = KeyFacts(permissions=None, ip_restriction=RestrictedTo((network,)))
    evidence = Evidence(facts, AccountFacts(), datetime.now(UTC))
    return [issue.message for rule in (ip_too_many, ip_outside) for issue in rule(evidence, policy, profile)]


@dataclass(frozen=True, slots=True)
class PermissionChecklist:
    """Which permissions to tick on the page, by its own labels.

    Attributes:
        required: without these the bot fails.
        optional: these do no harm.
        unneeded: the policy refuses these.
        forbidden: these move money out, and every policy refuses them.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    unneeded: tuple[str, ...]
    forbidden: tuple[str, ...]


def permission_checklist(policy: Policy, profile: ExchangeProfile) -> PermissionChecklist:
    """Sort an exchange's permissions by what to do about them.

    Args:
        policy: that the key will be judged by.
        profile: of the exchange.
    """
    required = policy.required_permissions
    optional = [name for name in policy.allowed_permissions if name not in required]
    refused = [spec.name for spec in profile.permissions if spec.name not in policy.allowed_permissions]
    unneeded = [name for name in refused if not profile.is_forbidden(name)]
    groups = (required, optional, unneeded, profile.forbidden_permissions)
    return PermissionChecklist(*(tuple(map(profile.label, names)) for names in groups))


def build_section(
    network: Network | None, credentials: Mapping[str, Any], hosts: list[str], profile: ExchangeProfile
) -> dict[str, Any]:
    """Build the config section for a bot that has none.

    Args:
        network: that the bot's key is restricted to; None where the exchange has no such limit.
        credentials: `api_key_guard.credentials`.
        hosts: that requests may go to.
        profile: of the exchange.
    """
    section: dict[str, Any] = {"credentials": dict(credentials)}
    # Where the exchange does not report the addresses, a limit could not be shown to hold, and would be refused.
    is_reported = not profile.hides_ip_list and "ip-restriction" not in profile.cannot_report
    if network is not None and is_reported:
        section["policy"] = {"ip_within": [str(network)]}
    if set(hosts) - set(profile.hosts):
        section["allowed_hosts"] = hosts
    return section
