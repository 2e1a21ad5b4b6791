"""Rules about where a key may be used from."""

from __future__ import annotations

from collections.abc import Iterator

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.findings import Finding, error
from freqtrade_bitmex_guard.model.key import KeyFacts, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import admits_everyone, count_addresses, networks_outside
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import join_limited


def _how_to_restrict(terms: ExchangeProfile) -> str:
    return terms.how_to_change(f"Write the bot's own address into {terms.page.ip_field}, for example 203.0.113.7/32.")


def ip_unrestricted(facts: KeyFacts, _policy: Policy, terms: ExchangeProfile) -> Iterator[Finding]:
    """The key does not work from every address, whatever the policy says."""
    limit = facts.ip_restriction
    why = None
    if isinstance(limit, Unrestricted):
        why = limit.reason
    elif not isinstance(limit, RestrictedTo):
        why = f"{limit.reason}, so nothing shows that it is limited"
    elif admits_everyone(limit.networks):
        why = "its address blocks together admit every address, or half of them"
    elif not limit.networks and not limit.unreadable:
        why = "it names no address"
    if why is not None:
        yield error(
            "ip-unrestricted",
            f"The key works from anywhere in the world ({why}): whoever gets hold of it can use it from home.",
            _how_to_restrict(terms),
        )


def ip_unreadable(facts: KeyFacts, _policy: Policy, terms: ExchangeProfile) -> Iterator[Finding]:
    """Every block on the key is of the form address or address/prefix; what cannot be read could admit anyone."""
    if isinstance(facts.ip_restriction, RestrictedTo) and facts.ip_restriction.unreadable:
        yield error(
            "ip-unreadable",
            f"On the key {join_limited(facts.ip_restriction.unreadable, repr)} cannot be read as address or "
            "address/prefix, so "
            "it could admit anyone.",
            _how_to_restrict(terms),
        )


def ip_too_many(facts: KeyFacts, policy: Policy, terms: ExchangeProfile) -> Iterator[Finding]:
    """The key works from no more distinct addresses than the policy allows."""
    if not isinstance(facts.ip_restriction, RestrictedTo):
        return
    admitted = count_addresses(facts.ip_restriction.networks)
    if admitted > policy.max_addresses:
        yield error(
            "ip-too-many",
            f"The key works from {admitted:,} addresses; the policy allows {policy.max_addresses:,}.",
            f"{_how_to_restrict(terms)} If the bot needs that many addresses, raise "
            "api_key_guard.policy.max_ip_addresses "
            "instead.",
        )


def ip_outside(facts: KeyFacts, policy: Policy, terms: ExchangeProfile) -> Iterator[Finding]:
    """Every block of the key lies inside the networks that the policy names, if it names any."""
    within = policy.allowed_networks
    if within is None or not isinstance(facts.ip_restriction, RestrictedTo):
        return
    if beyond := networks_outside(facts.ip_restriction.networks, within):
        yield error(
            "ip-outside",
            f"The key works from {join_limited(beyond)}, which is not inside api_key_guard.policy.ip_within.",
            f"{_how_to_restrict(terms)} If the network is yours, add it to ip_within instead.",
        )
