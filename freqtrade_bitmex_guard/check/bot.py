"""The check of one bot by its config, as the command `check` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state
from freqtrade_bitmex_guard.model.findings import GuardError, warning
from freqtrade_bitmex_guard.model.verdict import Verdict, sort_findings


def check_config(config: Mapping[str, Any]) -> Verdict:
    """Check the key of a bot.

    Args:
        config: freqtrade's whole, merged config.
    """
    return with_disabled_warning(LocalCheck(config).run().verdict, config)


def with_disabled_warning(verdict: Verdict, config: Mapping[str, Any]) -> Verdict:
    """Return a verdict that says, too, that the bot's config has the guard disabled, if it has."""
    try:
        state = guard_state(config)
    except GuardError:  # the verdict says so already
        return verdict
    if state is not GuardState.DISABLED:
        return verdict
    disabled = warning(
        "guard-disabled",
        "api_key_guard.enabled is false: `freqtrade trade` would start without this check, and without a key.",
        "Set it to true.",
    )
    return replace(verdict, findings=sort_findings((*verdict.findings, disabled)))
