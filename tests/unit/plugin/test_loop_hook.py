"""The key monitor inside the bot's loop."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade.enums import State

from freqtrade_bitmex_guard.model.findings import GuardError, error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin import loop_hook
from tests.support.factories import BOT
from tests.unit.plugin.watched_bot import BAD, GOOD, WatchedBot


@pytest.mark.parametrize(
    ("state", "on_violation", "becomes", "said"),
    [
        (State.RUNNING, "pause", State.PAUSED, "is paused: it can withdraw\n"),
        (State.PAUSED, "pause", State.PAUSED, "is paused: it can withdraw\n"),
        (State.STOPPED, "pause", State.STOPPED, "stays stopped: it can withdraw\n"),
        (State.RUNNING, "stop", State.STOPPED, "is stopped: it can withdraw\nNo bot manages"),
        (State.PAUSED, "stop", State.STOPPED, "is stopped: it can withdraw\nNo bot manages"),
        (State.STOPPED, "stop", State.STOPPED, "stays stopped: it can withdraw\n"),
    ],
)
def test_the_operator_is_notified_of_the_bots_real_state(
    state: State, on_violation: str, becomes: State, said: str
) -> None:
    watched = WatchedBot(state, on_violation=on_violation)
    assert watched.iterate() is state
    processed = watched.processed
    watched.verdict = BAD
    assert watched.iterate() is becomes
    assert watched.processed == processed + (becomes is State.PAUSED), "the iteration that stops the bot trades no more"
    (message,) = watched.messages
    assert said in message
    for _ in range(3):
        watched.iterate()
    assert len(watched.messages) == 1


@pytest.mark.parametrize("command", [State.RUNNING, State.PAUSED])
def test_no_command_starts_a_stopped_bot_during_a_violation(command: State) -> None:
    watched = WatchedBot(on_violation="stop")
    watched.verdict = BAD
    watched.iterate()
    processed = watched.processed
    watched.bot.state = command
    assert watched.bot.state is State.STOPPED
    assert watched.iterate() is State.STOPPED
    assert watched.processed == processed


def test_a_command_between_two_polls_is_undone_by_the_next() -> None:
    watched = WatchedBot(State.PAUSED)
    watched.verdict = BAD
    watched.iterate()
    watched.bot.__dict__[loop_hook._STATE] = State.RUNNING  # written by a thread that had looked before
    assert watched.iterate(0) is State.PAUSED


@pytest.mark.parametrize("on_violation", ["pause", "stop"])
def test_an_operator_may_stop_pause_and_reload_during_a_violation(on_violation: str) -> None:
    watched = WatchedBot(on_violation=on_violation)
    watched.verdict = BAD
    watched.iterate()
    for state in (State.STOPPED, State.PAUSED, State.RELOAD_CONFIG, State.STOPPED):
        watched.bot.state = state
        assert watched.bot.state is (State.STOPPED if (state, on_violation) == (State.PAUSED, "stop") else state)


def test_a_recovered_key_resumes_nothing_and_lets_the_operator_resume() -> None:
    watched = WatchedBot()
    watched.verdict = BAD
    watched.iterate()
    watched.verdict = GOOD
    assert watched.iterate() is State.PAUSED
    assert "the key passes again" in watched.messages[1]
    watched.bot.state = State.RUNNING
    assert watched.iterate() is State.RUNNING
    assert len(watched.messages) == 2


def test_every_message_names_the_bot() -> None:
    watched = WatchedBot()
    for verdict in (BAD, GOOD, replace(BAD, bot=BOT), replace(GOOD, bot=BOT)):
        watched.verdict = verdict
        watched.iterate()
    assert [message.startswith("the watched bot on ") for message in watched.messages] == [True, True, False, False]
    assert [message.startswith(str(BOT)) for message in watched.messages] == [False, False, True, True]
    assert str(loop_hook.label_of(object(), BAD)).startswith("freqtrade on ")


def test_no_state_is_written_that_a_command_may_just_have_changed() -> None:
    watched = WatchedBot()
    written: list[State] = []

    def write(bot: Any, state: State) -> None:
        written.append(state)
        loop_hook._set_state(bot, state)

    type(watched.bot).state = property(loop_hook._get_state, write)
    assert watched.iterate() is State.RUNNING
    assert written == []
    watched.verdict = BAD
    assert watched.iterate() is State.PAUSED
    assert written == [State.RUNNING]
    assert watched.iterate() is State.PAUSED
    assert written == [State.RUNNING]


@pytest.mark.parametrize("raised", [ZeroDivisionError, AttributeError, MemoryError, SystemExit])
def test_a_bug_in_the_monitor_holds_the_bot_and_breaks_no_iteration(raised: type[BaseException]) -> None:
    def fail() -> None:
        raise raised

    watched = WatchedBot()
    watched.monitor.poll = fail  # type: ignore[method-assign]
    assert watched.iterate() is State.PAUSED
    assert watched.iterate() is State.PAUSED
    assert watched.processed == 2
    (message,) = watched.messages
    assert "internal-error" in message


@pytest.mark.parametrize("raised", [ZeroDivisionError, MemoryError, SystemExit])
@pytest.mark.parametrize("place", ["freqtrade_bitmex_guard.report.chat.violation", None])
def test_an_operator_who_cannot_be_notified_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, place: str | None, raised: type[BaseException]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise raised

    watched = WatchedBot()
    if place:
        monkeypatch.setattr(place, fail)
    else:
        watched.bot.notify_status = fail
    watched.verdict = BAD
    assert watched.iterate() is State.PAUSED


def test_a_bot_without_a_monitor_is_as_it_was() -> None:
    watched = WatchedBot()
    del watched.bot.__dict__[loop_hook.MONITOR_ATTRIBUTE]
    watched.verdict = BAD
    assert watched.iterate() is State.RUNNING
    assert watched.messages == []
    with pytest.raises(AttributeError):
        object.__new__(type(watched.bot)).state  # noqa: B018


SHAPE: dict[str, Any] = {
    "process": lambda self: None,
    "process_stopped": lambda self: None,
    "execute_entry": lambda self: True,
    "cancel_open_orders_of_trade": lambda self, trade, sides, reason, replacing=False: None,
}


@pytest.mark.parametrize(
    "changed",
    [
        {"state": State.STOPPED},
        {"process": lambda self, more: None},
        {"process_stopped": lambda self, more: None},
        {"execute_entry": None},
        {"cancel_open_orders_of_trade": None},
        {"cancel_open_orders_of_trade": lambda self, trade, reason, sides: None},
    ],
)
def test_another_shape_of_freqtrade_is_left_alone(changed: dict[str, Any]) -> None:
    loop_hook.install_loop_hook(type("Bot", (), dict(SHAPE)))
    unsupported = "The internals of the installed freqtrade have changed, so the guard cannot be installed"
    with pytest.raises(GuardError, match=f"^freqtrade-unsupported: {unsupported}"):
        loop_hook.install_loop_hook(type("Bot", (), {**SHAPE, **changed}))


def test_ctrl_c_is_not_kept_from_the_bot() -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    watched = WatchedBot()
    watched.verdict = BAD
    watched.bot.notify_status = interrupted
    with pytest.raises(KeyboardInterrupt):
        watched.iterate()
    watched.monitor._recheck = interrupted
    with pytest.raises(KeyboardInterrupt):
        watched.iterate()


@pytest.mark.parametrize("missing", ["RUNNING", "PAUSED", "STOPPED", "RELOAD_CONFIG"])
def test_a_freqtrade_with_other_states_is_unsupported(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    fewer = SimpleNamespace(__members__={name: state for name, state in State.__members__.items() if name != missing})
    monkeypatch.setattr(loop_hook, "State", fewer)
    with pytest.raises(GuardError, match="freqtrade-unsupported"):
        loop_hook.install_loop_hook(type("Bot", (), dict(SHAPE)))


def test_a_state_that_was_never_set_is_missing() -> None:
    bot = object.__new__(type(WatchedBot().bot))
    with pytest.raises(AttributeError, match="^state$"):
        bot.state  # noqa: B018


def test_the_message_says_how_long_the_exchange_was_unreachable() -> None:
    watched = WatchedBot(recheck_grace_minutes=90)
    watched.verdict = Verdict(findings=(error("server-error", "BitMEX had an internal error", "start again later"),))
    for _ in range(3):
        watched.iterate()
    (message,) = watched.messages
    assert " is paused: the key could not be checked for 122 minutes. BitMEX had" in message.partition("\n")[0]
