"""Rules about the addresses that a key works from."""

from __future__ import annotations

from collections.abc import Iterator

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.account import Evidence
from freqtrade_bitmex_guard.model.key import (
    IpRestriction,
    NotReported,
    NotSupported,
    RestrictedTo,
    RestrictedUndisclosed,
    Unrestricted,
)
from freqtrade_bitmex_guard.model.networks import admits_everyone, count_addresses, is_wide, networks_outside
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import join_limited
from freqtrade_bitmex_guard.rules.engine import Issue


def _how_to_restrict(profile: ExchangeProfile) -> str:
    return profile.how_to_change(f"Enter the bot's own address in {profile.page.ip_field}, for example 203.0.113.7/32.")


def ip_unrestricted(evidence: Evidence, _policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The key is shown not to work from every address, whatever the policy allows."""
    restriction = evidence.key.ip_restriction
    if isinstance(restriction, NotReported) and "ip-restriction" in profile.cannot_report:
        return  # `exchange_cannot_tell` judges it
    reason = _why_unrestricted(restriction)
    if reason is not None:
        if isinstance(restriction, Unrestricted | RestrictedTo):
            problem = f"The key has no IP restriction ({reason}): anyone who obtains the key can use it"
        else:
            problem = (
                f"Nothing shows an IP restriction of the key ({reason}): anyone who obtains it may be able to use it"
            )
        yield Issue(
            f"{problem} from any machine.",
            " ".join(filter(None, [_how_to_restrict(profile), profile.ip_free_keys])),
        )


def _why_unrestricted(restriction: IpRestriction) -> str | None:
    if isinstance(restriction, RestrictedUndisclosed | NotSupported):
        return None  # they have rules of their own
    if not isinstance(restriction, RestrictedTo):
        return restriction.reason
    if admits_everyone(restriction.networks):
        return "its address blocks together admit every address, or half of them"
    if not restriction.networks and not restriction.unreadable:
        return "it names no address"
    return None


def ip_undisclosed(evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The exchange reports to which addresses the key is limited, so that they can be held against the policy."""
    restriction = evidence.key.ip_restriction
    if isinstance(restriction, RestrictedUndisclosed):
        yield Issue(
            f"The key is limited to addresses that {profile.title} does not report ({restriction.reason}): nothing "
            "shows that they are the bot's own.",
            f"Compare {profile.page.ip_field} with the bot's address yourself: {profile.page.location}."
            + _advice_on_written_limits(policy),
            is_demanded=_has_written_limits(policy),
        )


def ip_not_supported(evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The exchange can limit a key to addresses."""
    restriction = evidence.key.ip_restriction
    if isinstance(restriction, NotSupported):
        yield Issue(
            f"{profile.title} cannot limit a key to addresses ({restriction.reason}): a stolen key works from any "
            "machine.",
            "Keep only what the bot trades with in this account, and let the key end soon."
            + _advice_on_written_limits(policy),
            is_demanded=_has_written_limits(policy),
        )


def _has_written_limits(policy: Policy) -> bool:
    return bool({"max_ip_addresses", "ip_within"} & policy.model_fields_set)


def _advice_on_written_limits(policy: Policy) -> str:
    if not _has_written_limits(policy):
        return ""
    return " The policy's max_ip_addresses or ip_within cannot be shown to hold: take it out to accept that."


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


def policy_wide(_evidence: Evidence, policy: Policy, _profile: ExchangeProfile) -> Iterator[Issue]:
    """The policy allows no more addresses than an IPv4 /8 or an IPv6 /24; it is the operator's, so this only warns."""
    if is_wide(policy.allowed_networks, policy.max_addresses):
        yield Issue(
            "The policy lets a key work from more addresses than an IPv4 /8 or an IPv6 /24 has, so a stranger's may "
            "well be one of them.",
            "Name only your own networks in api_key_guard.policy.ip_within, and lower max_ip_addresses.",
            is_accepted=True,
        )
