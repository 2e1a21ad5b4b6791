"""Rules about the key itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.account import Evidence
from freqtrade_bitmex_guard.model.findings import Finding, Severity, error
from freqtrade_bitmex_guard.model.key import KeyFacts, PermissionKind
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.rules.engine import Issue, not_reported


def key_disabled(facts: KeyFacts, _policy: Policy, terms: ExchangeProfile) -> Iterator[Finding]:
    """The key is not switched off. Not told is fine here: a signed answer shows that it works."""
    if facts.enabled is False:
        yield error(
            "key-disabled",
            "The key is switched off: the bot could neither trade nor close what is open.",
            f"Switch it on: {terms.page.location}; or store another key.",
        )


_CLOCK_TOLERANCE = timedelta(days=1)


_MAX_NAME_EXAMINED = 200  # characters of a name; a hostile one is four million long


_GENERIC_NAMES = {
    *("", "a", "abc", "api", "apikey", "bot", "default", "freqtrade", "ft", "key", "main", "mine", "my"),
    *("mybot", "mykey", "name", "new", "newkey", "noname", "none", "test", "testkey", "trade", "trader", "trading"),
    *("tradingbot", "unnamed", "untitled", "x"),
}


def key_age(posture: Evidence, policy: Policy, terms: ExchangeProfile) -> Iterator[Issue]:
    """The key is no older than the policy allows: a key that is never changed may have leaked long ago."""
    created = posture.key.created
    if created is None or created > posture.now + _CLOCK_TOLERANCE:
        yield not_reported("when the key was made", None, terms)
        return
    days = (posture.now - created).days
    if posture.now - created > timedelta(days=policy.max_key_age_days):
        yield Issue(
            f"The key is {days:,} days old; the policy allows {policy.max_key_age_days:,}. The longer a key lives, the "
            "more copies of it may lie around.",
            terms.how_to_replace(),
        )


def legacy_key(posture: Evidence, _policy: Policy, terms: ExchangeProfile) -> Iterator[Issue]:
    """The key is not from the time when the exchange's keys were weaker."""
    if terms.weak_keys_before is None:
        return
    created = posture.key.created
    if created is None:
        yield not_reported("when the key was made", None, terms)
    elif created < terms.weak_keys_before:
        withdraws = any(permission.kind is PermissionKind.WITHDRAW for permission in posture.key.permissions or ())
        yield Issue(
            f"The key was made before {terms.weak_keys_before:%Y-%m-%d %H:%M} UTC. {terms.weak_keys_risk}",
            terms.how_to_replace(),
            severity=Severity.ERROR if withdraws else None,
        )


def key_name(posture: Evidence, policy: Policy, terms: ExchangeProfile) -> Iterator[Issue]:
    """The key's name says which bot it belongs to, so that a stranger among the keys is noticed."""
    name = posture.key.name
    wanted = policy.key_name
    example = (wanted or "freqtrade-btc-server1")[:80]
    fix = terms.how_to_change(f"Give it a name that says which bot uses it, for example {example!r}.")
    if name is None:
        yield not_reported("what the key is called", None, terms)
    elif not name.strip():
        yield Issue("The key has no name, so nobody can tell which bot it belongs to, or whether it is yours.", fix)
    elif wanted is not None and not fnmatchcase(name, wanted.replace("[", "[[]")):
        yield Issue(f"The key is called {sanitize(name)!r}, which is not like {wanted[:80]!r} (key_name).", fix)
    elif name != wanted and is_generic(name, terms):
        yield Issue(f"The key is called {sanitize(name)!r}, which says nothing about which bot it belongs to.", fix)


def is_generic(name: str, terms: ExchangeProfile) -> bool:
    """Whether a name says nothing about which bot a key belongs to."""
    letters = "".join(char for char in name[:_MAX_NAME_EXAMINED].casefold() if char.isalpha())
    return letters in _GENERIC_NAMES or letters == terms.id


def account(posture: Evidence, policy: Policy, terms: ExchangeProfile) -> Iterator[Issue]:
    """The key is of the user, and acts on the account, that the operator expects."""
    for field, told, what in (
        ("expected_user_id", posture.key.user_id, "user"),
        ("expected_target_account_id", posture.key.account_id, "account"),
    ):
        written = getattr(policy, field)
        if written is None:
            continue
        expected = str(written)
        if told is None:
            yield not_reported(f"the number of the key's {what}", None, terms)
        elif told != expected:
            yield Issue(
                f"The key belongs to {what} {sanitize(told)}, not to {sanitize(expected)} ({field}): the bot would "
                "trade with somebody else's money, or with money set aside for something else.",
                f"Store the key of the right account; or, if this is the right one, fix api_key_guard.policy.{field}.",
            )
