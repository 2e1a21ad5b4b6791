"""The watch inside freqtrade's own loop: what a running bot does when its key is not fine any more.

`FreqtradeBot.process` and `process_stopped` are called once in each iteration, RUNNING, PAUSED or STOPPED; the state
is an attribute that RPC threads set at any time, so it is guarded where it is set; and the worker's `_reconfigure`
takes the old bot down before it builds the new one, so the new config is checked before it.
"""

from __future__ import annotations

import functools
import inspect
import logging
import sys
from collections.abc import Callable
from typing import Any, Protocol

from freqtrade.enums import State
from freqtrade.exceptions import OperationalException

from freqtrade_bitmex_guard import freqtrade_config
from freqtrade_bitmex_guard.findings import Stopped, error, unsupported
from freqtrade_bitmex_guard.guard import internal_error
from freqtrade_bitmex_guard.report import chat
from freqtrade_bitmex_guard.verdict import Verdict
from freqtrade_bitmex_guard.watch import News, Watch

logger = logging.getLogger("freqtrade_bitmex_guard")

_WATCH = "_api_key_guard_watch"
_STATE = "_api_key_guard_state"
_BEFORE_RELOAD = "_api_key_guard_state_before_reload"
_UNREADABLE = (
    "config-unreadable",
    "freqtrade does not take the new config, though it can be read.",
    "Try it beside the bot: `freqtrade show-config -c CONFIG` says what is wrong. Fix it, then reload again.",
)


class Doorkeeper(Protocol):
    """Decides whether a bot may be built from a config."""

    stopped: Verdict | None

    def look_ahead(self, config: dict[str, Any]) -> None:
        """Check a config now, for a bot that is built from it afterwards.

        Raises:
            OperationalException: if none may be built.
        """
        ...


def place(bot: Any) -> None:
    """Put the watch into freqtrade's bot class. It sleeps until `watch` is called for a bot.

    Args:
        bot: the class `FreqtradeBot`.

    Raises:
        Stopped: misconfigured, if freqtrade's shape is not the one this was written for.
    """
    for name in ("process", "process_stopped"):
        if list(inspect.signature(getattr(bot, name)).parameters) != ["self"]:
            unsupported()
    if hasattr(bot, "state") or not {"RUNNING", "PAUSED", "STOPPED", "RELOAD_CONFIG"} <= set(State.__members__):
        unsupported()
    bot.process = _after_a_look(bot.process)
    bot.process_stopped = _after_a_look(bot.process_stopped)
    bot.state = property(_state, _set_state)


def place_in_worker(doorkeeper: Doorkeeper) -> None:
    """Have reloads checked before the old bot is taken down. freqtrade imports its worker after its bot.

    Args:
        doorkeeper: decides about the new config.

    Raises:
        Stopped: misconfigured, if freqtrade's shape is not the one this was written for.
    """
    module = sys.modules.get("freqtrade.worker")
    if module is None:  # somebody builds a bot without freqtrade's worker: then there is no reload either
        return
    worker: Any = module.Worker
    if getattr(worker._reconfigure, "_is_guarded", False):
        return
    shapes = {"_reconfigure": ["self"], "_init": ["self", "reconfig"]}
    if not callable(module.Configuration) or any(
        list(inspect.signature(getattr(worker, name)).parameters) != shape for name, shape in shapes.items()
    ):
        unsupported()
    worker._reconfigure = _after_a_check(worker._reconfigure, doorkeeper)


def watch(bot: Any, watching: Watch) -> None:
    """Watch a bot from now on."""
    bot.__dict__[_WATCH] = watching


def _state(bot: Any) -> Any:
    try:
        return bot.__dict__[_STATE]
    except KeyError:
        raise AttributeError("state") from None


