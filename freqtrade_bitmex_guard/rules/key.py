"""Rules about the key itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.account import Evidence
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.key import PermissionKind
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.rules.engine import Issue, not_reported

_CLOCK_TOLERANCE = timedelta(days=1)

_MAX_NAME_EXAMINED = 200  # characters; a hostile name is four million long

_MAX_NAME_SHOWN = 80  # characters of a name from the policy

_GENERIC_NAMES = {
    *("", "a", "abc", "api", "apikey", "bot", "default", "freqtrade", "ft", "key", "main", "mine", "my"),
    *("mybot", "mykey", "name", "new", "newkey", "noname", "none", "test", "testkey", "trade", "trader", "trading"),
    *("tradingbot", "unnamed", "untitled", "x"),
}


def key_disabled(evidence: Evidence, _policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The key is switched on and has not expired. What is not reported is fine: a signed answer shows that it works."""
    key = evidence.key
    if key.enabled is False:
        yield Issue(
            "The key is disabled: the bot could neither trade nor close open trades.",
            f"Enable it: {profile.page.location}; or store another key.",
        )
    if key.expires is not None and key.expires <= evidence.now:
        yield Issue(
            f"The key expired on {key.expires:%Y-%m-%d %H:%M} UTC: the bot could neither trade nor close open trades.",
            profile.how_to_replace(),
        )


def key_expiry(evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The key does not end within `min_days_left`: after its end nobody manages the open trades."""
    expires = evidence.key.expires
    if expires is None or expires <= evidence.now:  # a key that has ended is `key_disabled`'s
        return
    remaining = expires - evidence.now
    if remaining < timedelta(days=policy.min_days_left):
        hours = int(remaining.total_seconds() // 3600)
        left = f"{remaining.days} days" if remaining.days > 1 else f"{hours} hours"
        yield Issue(
            f"The key ends on {expires:%Y-%m-%d %H:%M} UTC, in {left}: after that nobody manages the open trades.",
            profile.how_to_replace(),
        )


def key_age(evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The key is no older than the policy allows: a key that is never changed may have leaked long ago."""
    created = evidence.key.created
    if created is None or created > evidence.now + _CLOCK_TOLERANCE:
        yield not_reported("when the key was made", None, profile)
        return
    age = evidence.now - created
    if age > timedelta(days=policy.max_key_age_days):
        yield Issue(
            f"The key is {age.days:,} days old; the policy allows {policy.max_key_age_days:,}. The longer it lives, "
            "the more places it may have leaked to.",
            profile.how_to_replace(),
        )


def legacy_key(evidence: Evidence, _policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The key is not from the time when the exchange's keys were weaker."""
    if profile.weak_keys_before is None:
        return
    created = evidence.key.created
    if created is None:
        yield not_reported("when the key was made", None, profile)
    elif created < profile.weak_keys_before:
        kinds = {permission.kind for permission in evidence.key.permissions or ()}
        yield Issue(
            f"The key was made before {profile.weak_keys_before:%Y-%m-%d %H:%M} UTC. {profile.weak_keys_risk}",
            profile.how_to_replace(),
            severity=Severity.ERROR if PermissionKind.WITHDRAW in kinds else None,
        )


def key_name(evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The key's name says which bot it belongs to, so that a stranger among the keys is noticed."""
    name, pattern = evidence.key.name, policy.key_name
    example = (pattern or "freqtrade-btc-server1")[:_MAX_NAME_SHOWN]
    fix = profile.how_to_change(f"Give it a name that says which bot uses it, for example {example!r}.")
    if name is None:
        yield not_reported("what the key is called", None, profile)
    elif not name.strip():
        yield Issue("The key has no name, so nobody can tell which bot it belongs to, or whether it is yours.", fix)
    elif pattern is not None and not fnmatchcase(name, pattern.replace("[", "[[]")):
        yield Issue(f"The key is called {sanitize(name)!r}, which does not match {example!r} (key_name).", fix)
    elif name != pattern and is_generic(name, profile):
        yield Issue(f"The key is called {sanitize(name)!r}, which says nothing about which bot it belongs to.", fix)


def is_generic(name: str, profile: ExchangeProfile) -> bool:
    """Return whether a name says nothing about which bot a key belongs to."""
    letters = "".join(char for char in name[:_MAX_NAME_EXAMINED].casefold() if char.isalpha())
    return letters in _GENERIC_NAMES or letters == profile.id


def account(evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The key belongs to the user, and acts on the account, that the operator expects."""
    for field, number, subject in (
        ("expected_user_id", evidence.key.user_id, "user"),
        ("expected_target_account_id", evidence.key.account_id, "account"),
    ):
        expected = getattr(policy, field)
        if expected is None:
            continue
        if number is None:
            yield not_reported(f"the number of the key's {subject}", None, profile)
        elif number != str(expected):
            yield Issue(
                f"The key belongs to {subject} {sanitize(number)}, not to {sanitize(str(expected))} ({field}): the bot "
                "would trade with somebody else's money, or with money set aside for something else.",
                f"Store the key of the right account. If this is the right one, correct api_key_guard.policy.{field}.",
            )
