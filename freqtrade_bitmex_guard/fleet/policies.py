"""Which of two policies lets a key do more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from freqtrade_bitmex_guard import rules
from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.networks import Network, networks_outside

_STRICTNESS = ("ignore", "warning", "error")

_IS_WEAKER: dict[str, Callable[[Policy, Policy], bool]] = {
    "allowed_permissions": lambda ours, theirs: bool(set(ours.allowed_permissions) - set(theirs.allowed_permissions)),
    "max_ip_addresses": lambda ours, theirs: ours.max_addresses > theirs.max_addresses,
    "ip_within": lambda ours, theirs: _admits_more(ours.allowed_networks, theirs.allowed_networks),
    "max_key_age_days": lambda ours, theirs: ours.max_key_age_days > theirs.max_key_age_days,
    "min_days_left": lambda ours, theirs: ours.min_days_left < theirs.min_days_left,
    "event_days": lambda ours, theirs: ours.event_days < theirs.event_days,
    "accept_unverifiable": lambda ours, theirs: bool(set(ours.accept_unverifiable) - set(theirs.accept_unverifiable)),
    "severity": lambda ours, theirs: any(_is_milder(*pair) for pair in _severities(ours, theirs)),
    "severity_not_reported": lambda ours, theirs: _is_milder(ours.severity_not_reported, theirs.severity_not_reported),
}
_EXPECTATIONS = ("key_name", "expected_user_id", "expected_target_account_id")


def weaker_fields(policy: Policy, other: Policy) -> list[str]:
    """Return the fields in which a policy accepts what another one does not.

    Args:
        policy: the one that may be weaker.
        other: what it is compared with.
    """
    weaker = [name for name, is_weaker in _IS_WEAKER.items() if is_weaker(policy, other)]
    unset = [name for name in _EXPECTATIONS if getattr(policy, name) is None]
    return [*weaker, *(name for name in unset if getattr(other, name) is not None)]


def _admits_more(ours: tuple[Network, ...] | None, theirs: tuple[Network, ...] | None) -> bool:
    if theirs is None:
        return False
    return ours is None or any(networks_outside(ours, theirs))


def _is_milder(ours: str, theirs: str) -> bool:
    return _STRICTNESS.index(ours) < _STRICTNESS.index(theirs)


def _severities(ours: Policy, theirs: Policy) -> Iterator[tuple[str, str]]:
    for rule in rules.rules_for(configurable=True):
        default = rule.severity.value
        yield ours.severity.get(rule.name, default), theirs.severity.get(rule.name, default)
