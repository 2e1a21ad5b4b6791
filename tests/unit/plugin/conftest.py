"""A guard of the test's own, and a bot module that it can be installed in."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from freqtrade.exchange import Exchange

from freqtrade_bitmex_guard.plugin import start_guard
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard
from tests.unit.plugin.bot_class import BotClass, MessageManager


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch) -> StartGuard:
    """A fresh guard, which `install_hooks` uses."""
    guard = StartGuard()
    monkeypatch.setattr(start_guard, "START_GUARD", guard)
    return guard


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Freqtrade's bot module with a bot class of the test's own; no hook is installed yet."""
    monkeypatch.setattr(Exchange, "_init_ccxt", inspect.unwrap(Exchange._init_ccxt))
    module: Any = ModuleType("freqtrade.freqtradebot")
    module.RPCManager = type("RPCManager", (MessageManager,), {"__init__": MessageManager.__init__})
    members = {"__init__": BotClass.__init__, "message_manager": module.RPCManager}
    module.FreqtradeBot = type("FreqtradeBot", (BotClass,), members)
    yield module
    gc.collect()
