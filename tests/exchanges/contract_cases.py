"""What the contract's tests are made of, with bots whose secrets are searched for in all output."""

from __future__ import annotations

from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.testing.exchange_cases import (
    TRADES,
    check,
    errors,
    prepare_bot,
    replay_answers,
    watchers,
)
from tests.exchanges.simulated.unguarded import watched_credentials
from tests.support.factories import allow_secrets_in

__all__ = ["TRADES", "check", "errors", "prepare_bot", "replay_answers"]


def _watch(bot: DemoBot) -> None:
    allow_secrets_in(*(bot.folder / part for part in bot.exchange.credential_parts))
    watched_credentials(bot.exchange)


watchers.append(_watch)
