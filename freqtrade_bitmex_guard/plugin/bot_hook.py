"""The hooks around `FreqtradeBot.__init__` and `Exchange._init_ccxt`."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from freqtrade.exceptions import OperationalException

from freqtrade_bitmex_guard.check.admission import Admission
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.check.monitor import KeyMonitor
from freqtrade_bitmex_guard.plugin import loop_hook, notifications, reload_hook, start_guard
from freqtrade_bitmex_guard.plugin.start_guard import logger


def wrap_init(build: Callable[..., None]) -> Callable[..., None]:
    """Wrap `FreqtradeBot.__init__`: check the key of its config first, and build the bot only if it is admitted."""

    @functools.wraps(build)
    def guarded(self: Any, config: dict[str, Any]) -> None:
        try:
            with start_guard.START_GUARD.fail_closed():
                admitted = start_guard.START_GUARD.admit(config)
                reload_hook.install_reload_hook(start_guard.START_GUARD)
            if admitted is None:
                build(self, config)
            else:
                _build_admitted(*admitted, build, self, config)
        except OperationalException:
            start_guard.START_GUARD.last_refusal = start_guard.START_GUARD.stopped
            if start_guard.START_GUARD.stopped is not None:
                notifications.notify_refusal(config, start_guard.START_GUARD.stopped)
            raise

    guarded._is_guarded = True  # type: ignore[attr-defined]
    return guarded


def _build_admitted(
    check: LocalCheck, proven: Admission, build: Callable[..., None], bot: Any, config: dict[str, Any]
) -> None:
    exchange = config["exchange"]
    with contextlib.ExitStack() as stack:
        with start_guard.START_GUARD.fail_closed():
            stack.enter_context(proven.injected(exchange))
        build(bot, config)
    try:
        with start_guard.START_GUARD.fail_closed():
            start_guard.START_GUARD.verify_bot_clients(bot.exchange)
            loop_hook.attach_monitor(bot, KeyMonitor(check.recheck, check.section))
    except BaseException:
        # The bot stands already, its servers and threads included: freqtrade's own way to take it down.
        try:
            bot.cleanup()
        except Exception as problem:
            logger.warning("API key guard: taking the bot down failed, too (%s).", type(problem).__name__)
        raise


def wrap_init_ccxt(init_ccxt: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `Exchange._init_ccxt`: compare each client with what was admitted, before its first request."""

    @functools.wraps(init_ccxt)
    def watched(self: Any, *args: Any, **options: Any) -> Any:
        client = init_ccxt(self, *args, **options)
        with start_guard.START_GUARD.fail_closed():
            start_guard.START_GUARD.verify_client(client)
        return client

    return watched
