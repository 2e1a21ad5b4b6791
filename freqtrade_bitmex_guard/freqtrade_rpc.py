"""What freqtrade's bot tells by Telegram, Discord, webhook and its REST server, without hidden values."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from freqtrade_bitmex_guard.redaction import cleared


def clear(bot: Any) -> None:
    """Have every message of a bot cleared before it is sent.

    Args:
        bot: freqtrade's, just built; nothing was sent yet (freqtrade/rpc/rpc_manager.py, `send_msg` and
            `process_msg_queue` are the two ways, and both end in the `send_msg` of each module).
    """
    for module in bot.rpc.registered_modules:
        module.send_msg = _clearing(module.send_msg)


def _clearing(send: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(send)
    def clearing(message: Any) -> None:
        send(_cleared(message))

    return clearing


def _cleared(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _cleared(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_cleared(value) for value in part]
    if isinstance(part, str) and (shown := cleared(part)) != part:
        return shown
    return part  # an enum that is a text, too, stays one
