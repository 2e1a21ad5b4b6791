"""What freqtrade's bot tells by Telegram, Discord, webhook and its message socket, without hidden values."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from datetime import date, time, timedelta
from enum import Enum
from types import ModuleType
from typing import Any

from freqtrade_bitmex_guard.plugin.shape import fail_unsupported
from freqtrade_bitmex_guard.redaction.registry import redact

_IS_REDACTED = "_is_cleared_of_secrets"


_PLAIN_TYPES = (bool, int, float, date, time, timedelta, Enum, type(None))


def install_rpc_hook(module: ModuleType) -> None:
    """Have every message of every bot cleared before any way out gets it, from the first one on.

    Args:
        module: `freqtrade.freqtradebot`, loaded. Its `RPCManager` makes the ways out while a bot is built, and the
            bot's strategy may send before the bot stands; all messages end in the `send_msg` of each way
            (freqtrade/rpc/rpc_manager.py), Telegram's answers to commands in its `_send_msg`.

    Raises:
        GuardError: misconfigured, if freqtrade's shape is not the one this was written for.
    """
    manager: Any = getattr(module, "RPCManager", None)
    if not inspect.isclass(manager):
        fail_unsupported()
    if not hasattr(manager.__init__, _IS_REDACTED):
        manager.__init__ = _wrap_manager_init(manager.__init__)  # type: ignore[method-assign]


def _wrap_manager_init(build: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(build)
    def building(self: Any, *args: Any, **options: Any) -> None:
        build(self, *args, **options)
        for way in self.registered_modules:
            for name in ("send_msg", "_send_msg"):
                send = getattr(way, name, None)
                # The API server is one for the whole process, and stays when a bot is reloaded.
                if send is not None and not hasattr(send, _IS_REDACTED):
                    setattr(way, name, _wrap_send(send))

    setattr(building, _IS_REDACTED, True)
    return building


def _wrap_send(send: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(send)
    def clearing(*told: Any, **options: Any) -> Any:
        options = {name: _redacted(value) if name == "msg" else value for name, value in options.items()}
        return send(*map(_redacted, told[:1]), *told[1:], **options)

    setattr(clearing, _IS_REDACTED, True)
    return clearing


def _redacted(part: Any) -> Any:
    if isinstance(part, str):
        shown = redact(part)
        return part if shown == part else shown  # an enum that is a text, too, stays one
    if isinstance(part, _PLAIN_TYPES):
        return part
    if isinstance(part, dict):
        return {_redacted(name): _redacted(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_redacted(value) for value in part]
    if hasattr(part, "select_dtypes"):  # a DataFrame, for other bots
        shown = part.copy(deep=False)
        for name, texts in part.select_dtypes(["object", "string", "category"]).items():
            shown[name] = texts.map(_redacted)
        return shown.rename(columns=_redacted, index=None if part.index.dtype.kind in "iufM" else _redacted)
    told = f"{part!s} {part!r}"
    return part if redact(told) == told else redact(str(part))
