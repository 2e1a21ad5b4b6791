"""What `/start` is answered while the guard holds the bot; the answers come from freqtrade's own REST API."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from freqtrade.enums import State
from freqtrade.rpc.api_server import api_trading
from freqtrade.rpc.api_server.deps import get_rpc
from freqtrade.rpc.rpc import RPC

from freqtrade_bitmex_guard.plugin import loop_hook, rpc_hook
from tests.unit.plugin.watched_bot import BAD, GOOD, WatchedBot


@pytest.fixture
def explained(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_rpc_start", "_rpc_pause"):
        monkeypatch.setattr(RPC, name, inspect.unwrap(getattr(RPC, name)))
    rpc_hook.explain_commands(RPC)


def answer(watched: WatchedBot, command: str) -> str:
    rpc: Any = object.__new__(RPC)
    rpc._freqtrade = watched.bot
    app = FastAPI()
    app.include_router(api_trading.router)
    app.dependency_overrides = {get_rpc: lambda: rpc}
    status: str = TestClient(app).post(command).json()["status"]
    return status


@pytest.mark.parametrize("on_violation", ["pause", "stop"])
def test_start_is_answered_with_the_reason_until_the_key_passes(explained: None, on_violation: str) -> None:
    watched = WatchedBot(on_violation=on_violation)
    assert answer(watched, "/start") == "already running"
    watched.verdict = BAD
    held = watched.iterate()
    said = answer(watched, "/start")
    assert said.startswith("the watched bot on ")
    assert f"was not started and is {held.name.lower()}" in said
    assert "it can withdraw" in said
    assert "Send /start again once the guard reports that the key passes." in said
    assert watched.bot.state is held
    watched.verdict = GOOD
    watched.iterate()
    assert answer(watched, "/start") == "starting trader ..."
    assert watched.bot.state is State.RUNNING


@pytest.mark.parametrize(("on_violation", "is_explained"), [("pause", False), ("stop", True)])
def test_pause_is_explained_only_where_the_bot_is_stopped(
    explained: None, on_violation: str, is_explained: bool
) -> None:
    watched = WatchedBot(on_violation=on_violation)
    watched.verdict = BAD
    watched.iterate()
    assert ("it can withdraw" in answer(watched, "/pause")) is is_explained


def test_a_command_is_explained_once_and_a_missing_one_is_not(explained: None, monkeypatch: pytest.MonkeyPatch) -> None:
    start = RPC._rpc_start
    assert start is not inspect.unwrap(start)
    monkeypatch.delattr(RPC, "_rpc_pause")
    rpc_hook.explain_commands(RPC)
    assert RPC._rpc_start is start
    assert not hasattr(RPC, "_rpc_pause")


def test_who_asks_why_a_bot_is_held_asks_about_its_start() -> None:
    watched = WatchedBot()
    assert loop_hook.why_held(watched.bot) == ""
    watched.verdict = BAD
    watched.iterate()
    assert "it can withdraw" in loop_hook.why_held(watched.bot)


def test_a_bot_without_the_guard_is_answered_as_ever(explained: None) -> None:
    watched = WatchedBot(State.STOPPED)
    watched.bot.__dict__.pop("_api_key_guard_monitor")
    assert answer(watched, "/start") == "starting trader ..."
