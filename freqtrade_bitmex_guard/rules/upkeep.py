"""Posture rules about the bot's own key: is it young, well named, and the right account's?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fnmatch import fnmatchcase

from freqtrade_bitmex_guard.facts import Right
from freqtrade_bitmex_guard.findings import Severity
from freqtrade_bitmex_guard.policy import Policy
from freqtrade_bitmex_guard.posture import Posture
from freqtrade_bitmex_guard.redaction import harmless
from freqtrade_bitmex_guard.rules.posture import Concern, not_told
from freqtrade_bitmex_guard.terms import Terms

_CLOCKS_DIFFER = timedelta(days=1)
_LOOKED_AT = 200  # characters of a name; a hostile one is four million long
_GENERIC_NAMES = {
    *("", "a", "abc", "api", "apikey", "bot", "default", "freqtrade", "ft", "key", "main", "mine", "my"),
    *("mybot", "mykey", "name", "new", "newkey", "noname", "none", "test", "testkey", "trade", "trader", "trading"),
    *("tradingbot", "unnamed", "untitled", "x"),
}


def key_age(posture: Posture, policy: Policy, terms: Terms) -> Iterator[Concern]:
    """The key is no older than the policy allows: a key that is never changed may have leaked long ago."""
    created = posture.key.created
    if created is None or created > posture.now + _CLOCKS_DIFFER:
        yield not_told("when the key was made", None, terms)
        return
    days = (posture.now - created).days
    if posture.now - created > timedelta(days=policy.max_key_age_days):
        yield Concern(
            f"The key is {days:,} days old; the policy allows {policy.max_key_age_days:,}. The longer a key lives, the "
            "more copies of it may lie around.",
            terms.replaced(),
        )


def legacy_key(posture: Posture, _policy: Policy, terms: Terms) -> Iterator[Concern]:
    """The key is not from the time when the exchange's keys were weaker."""
    if terms.legacy_before is None:
        return
    created = posture.key.created
    if created is None:
        yield not_told("when the key was made", None, terms)
    elif created < terms.legacy_before:
        withdraws = any(permission.right is Right.WITHDRAW for permission in posture.key.permissions or ())
        yield Concern(
            f"The key was made before {terms.legacy_before:%Y-%m-%d %H:%M} UTC. {terms.legacy_risk}",
            terms.replaced(),
            severity=Severity.ERROR if withdraws else None,
        )


def key_name(posture: Posture, policy: Policy, terms: Terms) -> Iterator[Concern]:
    """The key's name says which bot it belongs to, so that a stranger among the keys is noticed."""
    name = posture.key.name
    wanted = policy.key_name
    example = (wanted or "freqtrade-btc-server1")[:80]
    fix = terms.changed(f"Give it a name that says which bot uses it, for example {example!r}.")
    if name is None:
        yield not_told("what the key is called", None, terms)
    elif not name.strip():
        yield Concern("The key has no name, so nobody can tell which bot it belongs to, or whether it is yours.", fix)
    elif wanted is not None and not fnmatchcase(name, wanted.replace("[", "[[]")):
        yield Concern(f"The key is called {harmless(name)!r}, which is not like {wanted[:80]!r} (key_name).", fix)
    elif name != wanted and is_generic(name, terms):
        yield Concern(f"The key is called {harmless(name)!r}, which says nothing about which bot it belongs to.", fix)


def is_generic(name: str, terms: Terms) -> bool:
    """Whether a name says nothing about which bot a key belongs to."""
    letters = "".join(char for char in name[:_LOOKED_AT].casefold() if char.isalpha())
    return letters in _GENERIC_NAMES or letters == terms.exchange


def account(posture: Posture, policy: Policy, terms: Terms) -> Iterator[Concern]:
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
            yield not_told(f"the number of the key's {what}", None, terms)
        elif told != expected:
            yield Concern(
                f"The key belongs to {what} {harmless(told)}, not to {harmless(expected)} ({field}): the bot would "
                "trade with somebody else's money, or with money set aside for something else.",
                f"Store the key of the right account; or, if this is the right one, fix api_key_guard.policy.{field}.",
            )
