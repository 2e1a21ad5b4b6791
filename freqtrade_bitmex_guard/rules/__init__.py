"""The rules: what is known of a key, held against the operator's policy.

A rule is one function that takes the facts, the policy and the exchange's words, and yields findings: none if the
rule is positively met. A fact that the exchange did not tell never meets a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from freqtrade_bitmex_guard.facts import KeyFacts
from freqtrade_bitmex_guard.findings import Finding
from freqtrade_bitmex_guard.policy import Policy
from freqtrade_bitmex_guard.rules.addresses import blocks_are_readable, few_addresses, not_everywhere, within_networks
from freqtrade_bitmex_guard.rules.permissions import no_withdrawal, nothing_beyond_allowed, required_are_there
from freqtrade_bitmex_guard.rules.state import switched_on
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


def apply(facts: KeyFacts, policy: Policy, terms: Terms) -> list[Finding]:
    """All findings of all rules about one key, the gravest rules first."""
    return [finding for rule in RULES for finding in rule(facts, policy, terms)]
