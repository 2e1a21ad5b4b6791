"""The key monitor inside freqtrade's own loop."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable
from typing import Any

from freqtrade.enums import State

from freqtrade_bitmex_guard.check.monitor import KeyMonitor, StatusChange
from freqtrade_bitmex_guard.model.findings import internal_error
from freqtrade_bitmex_guard.plugin.shape import fail_unsupported
from freqtrade_bitmex_guard.report import chat

logger = logging.getLogger("freqtrade_bitmex_guard")


MONITOR_ATTRIBUTE = "_api_key_guard_watch"


_STATE = "_api_key_guard_state"


STATE_BEFORE_RELOAD = "_api_key_guard_state_before_reload"


def install_loop_hook(bot: Any) -> None:
    """Put the watch into freqtrade's bot class. It sleeps until `watch` is called for a bot.

    Args:
        bot: the class `FreqtradeBot`.

    Raises:
        GuardError: misconfigured, if freqtrade's shape is not the one this was written for.
    """
    for name in ("process", "process_stopped"):
        if list(inspect.signature(getattr(bot, name)).parameters) != ["self"]:
            fail_unsupported()
    if hasattr(bot, "state") or not {"RUNNING", "PAUSED", "STOPPED", "RELOAD_CONFIG"} <= set(State.__members__):
        fail_unsupported()
    bot.process = _wrap_process(bot.process)
    bot.process_stopped = _wrap_process(bot.process_stopped)
    bot.state = property(_get_state, _set_state)


def attach_monitor(bot: Any, watching: KeyMonitor) -> None:
    """Watch a bot from now on."""
    bot.__dict__[MONITOR_ATTRIBUTE] = watching


def _get_state(bot: Any) -> Any:
    try:
        return bot.__dict__[_STATE]
    except KeyError:
        raise AttributeError("state") from None


def _set_state(bot: Any, state: Any) -> None:
    before = bot.__dict__.get(_STATE)
    if state is State.RELOAD_CONFIG and before is not State.RELOAD_CONFIG:
        bot.__dict__[STATE_BEFORE_RELOAD] = before
    watching: KeyMonitor | None = bot.__dict__.get(MONITOR_ATTRIBUTE)
    if watching is not None and watching.violation is not None:
        held = State.STOPPED if watching.stops else State.PAUSED
        if state is State.RUNNING or (state is State.PAUSED and watching.stops):
            logger.warning("API key guard: not %s but %s, while the key is not fine.", state.name, held.name)
            state = held
    bot.__dict__[_STATE] = state


def _wrap_process(run: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(run)
    def looking(self: Any) -> None:
        before = self.state
        _poll(self)
        if self.state is State.STOPPED and before is not State.STOPPED:
            return
        run(self)

    return looking


def _poll(bot: Any) -> None:
    watching: KeyMonitor | None = bot.__dict__.get(MONITOR_ATTRIBUTE)
    if watching is None:
        return
    try:
        news = watching.poll()
    except KeyboardInterrupt:
        raise
    except BaseException as bug:
        news = watching.fail(internal_error(bug))
    before = bot.state
    if watching.violation is not None and (before is State.RUNNING or (before is State.PAUSED and watching.stops)):
        # In every iteration, not only once: a command may have come between the look and its outcome.
        bot.state = before
    if news is not None:
        notify_operator(
            bot,
            lambda: chat.key_recovered() if news.recovered else _violation_message(news, before, stops=watching.stops),
        )


def _violation_message(news: StatusChange, before: State, *, stops: bool) -> str:
    held = chat.BotState.STOPPED if stops else chat.BotState.PAUSED
    if before is State.STOPPED:
        held = chat.BotState.STOPPED_ALREADY
    return chat.violation(news.verdict, held, silent_minutes=news.unreachable_minutes)


def notify_operator(bot: Any, make: Callable[[], str]) -> None:
    """Tell the operator; whatever fails over it, the bot goes on to manage its open trades."""
    try:
        message = make()
        logger.warning("%s", message.partition("\n")[0])
        bot.notify_status(message)  # which writes the whole of it into the log
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        logger.warning("API key guard: the operator could not be told (%s).", type(problem).__name__)