def _set_state(bot: Any, state: Any) -> None:
    before = bot.__dict__.get(_STATE)
    if state is State.RELOAD_CONFIG and before is not State.RELOAD_CONFIG:
        bot.__dict__[_BEFORE_RELOAD] = before
    watching: Watch | None = bot.__dict__.get(_WATCH)
    if watching is not None and watching.violation is not None:
        held = State.STOPPED if watching.stops else State.PAUSED
        if state is State.RUNNING or (state is State.PAUSED and watching.stops):
            logger.warning("API key guard: not %s but %s, while the key is not fine.", state.name, held.name)
            state = held
    bot.__dict__[_STATE] = state


def _after_a_look(run: Callable[[Any], None]) -> Callable[[Any], None]:
    @functools.wraps(run)
    def looking(self: Any) -> None:
        before = self.state
        _look(self)
        if self.state is State.STOPPED and before is not State.STOPPED:
            return
        run(self)

    return looking


def _look(bot: Any) -> None:
    watching: Watch | None = bot.__dict__.get(_WATCH)
    if watching is None:
        return
    try:
        news = watching.look()
    except KeyboardInterrupt:
        raise
    except BaseException as bug:
        news = watching.give_up(internal_error(bug))
    before = bot.state
    if watching.violation is not None and (before is State.RUNNING or (before is State.PAUSED and watching.stops)):
        # In every iteration, not only once: a command may have come between the look and its outcome.
        bot.state = before
    if news is not None:
        _tell(bot, lambda: chat.fine_again() if news.is_fine else _words(news, before, stops=watching.stops))


def _words(news: News, before: State, *, stops: bool) -> str:
    held = chat.Held.STOPPED if stops else chat.Held.PAUSED
    if before is State.STOPPED:
        held = chat.Held.STOPPED_ALREADY
    return chat.violation(news.verdict, held, silent_minutes=news.silent_minutes)


def _tell(bot: Any, make: Callable[[], str]) -> None:
    """Tell the operator; whatever fails over it, the bot goes on to manage its open trades."""
    try:
        message = make()
        logger.warning("%s", message.partition("\n")[0])
        bot.notify_status(message)  # which writes the whole of it into the log
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        logger.warning("API key guard: the operator could not be told (%s).", type(problem).__name__)


def _after_a_check(reconfigure: Callable[[Any], None], doorkeeper: Doorkeeper) -> Callable[[Any], None]:
    @functools.wraps(reconfigure)
    def checking(self: Any) -> None:
        bot = self.freqtrade
        try:
            config = sys.modules["freqtrade.worker"].Configuration(self._args, None).get_config()
        except Exception:
            if _WATCH in bot.__dict__:
                _keep(bot, _unreadable(self._args))
            else:
                reconfigure(self)  # nothing is guarded: it fails as it always did
            return
        try:
            doorkeeper.look_ahead(config)
        except OperationalException:
            verdict, doorkeeper.stopped = doorkeeper.stopped, None
            _keep(bot, verdict or Verdict(findings=()))
            return
        # The very config that was checked, not what its files hold a moment later.
        self._config = config
        self._init = lambda _reconfig: type(self)._init(self, False)
        try:
            reconfigure(self)
        finally:
            del self._init

    checking._is_guarded = True  # type: ignore[attr-defined]
    return checking


def _unreadable(arguments: dict[str, Any]) -> Verdict:
    """Why freqtrade does not take the new config, as far as that can be said without quoting the file."""
    try:
        freqtrade_config.read(arguments["config"])
    except Exception as problem:
        if isinstance(problem, Stopped):
            return Verdict(findings=problem.findings)
    return Verdict(findings=(error(*_UNREADABLE),))


def _keep(bot: Any, verdict: Verdict) -> None:
    """Leave a bot as it was before a reload that was refused, but without new trades."""
    stopped = State.STOPPED in (bot.state, bot.__dict__.get(_BEFORE_RELOAD))  # it may have been stopped meanwhile
    bot.state = State.STOPPED if stopped else State.PAUSED
    watching: Watch | None = bot.__dict__.get(_WATCH)
    if watching is not None:
        watching.hurry()  # it may be the key that is not fine
    _tell(bot, lambda: chat.refused_reload(verdict, stopped=bot.state is State.STOPPED))
