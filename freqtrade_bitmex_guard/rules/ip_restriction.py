"""Rules about the addresses that a key works from."""

from __future__ import annotations

from collections.abc import Iterator

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.account import Evidence
from freqtrade_bitmex_guard.model.key import IpRestriction, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import admits_everyone, count_addresses, networks_outside
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import join_limited
from freqtrade_bitmex_guard.rules.engine import Issue


def _how_to_restrict(profile: ExchangeProfile) -> str:
    return profile.how_to_change(f"Enter the bot's own address in {profile.page.ip_field}, for example 203.0.113.7/32.")


def ip_unrestricted(evidence: Evidence, _policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The key is shown not to work from every address, whatever the policy allows."""
    restriction = evidence.key.ip_restriction
    reason = _why_unrestricted(restriction)
    if reason is not None:
        is_known = isinstance(restriction, Unrestricted | RestrictedTo)
        problem = "The key has no IP restriction" if is_known else "Nothing shows an IP restriction of the key"
        yield Issue(
            f"{problem} ({reason}): anyone who obtains the key can use it from any machine.", _how_to_restrict(profile)
        )


def _why_unrestricted(restriction: IpRestriction) -> str | None:
    if not isinstance(restriction, RestrictedTo):
        return restriction.reason
    if admits_everyone(restriction.networks):
        return "its address blocks together admit every address, or half of them"
    if not restriction.networks and not restriction.unreadable:
        return "it names no address"
    return None


def ip_unreadable(evidence: Evidence, _policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """Every block is of the form address or address/prefix; one that cannot be read could admit anyone."""
    restriction = evidence.key.ip_restriction
    if isinstance(restriction, RestrictedTo) and restriction.unreadable:
        yield Issue(
            f"On the key, {join_limited(restriction.unreadable, repr)} is not of the form address or address/prefix, "
            "so it could admit anyone.",
            _how_to_restrict(profile),
        )


def ip_too_many(evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The key works from no more distinct addresses than the policy allows."""
    restriction = evidence.key.ip_restriction
    if not isinstance(restriction, RestrictedTo):
        return
    count = count_addresses(restriction.networks)
    if count > policy.max_addresses:
        yield Issue(
            f"The key allows {count:,} IP addresses; the policy allows {policy.max_addresses:,}.",
            f"{_how_to_restrict(profile)} If the bot needs that many addresses, raise "
            "api_key_guard.policy.max_ip_addresses instead.",
        )


def ip_outside(evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """Every block is inside the networks that the policy names, if it names any."""
    restriction, allowed = evidence.key.ip_restriction, policy.allowed_networks
    if allowed is None or not isinstance(restriction, RestrictedTo):
        return
    if outside := networks_outside(restriction.networks, allowed):
        yield Issue(
            f"The key allows {join_limited(outside)}, which is not inside api_key_guard.policy.ip_within.",
            f"{_how_to_restrict(profile)} If the network is yours, add it to ip_within instead.",
        )
