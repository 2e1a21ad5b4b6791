"""Rules about the key itself."""

from __future__ import annotations

from collections.abc import Iterator

from freqtrade_bitmex_guard.facts import KeyFacts
from freqtrade_bitmex_guard.findings import Finding, error
from freqtrade_bitmex_guard.policy import Policy
from freqtrade_bitmex_guard.terms import Terms


def switched_on(facts: KeyFacts, _policy: Policy, terms: Terms) -> Iterator[Finding]:
    """The key is not switched off. Not told is fine here: a signed answer shows that it works."""
    if facts.enabled is False:
        yield error(
            "key-disabled",
            "The key is switched off: the bot could neither trade nor close what is open.",
            f"Switch it on: {terms.keys_page}; or store another key.",
        )
