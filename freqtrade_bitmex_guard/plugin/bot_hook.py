"""The hooks around `FreqtradeBot.__init__` and `Exchange._init_ccxt`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.check import last_look
from freqtrade_bitmex_guard.check.admission import Admission
from freqtrade_bitmex_guard.check.monitor import KeyMonitor
from freqtrade_bitmex_guard.plugin import loop_hook, notifications, reload_hook
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard, StartRefused, fail_closed, logger
from freqtrade_bitmex_guard.util.systemd import kept_alive

BuildBot = Callable[[Any, dict[str, Any]], None]
"""`FreqtradeBot.__init__`."""


def wrap_init(build: BuildBot, guard: StartGuard) -> BuildBot:
    """Wrap `FreqtradeBot.__init__`: check the key first, and build the bot only if the guard admits the config."""

    @functools.wraps(build)
    def guarded(self: Any, config: dict[str, Any]) -> None:
        _forget_last_look(config)
        try:
            admission = guard.admit(config)
            with fail_closed():
                reload_hook.install_reload_hook(guard)
            if admission is None:
                build(self, config)
            else:
                _build_admitted(build, guard, admission, self, config)
            guard.built_count += 1
            if admission is not None and guard.admitted_with is not None and guard.admitted_with.findings:
                notifications.notify_warnings(config, guard.admitted_with)
        except StartRefused as refusal:
            guard.last_refusal = refusal.verdict
            notifications.notify_refusal(config, refusal.verdict)
            raise

    guarded._is_guarded = True  # type: ignore[attr-defined]
    return guarded


def _forget_last_look(config: dict[str, Any]) -> None:
    """Remove the last bot's look, so that it says nothing of a start that is refused or not guarded."""
    try:
        last_look.remove(Path(config["user_data_dir"]))
    except Exception as problem:
        logger.warning("API key guard: `health` may show an older bot (%s).", type(problem).__name__)


def _build_admitted(build: BuildBot, guard: StartGuard, admission: Admission, bot: Any, config: dict[str, Any]) -> None:
    with ExitStack() as injected:
        # freqtrade's own failures stay its own: the boundary is around ours only.
        with fail_closed():
            injected.enter_context(admission.injected(config["exchange"]))
        build(bot, config)
    try:
        with fail_closed():
            guard.verify_bot_clients(bot.exchange)
            recheck = kept_alive(admission.recheck, 2 * admission.section.timeout_seconds)
            monitor = KeyMonitor(recheck, admission.section, is_urgent=admission.is_urgent)
            loop_hook.attach_monitor(bot, monitor)
    except BaseException:
        # The bot exists already, with its servers and threads: freqtrade's own way to take it down.
        try:
            bot.cleanup()
        except Exception as problem:
            logger.warning("API key guard: the bot could not be taken down either (%s).", type(problem).__name__)
        raise


def wrap_init_ccxt(init_ccxt: Callable[..., Any], guard: StartGuard) -> Callable[..., Any]:
    """Wrap `Exchange._init_ccxt`: compare each client with the admission before its first request."""

    @functools.wraps(init_ccxt)
    def verified(self: Any, *args: Any, **options: Any) -> Any:
        client = init_ccxt(self, *args, **options)
        with fail_closed():
            guard.verify_client(client)
        return client

    return verified
