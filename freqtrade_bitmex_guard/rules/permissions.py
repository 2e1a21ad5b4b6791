"""Rules about what a key may do."""

from __future__ import annotations

import json
from collections.abc import Iterator

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.account import Evidence
from freqtrade_bitmex_guard.model.key import Permission
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.rules.engine import Issue


def exchange_cannot_tell(_evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The exchange can report what the policy asks for, or the operator accepted in writing that it cannot."""
    subjects = {"permissions": "what the key may do", "ip-restriction": "from which addresses it works"}
    for subject in profile.cannot_report:
        is_accepted = subject in policy.accept_unverifiable
        yield Issue(
            f"{profile.title} has no way to report {subjects[subject]}, so nothing shows that the key can only trade"
            + (" (accepted in policy.accept_unverifiable)." if is_accepted else "."),
            f"Look at the key yourself: {profile.page.location}. To start all the same, write "
            f'"accept_unverifiable": {json.dumps(list(profile.cannot_report))} into api_key_guard.policy.',
            is_accepted=is_accepted,
        )


def withdraw_permission(evidence: Evidence, _policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """No permission moves money out of the account or changes keys, whatever the policy allows."""
    for permission in sorted(evidence.key.permissions or ()):
        if profile.forbids(permission):
            field, label = profile.page.permissions_field, profile.label(permission.name)
            yield Issue(
                f"The key has the permission {_describe(permission)}: anyone who obtains the key can take the money, "
                "not only trade with it.",
                profile.how_to_change(f"Under {field}, leave {label} unticked."),
            )


def permission_not_allowed(evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The policy names every permission of the key, letter by letter; a list that is not reported meets no policy.

    A permission that moves money is left to `withdraw_permission`.
    """
    if evidence.key.permissions is None:
        if "permissions" in profile.cannot_report:
            return  # `exchange_cannot_tell` judges it
        yield Issue(
            f"{profile.title} did not report the key's permissions, so nothing shows that it can only trade.",
            f"{profile.how_to_replace()} If the new key shows the same, report it.",
        )
        return
    for permission in sorted(evidence.key.permissions):
        if permission.name not in policy.allowed_permissions and not profile.forbids(permission):
            yield Issue(
                f"The key has the permission {_describe(permission)}, which the policy does not allow (allowed: "
                f"{', '.join(policy.allowed_permissions) or 'none'}).",
                f"{profile.how_to_change('Tick only the permissions that the bot needs.')} If it needs this one, "
                "add it to api_key_guard.policy.allowed_permissions instead.",
            )


def permission_missing(evidence: Evidence, policy: Policy, profile: ExchangeProfile) -> Iterator[Issue]:
    """The key has every permission that the bot needs, or another that does for it."""
    if evidence.key.permissions is None and "permissions" in profile.cannot_report:
        return  # `exchange_cannot_tell` judges it
    names = {permission.name for permission in evidence.key.permissions or ()}
    missing = [
        name for name in policy.required_permissions if not names.intersection((name, *profile.replacements(name)))
    ]
    if missing:
        yield Issue(
            f"The key lacks the permission{'s' if len(missing) > 1 else ''} {', '.join(map(repr, missing))}: a bot "
            "would fail at its first order.",
            profile.how_to_change(
                f"Under {profile.page.permissions_field}, tick {', '.join(map(profile.label, missing))}."
            ),
        )


def _describe(permission: Permission) -> str:
    """Describe a permission by the exchange's name, and by its kind unless the name says it."""
    says_it = permission.name.strip().casefold() == permission.kind
    return f"{sanitize(permission.name)!r}{'' if says_it else f' ({permission.kind})'}"
