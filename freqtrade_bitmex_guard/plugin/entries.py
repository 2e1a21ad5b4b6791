"""The open entries of a bot that the guard holds: freqtrade cancels them, and no new one is made."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any

from freqtrade_bitmex_guard.plugin.shape import fail_unsupported
from freqtrade_bitmex_guard.report.chat import Entries
from freqtrade_bitmex_guard.util.systemd import keep_alive

logger = logging.getLogger("freqtrade_bitmex_guard")

_MAX_CANCEL_SECONDS = 600.0

_REASON = "cancelled because the API key guard holds the bot"


def install_entry_hook(bot: Any, is_held: Callable[[Any], bool]) -> None:
    """Have no bot make an entry while the guard holds it, whoever asks for one.

    Args:
        bot: the class `FreqtradeBot`.
        is_held: whether the guard holds a bot.

    Raises:
        GuardError: misconfigured, if freqtrade does not have the shape that this was written for.
    """
    cancel, execute = getattr(bot, "cancel_open_orders_of_trade", None), getattr(bot, "execute_entry", None)
    if not callable(cancel) or not callable(execute):
        fail_unsupported()
    if list(inspect.signature(cancel).parameters)[:4] != ["self", "trade", "sides", "reason"]:
        fail_unsupported()
    bot.execute_entry = _wrap_execute(execute, is_held)


def _wrap_execute(execute: Callable[..., bool], is_held: Callable[[Any], bool]) -> Callable[..., bool]:
    @functools.wraps(execute)
    def guarded(self: Any, *args: Any, **options: Any) -> bool:
        if is_held(self):
            logger.warning("API key guard: no entry is made, because the key does not pass.")
            return False
        return execute(self, *args, **options)

    return guarded


def cancel_open_entries(bot: Any) -> Entries:
    """Have freqtrade cancel a bot's open entries; exits and stop-losses stay.

    Args:
        bot: that is paused or stopped already.

    Returns:
        What became of them. Whatever fails, the bot goes on to manage its open trades.
    """
    try:
        with keep_alive(_MAX_CANCEL_SECONDS), bot._exit_lock:
            return _cancel(bot)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        logger.warning("API key guard: the open entries could not be cancelled (%s).", type(problem).__name__)
        return Entries(are_known=False)


def _cancel(bot: Any) -> Entries:
    from freqtrade.persistence import Trade  # noqa: PLC0415 - freqtrade imports it after its bot's module has begun

    if not hasattr(Trade, "session"):  # as freqtrade asks in its own `cleanup`: there is no database yet
        return Entries()
    Trade.commit()  # another thread's orders are seen only in a new transaction
    before = _open_entries(Trade)
    for trade in [trade for trade in Trade.get_open_trades() if _is_entering(trade)]:
        try:
            bot.cancel_open_orders_of_trade(trade, [trade.entry_side], _REASON)
        except Exception as problem:
            logger.warning("API key guard: an open entry could not be cancelled (%s).", type(problem).__name__)
    Trade.commit()
    remaining = _open_entries(Trade)
    return Entries(
        cancelled=tuple(before[order] for order in before.keys() - remaining.keys() - _filled(Trade)),
        remaining=tuple(remaining.values()),
    )


def _open_entries(trades: Any) -> dict[str, str]:
    """Return the pair of each open entry, by its order's number."""
    return {
        order.order_id: str(trade.pair)
        for trade in trades.get_open_trades()
        for order in trade.open_orders
        if order.ft_order_side == trade.entry_side
    }


def _filled(trades: Any) -> set[str]:
    return {order.order_id for trade in trades.get_open_trades() for order in trade.orders if order.safe_filled}


def _is_entering(trade: Any) -> bool:
    return any(order.ft_order_side == trade.entry_side for order in trade.open_orders)
