"""Rules about what a key may do."""

from __future__ import annotations

from collections.abc import Iterator

from freqtrade_bitmex_guard.facts import MOVES_MONEY, KeyFacts
from freqtrade_bitmex_guard.findings import Finding, error
from freqtrade_bitmex_guard.policy import Policy
from freqtrade_bitmex_guard.redaction import harmless
from freqtrade_bitmex_guard.terms import Terms


def no_withdrawal(facts: KeyFacts, _policy: Policy, terms: Terms) -> Iterator[Finding]:
    """No right that moves money out of the account or changes what keys may do, whatever the policy allows."""
    for permission in sorted(facts.permissions or ()):
        if permission.right in MOVES_MONEY or terms.forbids(permission.word):
            yield error(
                "withdraw-permission",
                f"The key has the right {harmless(permission.word)!r} ({permission.right}): whoever gets hold of it "
                "can take the money, not only trade with it.",
                f"{terms.replace_key} Under {terms.permissions_field}, leave Withdraw unticked.",
            )


def nothing_beyond_allowed(facts: KeyFacts, policy: Policy, terms: Terms) -> Iterator[Finding]:
    """Every right of the key is one that the policy names, letter by letter; a list that is not told allows nothing."""
    if facts.permissions is None:
        yield error(
            "permission-not-allowed",
            f"{terms.title} did not say what the key may do, so nothing shows that it can only trade.",
            f"{terms.replace_key} If the new key shows the same, report it.",
        )
        return
    for permission in sorted(facts.permissions):
        if permission.word not in policy.allowed_permissions and not terms.forbids(permission.word):
            yield error(
                "permission-not-allowed",
                f"The key has the right {harmless(permission.word)!r} ({permission.right}), which the policy does not "
                f"allow (allowed: {', '.join(policy.allowed_permissions) or 'none'}).",
                f"{terms.replace_key} Tick only the rights the bot needs; or, if it needs this one, add it to "
                "api_key_guard.policy.allowed_permissions.",
            )


def required_are_there(facts: KeyFacts, policy: Policy, terms: Terms) -> Iterator[Finding]:
    """Every right that the bot cannot work without is on the key."""
    has = {permission.word for permission in facts.permissions or ()}
    missing = [word for word in policy.required_permissions if word not in has]
    if missing:
        yield error(
            "permission-missing",
            f"The key lacks the right {', '.join(missing)}: a bot that trades with it would fail at its first order.",
            f"{terms.replace_key} Under {terms.permissions_field}, choose {', '.join(missing)}.",
        )
