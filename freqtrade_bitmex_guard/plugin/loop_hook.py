"""The key monitor inside freqtrade's own loop."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from freqtrade.enums import State

from freqtrade_bitmex_guard.check import last_look
from freqtrade_bitmex_guard.check.monitor import KeyMonitor, StatusChange
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.findings import internal_error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin.entries import cancel_open_entries, install_entry_hook
from freqtrade_bitmex_guard.plugin.shape import fail_unsupported
from freqtrade_bitmex_guard.report import chat

logger = logging.getLogger("freqtrade_bitmex_guard")

MONITOR_ATTRIBUTE = "_api_key_guard_monitor"

STATE_BEFORE_RELOAD = "_api_key_guard_state_before_reload"

_STATE = "_api_key_guard_state"


def install_loop_hook(bot: Any) -> None:
    """Have each bot poll its monitor; nothing happens until `attach_monitor` gives it one.

    Args:
        bot: the class `FreqtradeBot`.

    Raises:
        GuardError: misconfigured, if freqtrade does not have the shape that this was written for.
    """
    for name in ("process", "process_stopped"):
        if list(inspect.signature(getattr(bot, name)).parameters) != ["self"]:
            fail_unsupported()
    if hasattr(bot, "state") or not {"RUNNING", "PAUSED", "STOPPED", "RELOAD_CONFIG"} <= set(State.__members__):
        fail_unsupported()
    install_entry_hook(bot, _is_held)
    bot.process = _wrap_process(bot.process)
    bot.process_stopped = _wrap_process(bot.process_stopped)
    bot.state = property(_get_state, _set_state)


def attach_monitor(bot: Any, monitor: KeyMonitor) -> None:
    """Monitor a bot's key from now on."""
    bot.__dict__[MONITOR_ATTRIBUTE] = monitor
    _write_look(bot, monitor)


def _is_held(bot: Any) -> bool:
    monitor: KeyMonitor | None = bot.__dict__.get(MONITOR_ATTRIBUTE)
    return monitor is not None and monitor.violation is not None


def why_held(bot: Any, *, to_pause: bool = False) -> str:
    """Return why a bot cannot be started now, and how to go on; empty if the guard does not hold it.

    Args:
        bot: that was told to start.
        to_pause: whether it was told to pause instead, which only a stopped bot cannot.
    """
    monitor: KeyMonitor | None = bot.__dict__.get(MONITOR_ATTRIBUTE)
    violation = None if monitor is None else monitor.violation
    if monitor is None or violation is None or (to_pause and not monitor.stops):
        return ""
    return chat.start_denied(violation, label_of(bot, violation), stops=monitor.stops)


def notify_operator(bot: Any, make_message: Callable[[], str]) -> None:
    """Notify the operator; whatever fails, the bot goes on to manage its open trades."""
    try:
        message = make_message()
        logger.warning("API key guard: %s", message.partition("\n")[0])
        bot.notify_status(message)  # which writes the whole of it into the log
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        logger.warning("API key guard: the operator could not be notified (%s).", type(problem).__name__)


def _get_state(bot: Any) -> Any:
    try:
        return bot.__dict__[_STATE]
    except KeyError:
        raise AttributeError("state") from None


def _set_state(bot: Any, state: Any) -> None:
    before = bot.__dict__.get(_STATE)
    if state is State.RELOAD_CONFIG and before is not State.RELOAD_CONFIG:
        bot.__dict__[STATE_BEFORE_RELOAD] = before
    monitor: KeyMonitor | None = bot.__dict__.get(MONITOR_ATTRIBUTE)
    if monitor is not None and monitor.violation is not None:
        allowed = State.STOPPED if monitor.stops else State.PAUSED
        if state is State.RUNNING or (state is State.PAUSED and monitor.stops):
            logger.warning("API key guard: not %s but %s, because the key does not pass.", state.name, allowed.name)
            state = allowed
    bot.__dict__[_STATE] = state


def _wrap_process(run: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(run)
    def monitored(self: Any) -> None:
        before = self.state
        _poll(self)
        if self.state is State.STOPPED and before is not State.STOPPED:
            return
        run(self)

    return monitored


def _poll(bot: Any) -> None:
    monitor: KeyMonitor | None = bot.__dict__.get(MONITOR_ATTRIBUTE)
    if monitor is None:
        return
    rechecks = monitor.recheck_count
    try:
        change = monitor.poll()
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        change = monitor.fail(internal_error(problem))
    if monitor.recheck_count > rechecks or change is not None:
        _write_look(bot, monitor)
    before = bot.state
    if monitor.violation is not None and (before is State.RUNNING or (before is State.PAUSED and monitor.stops)):
        # In every iteration, not only once: a command may have come between the recheck and its verdict.
        bot.state = before
    entries = chat.Entries()
    # Once the bot is held, and again with each recheck: what could not be cancelled may be cancelled later.
    if monitor.violation is not None and (change is not None or monitor.recheck_count > rechecks):
        entries = cancel_open_entries(bot)
    if change is not None:
        notify_operator(
            bot,
            lambda: (
                chat.key_recovered(label_of(bot, change.verdict))
                if change.recovered
                else _violation_message(bot, change, before, entries, stops=monitor.stops)
            ),
        )


def _write_look(bot: Any, monitor: KeyMonitor) -> None:
    """Write the look for `health`. Where that fails, the file ages or is missing, which is unhealthy."""
    try:
        last_look.write(
            Path(bot.config["user_data_dir"]),
            monitor.last_errors,
            held=monitor.violation is not None,
            interval_seconds=monitor.interval_seconds,
        )
    except Exception as problem:
        logger.warning("API key guard: `health` will not see this bot (%s).", type(problem).__name__)


def label_of(bot: Any, verdict: Verdict) -> BotLabel:
    """Return the label of a bot: the one of its check, or else of its config."""
    return verdict.bot or BotLabel.of(getattr(bot, "config", {}))


def _violation_message(bot: Any, change: StatusChange, before: State, entries: chat.Entries, *, stops: bool) -> str:
    state = chat.BotState.STOPPED if stops else chat.BotState.PAUSED
    if before is State.STOPPED:
        state = chat.BotState.STOPPED_ALREADY
    label = label_of(bot, change.verdict)
    return chat.violation(change.verdict, state, label, unreachable_minutes=change.unreachable_minutes, entries=entries)
