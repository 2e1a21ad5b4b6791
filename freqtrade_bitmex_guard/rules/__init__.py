"""The rules: what is known of a key, held against the operator's policy.

A rule is one function that takes the facts, the policy and the exchange's words, and yields findings: none if the
rule is positively met. A fact that the exchange did not tell never meets a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from freqtrade_bitmex_guard.config.policy import Policy
from freqtrade_bitmex_guard.model.account import AccountQuery, Evidence
from freqtrade_bitmex_guard.model.findings import Finding, Severity
from freqtrade_bitmex_guard.model.key import KeyFacts
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.rules.account import security_event, sibling_keys, two_factor, withdrawal_address
from freqtrade_bitmex_guard.rules.engine import Rule
from freqtrade_bitmex_guard.rules.ip_restriction import ip_outside, ip_too_many, ip_unreadable, ip_unrestricted
from freqtrade_bitmex_guard.rules.key import account, key_age, key_disabled, key_name, legacy_key
from freqtrade_bitmex_guard.rules.permissions import permission_missing, permission_not_allowed, withdraw_permission

KeyRule = Callable[[KeyFacts, Policy, ExchangeProfile], Iterator[Finding]]


KEY_RULES: tuple[KeyRule, ...] = (
    withdraw_permission,
    permission_not_allowed,
    permission_missing,
    ip_unrestricted,
    ip_unreadable,
    ip_too_many,
    ip_outside,
    key_disabled,
)


ACCOUNT_RULES: tuple[Rule, ...] = (
    Rule("two-factor", Severity.ERROR, two_factor, priority=4, of_the_key=False, query=AccountQuery.TWO_FACTOR),
    Rule("key-age", Severity.WARNING, key_age, priority=7, of_the_key=True, expects=("max_key_age_days",)),
    Rule("legacy-key", Severity.WARNING, legacy_key, priority=6, of_the_key=True),
    Rule("key-name", Severity.WARNING, key_name, priority=8, of_the_key=True, expects=("key_name",)),
    Rule(
        "account",
        Severity.ERROR,
        account,
        priority=5,
        of_the_key=True,
        expects=("expected_user_id", "expected_target_account_id"),
    ),
    Rule("sibling-keys", Severity.WARNING, sibling_keys, priority=2, of_the_key=False),
    Rule(
        "withdrawal-address",
        Severity.WARNING,
        withdrawal_address,
        priority=3,
        of_the_key=False,
        query=AccountQuery.WITHDRAWAL_ADDRESSES,
    ),
    Rule("security-event", Severity.WARNING, security_event, priority=1, of_the_key=False, query=AccountQuery.EVENTS),
)


def evaluate_key(facts: KeyFacts, policy: Policy, terms: ExchangeProfile) -> list[Finding]:
    """All findings of all rules about one key, the gravest rules first."""
    return [finding for rule in KEY_RULES for finding in rule(facts, policy, terms)]


def queries_for(policy: Policy) -> frozenset[AccountQuery]:
    """What has to be asked of the exchange, beyond the key itself, for the rules that are not ignored."""
    return frozenset(rule.query for rule in ACCOUNT_RULES if rule.query is not None and not rule.is_ignored(policy))


def evaluate_account(posture: Evidence, policy: Policy, terms: ExchangeProfile) -> list[Finding]:
    """All findings of all posture rules, in their order."""
    return [finding for rule in ACCOUNT_RULES for finding in rule.apply(posture, policy, terms)]


def evaluate_key_posture(posture: Evidence, policy: Policy, terms: ExchangeProfile) -> list[Finding]:
    """Those of the rules that need nothing but the key itself."""
    of_the_key = (rule for rule in ACCOUNT_RULES if rule.of_the_key)
    return [finding for rule in of_the_key for finding in rule.apply(posture, policy, terms)]
