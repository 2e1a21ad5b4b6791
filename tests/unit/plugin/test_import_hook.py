"""What happens when freqtrade's bot module is imported, above all when the guard cannot be placed around it.

The modules are made up here; tests/processes imports freqtrade's own.
"""

from __future__ import annotations

import importlib.machinery
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from freqtrade.exceptions import OperationalException

import freqtrade_bitmex_guard
from freqtrade_bitmex_guard import BOT_MODULE, BotModuleFinder
from freqtrade_bitmex_guard.model.findings import GuardError as OurError
from freqtrade_bitmex_guard.model.findings import error
from freqtrade_bitmex_guard.plugin import import_hook, install

TARGET = ModuleType("target")


class Bot:
    """Would start, if nobody keeps it from it."""


class Loader:
    """Somebody else's: what it loads has a bot class."""

    note = "its own"

    def __init__(self, **content: Any) -> None:
        self.content = content
        self.made = ModuleType(BOT_MODULE)

    def create_module(self, spec: Any) -> ModuleType:
        assert spec.name == BOT_MODULE
        return self.made

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__.update(self.content)


class Elsewhere:
    """Somebody else's finder, which knows where the module is."""

    def __init__(self, loader: Loader | None) -> None:
        self.loader = loader
        self.asked: list[Any] = []

    def find_spec(self, name: str, path: Any, target: Any) -> Any:
        self.asked.append((name, path, target))
        return self.loader and importlib.machinery.ModuleSpec(name, self.loader)  # type: ignore[arg-type]


@pytest.fixture
def placed(monkeypatch: pytest.MonkeyPatch) -> list[ModuleType]:
    """The modules around which the guard was placed; it is not really, for they are none of freqtrade's."""
    modules: list[ModuleType] = []
    monkeypatch.setattr(install, "install_hooks", modules.append)
    monkeypatch.setattr(import_hook, "install_error", None)
    return modules


def imported(monkeypatch: pytest.MonkeyPatch, *finders: object) -> ModuleType:
    monkeypatch.setattr(sys, "meta_path", list(finders))
    spec = BotModuleFinder.find_spec(BOT_MODULE, ["somewhere"], TARGET)
    module = spec.loader.create_module(spec)
    spec.loader.exec_module(module)
    return module  # type: ignore[no-any-return]


def test_the_guard_is_placed_once_the_bot_module_is_loaded_and_not_before(
    monkeypatch: pytest.MonkeyPatch, placed: list[ModuleType]
) -> None:
    knows_nothing, knows = Elsewhere(None), Elsewhere(Loader(FreqtradeBot=Bot))
    module = imported(monkeypatch, object(), BotModuleFinder, knows_nothing, knows, Elsewhere(Loader()))
    assert module.FreqtradeBot is Bot
    assert placed == [module]
    assert knows_nothing.asked == knows.asked == [(BOT_MODULE, ["somewhere"], TARGET)]


def test_its_loader_is_the_modules_own_in_all_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [BotModuleFinder, Elsewhere(Loader())])
    assert BotModuleFinder.find_spec(BOT_MODULE).loader.note == "its own"


def test_other_modules_and_a_freqtrade_that_is_not_there_are_left_to_everybody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "meta_path", [BotModuleFinder, Elsewhere(None)])
    assert BotModuleFinder.find_spec(BOT_MODULE) is None
    monkeypatch.setattr(sys, "meta_path", [BotModuleFinder, Elsewhere(Loader())])
    assert BotModuleFinder.find_spec("freqtrade.worker") is None


def test_a_bot_module_that_is_there_already_is_guarded_when_it_is_armed(
    monkeypatch: pytest.MonkeyPatch, placed: list[ModuleType]
) -> None:
    module = ModuleType(BOT_MODULE)
    monkeypatch.setattr(sys, "meta_path", [])
    monkeypatch.delitem(sys.modules, BOT_MODULE, raising=False)
    freqtrade_bitmex_guard.arm()
    assert placed == []
    monkeypatch.setitem(sys.modules, BOT_MODULE, module)
    freqtrade_bitmex_guard.arm()
    assert placed == [module]
    assert sys.meta_path == [BotModuleFinder]


@pytest.mark.parametrize(
    "problem", [AttributeError, ImportError, MemoryError, RecursionError, SystemExit, GeneratorExit]
)
@pytest.mark.parametrize("content", [{"FreqtradeBot": Bot}, {"FreqtradeBot": None}, {}], ids=["bot", "none", "missing"])
def test_whatever_fails_while_it_is_placed_no_bot_starts(
    monkeypatch: pytest.MonkeyPatch, placed: list[ModuleType], problem: type[BaseException], content: dict[str, Any]
) -> None:
    def fail(_module: ModuleType) -> None:
        raise problem("a message that may hold anything")

    monkeypatch.setattr(install, "install_hooks", fail)
    monkeypatch.setattr(Bot, "__init__", Bot.__init__)
    module = imported(monkeypatch, Elsewhere(Loader(**content)))
    with pytest.raises(OperationalException) as refused:
        module.FreqtradeBot({"dry_run": False}, odd=True)
    assert type(refused.value) is OperationalException, "freqtrade ends with 0 on some of its heirs"
    assert str(refused.value) == import_hook.install_error
    assert str(refused.value).startswith(f"API key guard: MISCONFIGURED: {problem.__name__} while placing the guard. ")
    assert "Nothing was started.\n      What to do: Reinstall the guard from its checkout: " in str(refused.value)
    assert "pip install" not in str(refused.value), "no such package was ever published by us"


def named_like_ours() -> None:
    class GuardError(Exception):
        """Somebody else's."""

    raise GuardError("X..")


def of_ours() -> None:
    raise OurError(error("usage", "it is", "Do this."), error("usage", "X.", "Do that."))


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (of_ours, "usage: it is; usage: X. Nothing was started.\n      What to do: Do this. Do that. Or uninstall"),
        (named_like_ours, "X. Nothing was started.\n      What to do:  Or uninstall"),
    ],
)
def test_what_the_guard_itself_says_of_it_is_shown(
    monkeypatch: pytest.MonkeyPatch, placed: list[ModuleType], place: Callable[[], None], told: str
) -> None:
    monkeypatch.setattr(install, "install_hooks", lambda _module: place())
    monkeypatch.setattr(Bot, "__init__", Bot.__init__)
    module = imported(monkeypatch, Elsewhere(Loader(FreqtradeBot=Bot)))
    with pytest.raises(OperationalException) as refused:
        module.FreqtradeBot({})
    assert str(refused.value).startswith(f"API key guard: MISCONFIGURED: {told} freqtrade-bitmex-guard")
    with pytest.raises(OperationalException):
        Bot()  # whoever imported the class before has it still
    assert Bot is module.FreqtradeBot


def test_ctrl_c_is_no_reason_that_stays(monkeypatch: pytest.MonkeyPatch, placed: list[ModuleType]) -> None:
    def interrupt(_module: ModuleType) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(install, "install_hooks", interrupt)
    with pytest.raises(KeyboardInterrupt):
        imported(monkeypatch, Elsewhere(Loader(FreqtradeBot=Bot)))
    assert import_hook.install_error is None
