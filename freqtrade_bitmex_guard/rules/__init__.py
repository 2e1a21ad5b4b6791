"""The rules: what is known of a key, held against the operator's policy.

A rule is one function that takes the facts, the policy and the exchange's words, and yields findings: none if the
rule is positively met. A fact that the exchange did not tell never meets a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from freqtrade_bitmex_guard.facts import KeyFacts
from freqtrade_bitmex_guard.findings import Finding, Severity
from freqtrade_bitmex_guard.policy import Policy
from freqtrade_bitmex_guard.posture import Posture, Topic
from freqtrade_bitmex_guard.rules.account import security_event, sibling_keys, two_factor, withdrawal_address
from freqtrade_bitmex_guard.rules.addresses import blocks_are_readable, few_addresses, not_everywhere, within_networks
from freqtrade_bitmex_guard.rules.permissions import no_withdrawal, nothing_beyond_allowed, required_are_there
from freqtrade_bitmex_guard.rules.posture import PostureRule
from freqtrade_bitmex_guard.rules.state import switched_on
from freqtrade_bitmex_guard.rules.upkeep import account, key_age, key_name, legacy_key
from freqtrade_bitmex_guard.terms import Terms

Rule = Callable[[KeyFacts, Policy, Terms], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    no_withdrawal,
    nothing_beyond_allowed,
    required_are_there,
    not_everywhere,
    blocks_are_readable,
    few_addresses,
    within_networks,
    switched_on,
)


POSTURE: tuple[PostureRule, ...] = (
    PostureRule("two-factor", Severity.ERROR, two_factor, urgency=4, of_the_key=False, topic=Topic.TWO_FACTOR),
    PostureRule("key-age", Severity.WARNING, key_age, urgency=7, of_the_key=True, expects=("max_key_age_days",)),
    PostureRule("legacy-key", Severity.WARNING, legacy_key, urgency=6, of_the_key=True),
    PostureRule("key-name", Severity.WARNING, key_name, urgency=8, of_the_key=True, expects=("key_name",)),
    PostureRule(
        "account",
        Severity.ERROR,
        account,
        urgency=5,
        of_the_key=True,
        expects=("expected_user_id", "expected_target_account_id"),
    ),
    PostureRule("sibling-keys", Severity.WARNING, sibling_keys, urgency=2, of_the_key=False),
    PostureRule(
        "withdrawal-address",
        Severity.WARNING,
        withdrawal_address,
        urgency=3,
        of_the_key=False,
        topic=Topic.WITHDRAWAL_ADDRESSES,
    ),
    PostureRule("security-event", Severity.WARNING, security_event, urgency=1, of_the_key=False, topic=Topic.EVENTS),
)


def apply(facts: KeyFacts, policy: Policy, terms: Terms) -> list[Finding]:
    """All findings of all rules about one key, the gravest rules first."""
    return [finding for rule in RULES for finding in rule(facts, policy, terms)]


def topics(policy: Policy) -> frozenset[Topic]:
    """What has to be asked of the exchange, beyond the key itself, for the rules that are not ignored."""
    return frozenset(rule.topic for rule in POSTURE if rule.topic is not None and not rule.is_ignored(policy))


def apply_posture(posture: Posture, policy: Policy, terms: Terms) -> list[Finding]:
    """All findings of all posture rules, in their order."""
    return [finding for rule in POSTURE for finding in rule.apply(posture, policy, terms)]


def apply_upkeep(posture: Posture, policy: Policy, terms: Terms) -> list[Finding]:
    """Those of the rules that need nothing but the key itself."""
    of_the_key = (rule for rule in POSTURE if rule.of_the_key)
    return [finding for rule in of_the_key for finding in rule.apply(posture, policy, terms)]
