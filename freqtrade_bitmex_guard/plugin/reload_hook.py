"""The check of a new config, before a reload takes the old bot down."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

from freqtrade.enums import State

from freqtrade_bitmex_guard.check.monitor import KeyMonitor
from freqtrade_bitmex_guard.config.files import can_be_read_twice, read_config
from freqtrade_bitmex_guard.model.findings import GuardError, error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin.entries import cancel_open_entries
from freqtrade_bitmex_guard.plugin.loop_hook import (
    MONITOR_ATTRIBUTE,
    STATE_BEFORE_RELOAD,
    label_of,
    notify_operator,
)
from freqtrade_bitmex_guard.plugin.shape import fail_unsupported
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard, StartRefused
from freqtrade_bitmex_guard.report import chat

_NOT_ACCEPTED = (
    "config-unreadable",
    "freqtrade does not accept the new config, though it can be read.",
    "Try it next to the bot: `freqtrade show-config -c CONFIG` says what is wrong. Fix it, then reload again.",
)


def install_reload_hook(guard: StartGuard) -> None:
    """Check the config of each reload before the old bot is taken down.

    freqtrade imports its worker after its bot, so this is called when the first bot is built.

    Args:
        guard: decides about the new config.

    Raises:
        GuardError: misconfigured, if freqtrade does not have the shape that this was written for.
    """
    module = sys.modules.get("freqtrade.worker")
    if module is None:  # a bot without freqtrade's worker has no reloads either
        return
    worker: Any = module.Worker
    if getattr(worker._reconfigure, "_is_guarded", False):
        return
    shapes = {"_reconfigure": ["self"], "_init": ["self", "reconfig"]}
    if not callable(module.Configuration) or any(
        list(inspect.signature(getattr(worker, name)).parameters) != shape for name, shape in shapes.items()
    ):
        fail_unsupported()
    worker._reconfigure = _wrap_reconfigure(worker._reconfigure, guard)


def _wrap_reconfigure(reconfigure: Callable[[Any], None], guard: StartGuard) -> Callable[[Any], None]:
    @functools.wraps(reconfigure)
    def checked(self: Any) -> None:
        bot = self.freqtrade
        try:
            config = sys.modules["freqtrade.worker"].Configuration(self._args, None).get_config()
        except Exception:
            if MONITOR_ATTRIBUTE in bot.__dict__:
                _keep_running(bot, _config_error(self._args))
            else:
                reconfigure(self)  # nothing is guarded: it fails as it always did
            return
        try:
            admission = guard.precheck(config)
        except StartRefused as refusal:
            _keep_running(bot, refusal.verdict)
            return
        # From here on the old bot is gone, so a refusal ends the process.
        # The very config that was checked is used, not what its files hold a moment later.
        self._config = config
        self._init = lambda _reconfig: type(self)._init(self, False)
        try:
            with guard.handing_on(config, admission):
                reconfigure(self)
        finally:
            del self._init

    checked._is_guarded = True  # type: ignore[attr-defined]
    return checked


def _config_error(arguments: dict[str, Any]) -> Verdict:
    """Return why freqtrade does not accept the new config, without quoting the file."""
    try:
        if can_be_read_twice(arguments["config"]):
            read_config(arguments["config"])
    except Exception as problem:
        if isinstance(problem, GuardError):
            return Verdict(findings=problem.findings)
    return Verdict(findings=(error(*_NOT_ACCEPTED),))


def _keep_running(bot: Any, verdict: Verdict) -> None:
    """Keep a bot as it was before the reload that was refused, but without new trades."""
    stopped = State.STOPPED in (bot.state, bot.__dict__.get(STATE_BEFORE_RELOAD))  # it may have been stopped meanwhile
    bot.state = State.STOPPED if stopped else State.PAUSED
    monitor: KeyMonitor | None = bot.__dict__.get(MONITOR_ATTRIBUTE)
    if monitor is not None:
        monitor.poll_soon(verdict)  # it may be the key that does not pass
    entries = chat.Entries() if stopped else cancel_open_entries(bot)
    notify_operator(
        bot,
        lambda: chat.reload_refused(
            verdict, label_of(bot, verdict), stopped=bot.state is State.STOPPED, entries=entries
        ),
    )
