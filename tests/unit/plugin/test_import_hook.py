"""The import of freqtrade's bot module, above all when the hooks cannot be installed in it.

The modules are made up here; tests/e2e imports freqtrade's own.
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
    """A bot class that would start."""


class Loader:
    """The loader of another finder; its module has a bot class."""

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
    """Another finder, which knows where the module is."""

    def __init__(self, loader: Loader | None) -> None:
        self.loader = loader
        self.asked: list[Any] = []

    def find_spec(self, name: str, path: Any, target: Any) -> Any:
        self.asked.append((name, path, target))
        return self.loader and importlib.machinery.ModuleSpec(name, self.loader)  # type: ignore[arg-type]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[ModuleType]:
    """The modules in which hooks would be installed; they are not freqtrade's, so none are."""
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


def test_hooks_are_installed_after_the_bot_module_is_loaded(
    monkeypatch: pytest.MonkeyPatch, installed: list[ModuleType]
) -> None:
    knows_nothing, knows = Elsewhere(None), Elsewhere(Loader(FreqtradeBot=Bot))
    module = imported(monkeypatch, object(), BotModuleFinder, knows_nothing, knows, Elsewhere(Loader()))
    assert module.FreqtradeBot is Bot
    assert installed == [module]
    assert knows_nothing.asked == knows.asked == [(BOT_MODULE, ["somewhere"], TARGET)]


def test_our_loader_passes_everything_else_to_the_modules_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [BotModuleFinder, Elsewhere(Loader())])
    assert BotModuleFinder.find_spec(BOT_MODULE).loader.note == "its own"


def test_other_modules_and_a_missing_freqtrade_are_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "meta_path", [BotModuleFinder, Elsewhere(None)])
    assert BotModuleFinder.find_spec(BOT_MODULE) is None
    monkeypatch.setattr(sys, "meta_path", [BotModuleFinder, Elsewhere(Loader())])
    assert BotModuleFinder.find_spec("freqtrade.worker") is None


def test_a_bot_module_that_was_loaded_before_gets_hooks(
    monkeypatch: pytest.MonkeyPatch, installed: list[ModuleType]
) -> None:
    module = ModuleType(BOT_MODULE)
    monkeypatch.setattr(sys, "meta_path", [])
    monkeypatch.delitem(sys.modules, BOT_MODULE, raising=False)
    freqtrade_bitmex_guard.arm()
    assert installed == []
    monkeypatch.setitem(sys.modules, BOT_MODULE, module)
    freqtrade_bitmex_guard.arm()
    assert installed == [module]
    assert sys.meta_path == [BotModuleFinder]


@pytest.mark.parametrize(
    "problem", [AttributeError, ImportError, MemoryError, RecursionError, SystemExit, GeneratorExit]
)
@pytest.mark.parametrize("content", [{"FreqtradeBot": Bot}, {"FreqtradeBot": None}, {}], ids=["bot", "none", "missing"])
def test_no_bot_starts_if_the_hooks_cannot_be_installed(
    monkeypatch: pytest.MonkeyPatch, installed: list[ModuleType], problem: type[BaseException], content: dict[str, Any]
) -> None:
    def fail(_module: ModuleType) -> None:
        raise problem("a message that may hold anything")

    monkeypatch.setattr(install, "install_hooks", fail)
    monkeypatch.setattr(Bot, "__init__", Bot.__init__)
    module = imported(monkeypatch, Elsewhere(Loader(**content)))
    with pytest.raises(OperationalException) as refused:
        module.FreqtradeBot({"dry_run": False}, odd=True)
    assert type(refused.value) is OperationalException, "the class of a refusal may be what is broken"
    assert str(refused.value) == import_hook.install_error
    assert str(refused.value).startswith(
        f"API key guard: MISCONFIGURED: {problem.__name__} while the guard was installed. "
    )
    assert "Nothing was started.\n      What to do: Reinstall the guard from its checkout: " in str(refused.value)
    assert str(refused.value).endswith(" Or uninstall freqtrade-bitmex-guard to run unguarded.")
    assert module.FreqtradeBot.__name__ in ("Bot", "FreqtradeBot")
    assert "pip install" not in str(refused.value), "no such package was ever published by us"


def of_two_pages() -> None:
    raise OurError(error("usage", "it is", "Do this."), error("key-unknown", "it is", "Do that."))


def named_like_ours() -> None:
    class GuardError(Exception):
        """Another one of that name."""

    raise GuardError("X..")


def of_ours() -> None:
    raise OurError(error("usage", "it is", "Do this."), error("usage", "X.", "Do that."))


@pytest.mark.parametrize(
    ("fail", "expected"),
    [
        (of_ours, "usage: it is; usage: X. Nothing was started.\n      What to do: Do this. Do that. Or uninstall"),
        (
            of_two_pages,
            "usage: it is; key-unknown: it is. Nothing was started.\n      What to do: Do this. Do that. Or uninstall",
        ),
        (named_like_ours, "X. Nothing was started.\n      What to do:  Or uninstall"),
    ],
)
def test_the_guards_own_findings_are_shown_with_their_page(
    monkeypatch: pytest.MonkeyPatch, installed: list[ModuleType], fail: Callable[[], None], expected: str
) -> None:
    monkeypatch.setattr(install, "install_hooks", lambda _module: fail())
    monkeypatch.setattr(Bot, "__init__", Bot.__init__)
    module = imported(monkeypatch, Elsewhere(Loader(FreqtradeBot=Bot)))
    with pytest.raises(OperationalException) as refused:
        module.FreqtradeBot({})
    assert str(refused.value).startswith(f"API key guard: MISCONFIGURED: {expected} freqtrade-bitmex-guard")
    pages = {of_ours: ["usage"], of_two_pages: ["usage", "key-unknown"]}.get(fail, [])
    helps = "".join(f"\n      Help: docs/pages/findings.md#{page}" for page in pages)
    assert str(refused.value).endswith(f" to run unguarded.{helps}")
    with pytest.raises(OperationalException):
        Bot()  # a module that imported the class before still has it
    assert Bot is module.FreqtradeBot


def test_ctrl_c_is_no_install_error(monkeypatch: pytest.MonkeyPatch, installed: list[ModuleType]) -> None:
    def interrupt(_module: ModuleType) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(install, "install_hooks", interrupt)
    with pytest.raises(KeyboardInterrupt):
        imported(monkeypatch, Elsewhere(Loader(FreqtradeBot=Bot)))
    assert import_hook.install_error is None
