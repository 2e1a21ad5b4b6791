"""Rules about what a key may do."""

from __future__ import annotations

from collections.abc import Iterator

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.findings import Finding, error
from freqtrade_bitmex_guard.model.key import KeyFacts, Permission
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize


def withdraw_permission(facts: KeyFacts, _policy: Policy, terms: ExchangeProfile) -> Iterator[Finding]:
    """No right that moves money out of the account or changes what keys may do, whatever the policy allows."""
    for permission in sorted(facts.permissions or ()):
        if terms.forbids(permission):
            yield error(
                "withdraw-permission",
                f"The key has the right {_describe(permission)}: whoever gets hold of it can take the money, not only "
                "trade with it.",
                terms.how_to_change(
                    f"Under {terms.page.permissions_field}, leave {terms.label(permission.name)} unticked."
                ),
            )


def permission_not_allowed(facts: KeyFacts, policy: Policy, terms: ExchangeProfile) -> Iterator[Finding]:
    """Every right of the key is one that the policy names, letter by letter; a list that is not told allows nothing.

    What moves money is `withdraw_permission`'s to find.
    """
    if facts.permissions is None:
        yield error(
            "permission-not-allowed",
            f"{terms.title} did not say what the key may do, so nothing shows that it can only trade.",
            f"{terms.how_to_replace()} If the new key shows the same, report it.",
        )
        return
    for permission in sorted(facts.permissions):
        if permission.name not in policy.allowed_permissions and not terms.forbids(permission):
            yield error(
                "permission-not-allowed",
                f"The key has the right {_describe(permission)}, which the policy does not allow (allowed: "
                f"{', '.join(policy.allowed_permissions) or 'none'}).",
                f"{terms.how_to_change('Tick only the rights that the bot needs.')} If it needs this right, add it to "
                "api_key_guard.policy.allowed_permissions instead.",
            )


def permission_missing(facts: KeyFacts, policy: Policy, terms: ExchangeProfile) -> Iterator[Finding]:
    """Every right that the bot cannot work without is on the key."""
    has = {permission.name for permission in facts.permissions or ()}
    missing = [word for word in policy.required_permissions if not has.intersection((word, *terms.replacements(word)))]
    if missing:
        yield error(
            "permission-missing",
            f"The key lacks the right{'s' if len(missing) > 1 else ''} {', '.join(map(repr, missing))}: a bot that "
            "trades with it would fail at its first order.",
            terms.how_to_change(
                f"Under {terms.page.permissions_field}, choose {', '.join(map(terms.label, missing))}."
            ),
        )


def _describe(permission: Permission) -> str:
    """A right, for a person: the exchange's word, and what kind it is where the word does not say so."""
    says_it = permission.name.strip().casefold() == permission.kind
    return f"{sanitize(permission.name)!r}{'' if says_it else f' ({permission.kind})'}"
