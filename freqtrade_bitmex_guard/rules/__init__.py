"""The rules that a key and its account are judged by.

A rule is a function with the name of its finding. It yields an issue for everything that is not fine, and none if the
rule is positively met; what the exchange did not report never meets a rule.
"""

from __future__ import annotations

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.account import AccountQuery
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.rules.account import security_event, sibling_keys, two_factor, withdrawal_address
from freqtrade_bitmex_guard.rules.engine import Rule, Scope, evaluate
from freqtrade_bitmex_guard.rules.ip_restriction import (
    ip_not_supported,
    ip_outside,
    ip_too_many,
    ip_undisclosed,
    ip_unreadable,
    ip_unrestricted,
    policy_wide,
)
from freqtrade_bitmex_guard.rules.key import account, key_age, key_disabled, key_expiry, key_name, legacy_key
from freqtrade_bitmex_guard.rules.permissions import (
    exchange_cannot_tell,
    permission_missing,
    permission_not_allowed,
    withdraw_permission,
)

__all__ = ["RULES", "Rule", "Scope", "evaluate", "queries_for", "rules_for"]

_WARNING = Severity.WARNING
_OWNERS = ("expected_user_id", "expected_target_account_id")

RULES: tuple[Rule, ...] = (
    Rule("exchange-cannot-tell", exchange_cannot_tell, can_be_accepted=True),
    Rule("withdraw-permission", withdraw_permission),
    Rule("permission-not-allowed", permission_not_allowed),
    Rule("permission-missing", permission_missing),
    Rule("ip-unrestricted", ip_unrestricted),
    Rule("ip-unreadable", ip_unreadable),
    Rule("ip-too-many", ip_too_many),
    Rule("ip-outside", ip_outside),
    Rule("policy-wide", policy_wide, can_be_accepted=True),  # always: the operator wrote it
    Rule("key-disabled", key_disabled),
    Rule("two-factor", two_factor, scope=Scope.ACCOUNT, query=AccountQuery.TWO_FACTOR, priority=4),
    Rule("key-age", key_age, _WARNING, priority=10, expects=("max_key_age_days",)),
    Rule("legacy-key", legacy_key, _WARNING, priority=7),
    Rule("key-name", key_name, _WARNING, priority=11, expects=("key_name",)),
    Rule("account", account, priority=5, expects=_OWNERS),
    Rule("sibling-keys", sibling_keys, _WARNING, Scope.ACCOUNT, priority=2),
    Rule(
        "withdrawal-address", withdrawal_address, _WARNING, Scope.ACCOUNT, AccountQuery.WITHDRAWAL_ADDRESSES, priority=3
    ),
    Rule("security-event", security_event, _WARNING, Scope.ACCOUNT, AccountQuery.EVENTS, priority=1),
    Rule("ip-undisclosed", ip_undisclosed, _WARNING, priority=9),
    Rule("ip-not-supported", ip_not_supported, _WARNING, priority=8),
    Rule("key-expiry", key_expiry, _WARNING, priority=6),
)


def rules_for(scope: Scope | None = None, *, configurable: bool | None = None) -> tuple[Rule, ...]:
    """Return the rules, in their order.

    Args:
        scope: only those that need to know this; by default all.
        configurable: only those whose severity the operator chooses, or only the others; by default all.
    """
    return tuple(
        rule
        for rule in RULES
        if scope in (None, rule.scope) and (configurable is None or rule.is_configurable is configurable)
    )


def queries_for(policy: Policy) -> frozenset[AccountQuery]:
    """Return the questions about the account; a rule that the operator ignores asks none."""
    return frozenset(rule.query for rule in RULES if rule.query is not None and not rule.is_ignored(policy))
