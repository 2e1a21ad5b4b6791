"""What the operator is told where the guard checks nothing: in dry-run, and without an enabled section."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, NoReturn

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.check.prepare import exchange_label
from freqtrade_bitmex_guard.client import settings
from freqtrade_bitmex_guard.config.parse import GuardState, guard_state
from freqtrade_bitmex_guard.config.places import where_written
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.report import text

logger = logging.getLogger("freqtrade_bitmex_guard")


def log_dry_run(config: dict[str, Any]) -> bool:
    """Log what the guard makes of a config in dry-run; return whether the guard is enabled in it."""
    try:
        is_enabled = guard_state(config) is GuardState.ENABLED
        if is_enabled:
            logger.info("API key guard: dry-run, so no key is read and nothing is checked.")
            # freqtrade strips the credentials that it knows, and ccxt signs with all others.
            places = partial(where_written, config)
            for finding in settings.find_credentials(config.get("exchange") or {}, None, places):
                logger.warning("API key guard: %s. %s", text.describe_finding(finding), finding.fix)
    except GuardError as problem:
        logger.warning("API key guard: dry-run, so nothing is checked; a live start would be refused: %s", problem)
        return True  # the section is meant, but wrong
    return is_enabled


def log_no_section(config: dict[str, Any]) -> None:
    """Say in one line that an installed guard does not guard this bot; nobody would notice otherwise."""
    action = "The guard does not support its exchange."
    if exchange_label(config) in exchanges.supported_ids():
        action = BotLabel.of(config).fill_in("To guard it: freqtrade-bitmex-guard setup -c CONFIG")
    logger.warning("API key guard: this bot is NOT guarded: its config has no api_key_guard section. %s", action)


def fail_requested(state: GuardState) -> NoReturn:
    """Fail because the launcher was asked for a guarded bot, or a reload has lost the section.

    Raises:
        GuardError: misconfigured, always.
    """
    if state is GuardState.ABSENT:
        fail(
            "section-missing",
            "A guarded bot was requested, but the config has no api_key_guard section.",
            'Run `freqtrade-bitmex-guard setup -c CONFIG`, which writes it; or add "api_key_guard": {} to the config; '
            "or start plain `freqtrade trade` to run unguarded.",
        )
    fix = "Set it to true, or start plain `freqtrade trade` to run unguarded."
    fail("guard-disabled", "A guarded bot was requested, but api_key_guard.enabled is false.", fix)
