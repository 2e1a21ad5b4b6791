"""The watch inside the bot's loop, moment by moment.

A class with freqtrade's three methods stands in for `FreqtradeBot`: the races between its loop and its RPC threads
cannot be timed in a real one, which `tests/processes/test_running.py` starts.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade.enums import State
from freqtrade.exceptions import OperationalException

from freqtrade_bitmex_guard.check.monitor import KeyMonitor
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import GuardError, error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin import loop_hook, reload_hook
from tests.support.factories import facts

FINE = Verdict(findings=(), facts=(facts("order"),))


BAD = Verdict(findings=(error("withdraw-permission", "it can withdraw", "make a new key"),))


class Case:
    """One bot whose key can turn bad."""

    def __init__(self, state: State = State.RUNNING, **written: Any) -> None:
        class Bot:
            def __init__(self) -> None:
                self.state = State.STOPPED
                self.state = state

            def process(self) -> None:
                case.processed += 1

            def process_stopped(self) -> None:
                pass

            def notify_status(self, message: str) -> None:
                case.told.append(message)

        case = self
        self.told: list[str] = []
        self.processed = 0
        self.now = 0.0
        self.verdict = FINE
        loop_hook.install_loop_hook(Bot)
        self.bot: Any = Bot()
        section = parse_section(written, PROFILE)
        self.watch = KeyMonitor(lambda: self.verdict, section, clock=lambda: self.now)
        loop_hook.attach_monitor(self.bot, self.watch)

    def iterate(self, minutes: float = 61) -> State:
        self.now += 60 * minutes
        before = self.bot.state
        if before in (State.RUNNING, State.PAUSED):
            self.bot.process()
        elif before is State.STOPPED:
            self.bot.process_stopped()
        state: State = self.bot.state
        return state


@pytest.mark.parametrize(
    ("state", "on_violation", "becomes", "said"),
    [
        (State.RUNNING, "pause", State.PAUSED, "The bot is paused"),
        (State.PAUSED, "pause", State.PAUSED, "The bot is paused"),
        (State.STOPPED, "pause", State.STOPPED, "The bot was stopped already"),
        (State.RUNNING, "stop", State.STOPPED, "The bot is stopped: no bot manages"),
        (State.PAUSED, "stop", State.STOPPED, "The bot is stopped: no bot manages"),
        (State.STOPPED, "stop", State.STOPPED, "The bot was stopped already"),
    ],
)
def test_what_becomes_of_a_bot_and_what_its_operator_is_told_are_the_same(
    state: State, on_violation: str, becomes: State, said: str
) -> None:
    case = Case(state, on_violation=on_violation)
    assert case.iterate() is state
    processed = case.processed
    case.verdict = BAD
    assert case.iterate() is becomes
    assert case.processed == processed + (becomes is State.PAUSED), "the iteration that stops the bot trades no more"
    (message,) = case.told
    assert said in message
    for _ in range(3):
        case.iterate()
    assert len(case.told) == 1


@pytest.mark.parametrize("command", [State.RUNNING, State.PAUSED])
def test_a_command_while_a_violation_stands_does_not_bring_a_stopped_bot_back(command: State) -> None:
    case = Case(on_violation="stop")
    case.verdict = BAD
    case.iterate()
    processed = case.processed
    case.bot.state = command
    assert case.bot.state is State.STOPPED
    assert case.iterate() is State.STOPPED
    assert case.processed == processed


def test_a_command_that_slips_in_between_is_turned_back_in_the_next_iteration() -> None:
    case = Case(State.PAUSED)
    case.verdict = BAD
    case.iterate()
    case.bot.__dict__[loop_hook._STATE] = State.RUNNING  # written by a thread that had looked before
    assert case.iterate(0) is State.PAUSED


@pytest.mark.parametrize("on_violation", ["pause", "stop"])
def test_what_an_operator_may_do_while_a_violation_stands(on_violation: str) -> None:
    case = Case(on_violation=on_violation)
    case.verdict = BAD
    case.iterate()
    for state in (State.STOPPED, State.PAUSED, State.RELOAD_CONFIG, State.STOPPED):
        case.bot.state = state
        assert case.bot.state is (State.STOPPED if (state, on_violation) == (State.PAUSED, "stop") else state)


def test_fine_again_resumes_nothing_and_lets_the_operator_resume() -> None:
    case = Case()
    case.verdict = BAD
    case.iterate()
    case.verdict = FINE
    assert case.iterate() is State.PAUSED
    assert "fine again" in case.told[1]
    case.bot.state = State.RUNNING
    assert case.iterate() is State.RUNNING
    assert len(case.told) == 2


@pytest.mark.parametrize("raised", [ZeroDivisionError, AttributeError, MemoryError, SystemExit])
def test_a_bug_in_the_watch_holds_the_bot_and_breaks_no_iteration(raised: type[BaseException]) -> None:
    def fail() -> None:
        raise raised

    case = Case()
    case.watch.poll = fail  # type: ignore[method-assign]
    assert case.iterate() is State.PAUSED
    assert case.iterate() is State.PAUSED
    assert case.processed == 2
    (message,) = case.told
    assert "internal-error" in message


@pytest.mark.parametrize("raised", [ZeroDivisionError, MemoryError, SystemExit])
@pytest.mark.parametrize("place", ["freqtrade_bitmex_guard.report.chat.violation", None])
def test_an_operator_who_cannot_be_told_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, place: str | None, raised: type[BaseException]
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise raised

    case = Case()
    if place:
        monkeypatch.setattr(place, fail)
    else:
        case.bot.notify_status = fail
    case.verdict = BAD
    assert case.iterate() is State.PAUSED


def test_a_bot_that_is_not_watched_is_as_it_was() -> None:
    case = Case()
    del case.bot.__dict__[loop_hook.MONITOR_ATTRIBUTE]
    case.verdict = BAD
    assert case.iterate() is State.RUNNING
    assert case.told == []
    with pytest.raises(AttributeError):
        object.__new__(type(case.bot)).state  # noqa: B018


@pytest.mark.parametrize(
    "changed",
    [
        {"state": State.STOPPED},
        {"process": lambda self, more: None},
        {"process_stopped": lambda self, more: None},
    ],
)
def test_another_shape_of_freqtrade_is_not_touched(changed: dict[str, Any]) -> None:
    shape: dict[str, Any] = {"process": lambda self: None, "process_stopped": lambda self: None, **changed}
    with pytest.raises(GuardError):
        loop_hook.install_loop_hook(type("Bot", (), shape))


def test_ctrl_c_is_not_kept_from_the_bot() -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    case = Case()
    case.verdict = BAD
    case.bot.notify_status = interrupted
    with pytest.raises(KeyboardInterrupt):
        case.iterate()
    case.watch._ask = interrupted
    with pytest.raises(KeyboardInterrupt):
        case.iterate()


@pytest.mark.parametrize("missing", ["RUNNING", "PAUSED", "STOPPED", "RELOAD_CONFIG"])
def test_states_that_it_does_not_know_are_not_guessed_at(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    fewer = SimpleNamespace(__members__={name: state for name, state in State.__members__.items() if name != missing})
    monkeypatch.setattr(loop_hook, "State", fewer)
    shape = {"process": lambda self: None, "process_stopped": lambda self: None}
    with pytest.raises(GuardError, match="freqtrade-unsupported"):
        loop_hook.install_loop_hook(type("Bot", (), shape))


def test_a_state_that_was_never_set_is_missing_as_it_was_before() -> None:
    bot = object.__new__(type(Case().bot))
    with pytest.raises(AttributeError, match="^state$"):
        bot.state  # noqa: B018


def test_how_long_nothing_could_be_found_out_is_told() -> None:
    case = Case(recheck_grace_minutes=90)
    case.verdict = Verdict(findings=(error("server-error", "BitMEX had an internal error", "start again later"),))
    for _ in range(3):
        case.iterate()
    (message,) = case.told
    assert message.startswith("API key guard: no check for 122 minutes. The bot is paused")


class Doorkeeper:
    def __init__(self, verdict: Verdict | None) -> None:
        self.stopped: Verdict | None = None
        self.verdict = verdict
        self.seen: list[Any] = []

    def precheck(self, config: dict[str, Any]) -> None:
        self.seen.append(config)
        if self.verdict is not None:
            self.stopped = self.verdict
            raise OperationalException("refused")


class Worker:
    arguments: dict[str, Any] = {"config": ["no-such-file.json"]}

    def __init__(self, bot: Any) -> None:
        self.freqtrade = bot
        self._args = self.arguments
        self._config: Any = "old"
        self.built: list[Any] = []

    def _init(self, reconfig: bool) -> None:
        self.built.append((reconfig, self._config))

    def _reconfigure(self) -> None:
        self._init(True)


NEW_CONFIG: dict[str, Any] = {"new": True}


def reload(
    monkeypatch: pytest.MonkeyPatch, case: Case, verdict: Verdict | None, *, load: Any = lambda: NEW_CONFIG
) -> tuple[Worker, Doorkeeper]:
    class Fresh(Worker):
        _reconfigure = Worker._reconfigure

    module = SimpleNamespace(Worker=Fresh, Configuration=lambda args, mode: SimpleNamespace(get_config=load))
    monkeypatch.setitem(sys.modules, "freqtrade.worker", module)
    doorkeeper = Doorkeeper(verdict)
    reload_hook.install_reload_hook(doorkeeper)
    worker = Fresh(case.bot)
    case.bot.state = State.RELOAD_CONFIG
    worker._reconfigure()
    return worker, doorkeeper


def test_the_config_that_was_checked_is_the_one_that_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    worker, doorkeeper = reload(monkeypatch, Case(), None)
    assert worker.built == [(False, NEW_CONFIG)]
    assert worker.built[0][1] is doorkeeper.seen[0]
    assert "_init" not in vars(worker)


@pytest.mark.parametrize(
    ("before", "after"),
    [(State.RUNNING, State.PAUSED), (State.PAUSED, State.PAUSED), (State.STOPPED, State.STOPPED)],
)
def test_a_refused_reload_builds_nothing_and_leaves_the_bot_held(
    monkeypatch: pytest.MonkeyPatch, before: State, after: State
) -> None:
    case = Case(before)
    worker, doorkeeper = reload(monkeypatch, case, BAD)
    assert worker.built == []
    assert case.bot.state is after
    assert doorkeeper.stopped is None, "the process goes on, so nothing was stopped"
    (message,) = case.told
    assert "withdraw-permission" in message


def test_a_stop_during_the_check_of_a_reload_stays_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case()

    def stopped_meanwhile() -> dict[str, Any]:
        case.bot.state = State.STOPPED
        return NEW_CONFIG

    reload(monkeypatch, case, BAD, load=stopped_meanwhile)
    assert case.bot.state is State.STOPPED
    assert "stopped, as it was" in case.told[0]


def test_a_refused_reload_does_not_bring_back_a_bot_that_is_to_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(on_violation="stop")
    case.verdict = BAD
    case.iterate()
    reload(monkeypatch, case, BAD)
    assert case.bot.state is State.STOPPED


def test_after_a_refused_reload_the_key_is_looked_at_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case()
    reload(monkeypatch, case, BAD)
    case.verdict = BAD
    case.bot.state = State.RUNNING
    assert case.iterate(0) is State.PAUSED


def test_a_config_that_cannot_be_loaded_says_why_and_leaves_a_watched_bot_held(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case()
    worker, _ = reload(monkeypatch, case, None, load=lambda: 1 / 0)
    assert worker.built == []
    assert case.bot.state is State.PAUSED
    assert "A config file was not found (no-such-file.json)" in case.told[0]


def test_a_config_that_cannot_be_loaded_is_freqtrades_own_affair_where_nothing_is_guarded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = Case()
    del case.bot.__dict__[loop_hook.MONITOR_ATTRIBUTE]
    worker, _ = reload(monkeypatch, case, None, load=lambda: 1 / 0)
    assert worker.built == [(True, "old")]


def test_a_reload_that_is_asked_for_twice_does_not_bring_a_stopped_bot_back(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(State.STOPPED)
    case.bot.state = State.RELOAD_CONFIG  # and again by `reload`
    reload(monkeypatch, case, BAD)
    assert case.bot.state is State.STOPPED


@pytest.mark.parametrize("file", ["config.json", None])
def test_a_config_that_freqtrade_alone_does_not_take_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str | None
) -> None:
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setattr(Worker, "arguments", {"config": [str(tmp_path / file)]} if file else {})
    case = Case()
    reload(monkeypatch, case, None, load=lambda: 1 / 0)
    assert "config-unreadable: freqtrade does not take the new config" in case.told[0]


def test_the_worker_is_guarded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = type("Fresh", (Worker,), {"_reconfigure": Worker._reconfigure})
    monkeypatch.setitem(sys.modules, "freqtrade.worker", SimpleNamespace(Worker=fresh, Configuration=dict))
    reload_hook.install_reload_hook(Doorkeeper(None))
    placed = vars(fresh)["_reconfigure"]
    assert placed is not Worker._reconfigure
    reload_hook.install_reload_hook(Doorkeeper(None))
    assert vars(fresh)["_reconfigure"] is placed


@pytest.mark.parametrize(
    ("configuration_class", "changed"),
    [(None, {}), (dict, {"_reconfigure": lambda self, more: None}), (dict, {"_init": lambda self: None})],
)
def test_another_shape_of_the_worker_is_not_touched(
    monkeypatch: pytest.MonkeyPatch, configuration_class: Any, changed: dict[str, Any]
) -> None:
    fresh = type("Fresh", (Worker,), {"_reconfigure": Worker._reconfigure, **changed})
    before = vars(fresh)["_reconfigure"]
    module = SimpleNamespace(Worker=fresh, Configuration=configuration_class)
    monkeypatch.setitem(sys.modules, "freqtrade.worker", module)
    with pytest.raises(GuardError):
        reload_hook.install_reload_hook(Doorkeeper(None))
    assert vars(fresh)["_reconfigure"] is before
