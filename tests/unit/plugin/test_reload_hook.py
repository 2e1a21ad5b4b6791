"""A reload is checked before the old bot is taken down."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade.enums import State

from freqtrade_bitmex_guard.model.findings import GuardError, error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin import loop_hook, reload_hook
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard, StartRefused
from freqtrade_bitmex_guard.report import chat
from tests.unit.plugin.watched_bot import BAD, WatchedBot


class PrecheckedGuard(StartGuard):
    """A guard whose precheck has a known outcome."""

    def __init__(self, verdict: Verdict | None) -> None:
        super().__init__()
        self.verdict = verdict
        self.seen: list[Any] = []

    def precheck(self, config: dict[str, Any]) -> None:
        self.seen.append(config)
        if self.verdict is not None:
            raise StartRefused(self.verdict)


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
    monkeypatch: pytest.MonkeyPatch, watched: WatchedBot, verdict: Verdict | None, *, load: Any = lambda: NEW_CONFIG
) -> tuple[Worker, PrecheckedGuard]:
    class Fresh(Worker):
        _reconfigure = Worker._reconfigure

    module = SimpleNamespace(Worker=Fresh, Configuration=lambda args, mode: SimpleNamespace(get_config=load))
    monkeypatch.setitem(sys.modules, "freqtrade.worker", module)
    guard = PrecheckedGuard(verdict)
    reload_hook.install_reload_hook(guard)
    worker = Fresh(watched.bot)
    watched.bot.state = State.RELOAD_CONFIG
    worker._reconfigure()
    return worker, guard


def test_the_bot_is_built_from_the_checked_config(monkeypatch: pytest.MonkeyPatch) -> None:
    worker, guard = reload(monkeypatch, WatchedBot(), None)
    assert worker.built == [(False, NEW_CONFIG)]
    assert worker.built[0][1] is guard.seen[0]
    assert "_init" not in vars(worker)


@pytest.mark.parametrize(
    ("before", "after"),
    [(State.RUNNING, State.PAUSED), (State.PAUSED, State.PAUSED), (State.STOPPED, State.STOPPED)],
)
def test_a_refused_reload_builds_nothing_and_holds_the_bot(
    monkeypatch: pytest.MonkeyPatch, before: State, after: State
) -> None:
    watched = WatchedBot(before)
    worker, guard = reload(monkeypatch, watched, BAD)
    assert worker.built == []
    assert watched.bot.state is after
    assert guard.last_refusal is None, "the process goes on, so no bot was refused"
    (message,) = watched.messages
    assert "withdraw-permission" in message


@pytest.mark.parametrize(("before", "said"), [(State.RUNNING, True), (State.PAUSED, True), (State.STOPPED, False)])
def test_a_refused_reload_cancels_the_entries_of_a_bot_that_runs(
    monkeypatch: pytest.MonkeyPatch, before: State, said: bool
) -> None:
    watched = WatchedBot(before)

    def cancel(bot: Any) -> chat.Entries:
        assert bot is watched.bot
        return chat.Entries(cancelled=("BTC/USDT",))

    monkeypatch.setattr(reload_hook, "cancel_open_entries", cancel)
    reload(monkeypatch, watched, BAD)
    (message,) = watched.messages
    assert message.startswith("the watched bot on ")
    assert ("Its open entries were cancelled: BTC/USDT." in message) is said


def test_a_stop_during_the_check_of_a_reload_stays_a_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = WatchedBot()

    def stopped_meanwhile() -> dict[str, Any]:
        watched.bot.state = State.STOPPED
        return NEW_CONFIG

    reload(monkeypatch, watched, BAD, load=stopped_meanwhile)
    assert watched.bot.state is State.STOPPED
    assert "stopped, as it was" in watched.messages[0]


def test_a_refused_reload_does_not_revive_a_stopped_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = WatchedBot(on_violation="stop")
    watched.verdict = BAD
    watched.iterate()
    reload(monkeypatch, watched, BAD)
    assert watched.bot.state is State.STOPPED


def test_after_a_refused_reload_the_key_is_checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = WatchedBot()
    reload(monkeypatch, watched, BAD)
    watched.verdict = BAD
    watched.bot.state = State.RUNNING
    assert watched.iterate(0) is State.PAUSED


def test_a_refused_reload_sends_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = WatchedBot()
    watched.verdict = BAD
    reload(monkeypatch, watched, BAD)
    watched.iterate(0)
    assert len(watched.messages) == 1
    assert watched.monitor.violation is BAD
    watched.bot.state = State.RUNNING
    assert watched.bot.state is State.PAUSED


def test_after_a_refused_reload_another_fault_of_the_key_is_news(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = WatchedBot()
    watched.verdict = Verdict(findings=(error("ip-unrestricted", "from anywhere", "limit it"),))
    reload(monkeypatch, watched, BAD)
    watched.iterate(0)
    assert len(watched.messages) == 2


def test_an_unreadable_config_holds_a_guarded_bot_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = WatchedBot()
    worker, _ = reload(monkeypatch, watched, None, load=lambda: 1 / 0)
    assert worker.built == []
    assert watched.bot.state is State.PAUSED
    assert "A config file was not found (no-such-file.json)" in watched.messages[0]


def test_an_unreadable_config_of_an_unguarded_bot_is_left_to_freqtrade(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = WatchedBot()
    del watched.bot.__dict__[loop_hook.MONITOR_ATTRIBUTE]
    worker, _ = reload(monkeypatch, watched, None, load=lambda: 1 / 0)
    assert worker.built == [(True, "old")]


def test_two_reloads_in_a_row_do_not_revive_a_stopped_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = WatchedBot(State.STOPPED)
    watched.bot.state = State.RELOAD_CONFIG  # and again by `reload`
    reload(monkeypatch, watched, BAD)
    assert watched.bot.state is State.STOPPED


@pytest.mark.parametrize("file", ["config.json", None])
def test_a_config_that_only_freqtrade_rejects_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: str | None
) -> None:
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setattr(Worker, "arguments", {"config": [str(tmp_path / file)]} if file else {})
    watched = WatchedBot()
    reload(monkeypatch, watched, None, load=lambda: 1 / 0)
    assert "did not load the new config: freqtrade does not accept the new config" in watched.messages[0]


def test_the_worker_gets_its_hook_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = type("Fresh", (Worker,), {"_reconfigure": Worker._reconfigure})
    monkeypatch.setitem(sys.modules, "freqtrade.worker", SimpleNamespace(Worker=fresh, Configuration=dict))
    reload_hook.install_reload_hook(PrecheckedGuard(None))
    placed = vars(fresh)["_reconfigure"]
    assert placed is not Worker._reconfigure
    reload_hook.install_reload_hook(PrecheckedGuard(None))
    assert vars(fresh)["_reconfigure"] is placed


@pytest.mark.parametrize(
    ("configuration_class", "changed"),
    [(None, {}), (dict, {"_reconfigure": lambda self, more: None}), (dict, {"_init": lambda self: None})],
)
def test_another_shape_of_the_worker_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, configuration_class: Any, changed: dict[str, Any]
) -> None:
    fresh = type("Fresh", (Worker,), {"_reconfigure": Worker._reconfigure, **changed})
    before = vars(fresh)["_reconfigure"]
    module = SimpleNamespace(Worker=fresh, Configuration=configuration_class)
    monkeypatch.setitem(sys.modules, "freqtrade.worker", module)
    with pytest.raises(GuardError):
        reload_hook.install_reload_hook(PrecheckedGuard(None))
    assert vars(fresh)["_reconfigure"] is before
