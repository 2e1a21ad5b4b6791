"""The messages of freqtrade's bot by Telegram, Discord, webhook and message socket, redacted; and its `/start`."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from datetime import date, time, timedelta
from enum import Enum
from types import ModuleType
from typing import Any

from freqtrade_bitmex_guard.plugin.loop_hook import why_held
from freqtrade_bitmex_guard.plugin.shape import fail_unsupported
from freqtrade_bitmex_guard.redaction.registry import redact

_IS_REDACTED = "_is_redacted"

_IS_EXPLAINED = "_is_explained"

_MESSAGE_SOCKET = "freqtrade.rpc.api_server.ws.channel"

_PLAIN_TYPES = (bool, int, float, date, time, timedelta, Enum, type(None))


def install_rpc_hook(module: ModuleType) -> None:
    """Redact every message of every bot, from the first one on.

    Args:
        module: `freqtrade.freqtradebot`, loaded. Its `RPCManager` makes the channels while a bot is built, and the
            bot's strategy may send before that is finished. All messages end in the `send_msg` of each channel
            (freqtrade/rpc/rpc_manager.py), Telegram's answers to commands in its `_send_msg`. What another bot asks for
            over the message socket goes past both, through the `send` of its `WebSocketChannel`.

    Raises:
        GuardError: misconfigured, if freqtrade does not have the shape that this was written for.
    """
    manager: Any = getattr(module, "RPCManager", None)
    if not inspect.isclass(manager):
        fail_unsupported()
    if not hasattr(manager.__init__, _IS_REDACTED):
        manager.__init__ = _wrap_manager_init(manager.__init__)  # type: ignore[method-assign]


def _wrap_manager_init(build: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(build)
    def redacting(self: Any, *args: Any, **options: Any) -> None:
        build(self, *args, **options)
        _redact_message_socket()
        for channel in self.registered_modules:
            for name in ("send_msg", "_send_msg"):
                send = getattr(channel, name, None)
                # The API server is one for the whole process, and stays when a bot is reloaded.
                if send is not None and not hasattr(send, _IS_REDACTED):
                    setattr(channel, name, _wrap_send(send))

    setattr(redacting, _IS_REDACTED, True)
    return redacting


def explain_commands(rpc: Any) -> None:
    """Have `/start` and `/pause` answered with the reason while the guard holds the bot.

    Telegram, REST and so the UI all end in these two (freqtrade/rpc/rpc.py). A freqtrade without them loses only the
    answer: what a command would change is kept from the bot by `loop_hook`.

    Args:
        rpc: the class `RPC`.
    """
    for name in ("_rpc_start", "_rpc_pause"):
        handle = getattr(rpc, name, None)
        if callable(handle) and not hasattr(handle, _IS_EXPLAINED):
            setattr(rpc, name, _wrap_command(handle, name))


def _wrap_command(handle: Callable[..., dict[str, str]], name: str) -> Callable[..., dict[str, str]]:
    @functools.wraps(handle)
    def explained(self: Any, *args: Any, **options: Any) -> dict[str, str]:
        answer = handle(self, *args, **options)  # a held bot that was stopped is at least paused by it
        reason = why_held(self._freqtrade, to_pause=name == "_rpc_pause")
        return {"status": reason} if reason else answer

    setattr(explained, _IS_EXPLAINED, True)
    return explained


def _redact_message_socket() -> None:
    """Redact what the API server sends over its message socket, if it was loaded."""
    module = sys.modules.get(_MESSAGE_SOCKET)
    if module is None:
        return
    socket: Any = getattr(module, "WebSocketChannel", None)
    if not inspect.iscoroutinefunction(getattr(socket, "send", None)):
        fail_unsupported()
    if not hasattr(socket.send, _IS_REDACTED):
        socket.send = _wrap_socket_send(socket.send)


def _wrap_socket_send(send: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(send)
    async def redacting(self: Any, message: Any, *arguments: Any, **options: Any) -> Any:
        return await send(self, _redacted(message), *arguments, **options)

    setattr(redacting, _IS_REDACTED, True)
    return redacting


def _wrap_send(send: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(send)
    def redacting(*arguments: Any, **options: Any) -> Any:
        options = {name: _redacted(value) if name == "msg" else value for name, value in options.items()}
        return send(*map(_redacted, arguments[:1]), *arguments[1:], **options)

    setattr(redacting, _IS_REDACTED, True)
    return redacting


def _redacted(part: Any) -> Any:
    if isinstance(part, str):
        text = redact(part)
        return part if text == part else text  # an enum that is a text, too, stays one
    if isinstance(part, _PLAIN_TYPES):
        return part
    if isinstance(part, dict):
        return {_redacted(name): _redacted(value) for name, value in part.items()}
    if isinstance(part, list | tuple):
        return [_redacted(value) for value in part]
    if hasattr(part, "select_dtypes"):  # a DataFrame, for other bots
        frame = part.copy(deep=False)
        for name, texts in part.select_dtypes(["object", "string", "category"]).items():
            frame[name] = texts.map(_redacted)
        return frame.rename(columns=_redacted, index=None if part.index.dtype.kind in "iufM" else _redacted)
    text = f"{part!s} {part!r}"
    return part if redact(text) == text else redact(str(part))
