"""The hooks are installed once, and only into a freqtrade of the known shape."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import pytest
from freqtrade import main as freqtrade_main
from freqtrade.exceptions import ConfigurationError, FreqtradeException
from freqtrade.exchange import Exchange
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.rpc import RPC

from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.plugin import install
from tests.unit.plugin.bot_class import BotClass

UNSUPPORTED = "freqtrade-unsupported"


def test_the_installed_freqtrade_has_the_known_shape() -> None:
    original = getattr(FreqtradeBot.__init__, "__wrapped__", FreqtradeBot.__init__)

    install._check_shape(type("Bot", (), {"__init__": original, "cleanup": FreqtradeBot.cleanup}))
    install._check_exit_code()


def load_exchange_elsewhere(self: Any, config: Any) -> None:
    """A bot that builds its exchange in another way."""


def more_arguments(self: Any, config: Any, exchange: Any) -> None:
    self.load_exchange(config)


def usual(self: Any, config: Any) -> None:
    self.load_exchange(config)


@pytest.mark.parametrize(
    "bot",
    [
        type("Bot", (), {"__init__": load_exchange_elsewhere, "cleanup": usual}),
        type("Bot", (), {"__init__": more_arguments, "cleanup": usual}),
        type("Bot", (), {"__init__": usual}),
        usual,
        None,
    ],
)
def test_another_shape_of_the_bot_is_unsupported(bot: Any) -> None:
    module = ModuleType("freqtrade.freqtradebot")
    module.FreqtradeBot = bot  # type: ignore[attr-defined]

    with pytest.raises((GuardError, AttributeError)):
        install._check_shape(bot)
    with pytest.raises((GuardError, AttributeError)):
        install.install_hooks(module)


USUAL = type("Bot", (), {"__init__": usual, "cleanup": usual})


def test_the_usual_shape_is_supported() -> None:
    install._check_shape(USUAL)


@pytest.mark.parametrize("name", ["_init_ccxt", "_api", "_api_async"])
def test_another_shape_of_the_exchange_is_unsupported(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = Exchange.__init__.__code__
    others = tuple("another" if used == name else used for used in code.co_names)
    monkeypatch.setattr(Exchange.__init__, "__code__", code.replace(co_names=others))

    with pytest.raises(GuardError, match=UNSUPPORTED):
        install._check_shape(USUAL)


def main_that_ends_otherwise() -> None:
    try:
        raise KeyError
    except FreqtradeException:
        pass


def main_that_catches_less() -> int:
    return 2


@pytest.mark.parametrize(
    ("place", "changed"),
    [
        ("freqtrade.main.main", main_that_ends_otherwise),
        ("freqtrade.main.main", main_that_catches_less),
        ("freqtrade.main.FreqtradeException", KeyError),
        ("freqtrade_bitmex_guard.plugin.install.StartRefused", ConfigurationError),
        ("freqtrade_bitmex_guard.plugin.install.StartRefused", KeyError),
    ],
)
def test_a_refusal_without_exit_code_two_is_unsupported(
    module: Any, monkeypatch: pytest.MonkeyPatch, place: str, changed: Any
) -> None:
    assert freqtrade_main.main.__code__.co_consts
    monkeypatch.setattr(place, changed)

    with pytest.raises(GuardError, match=UNSUPPORTED):
        install.install_hooks(module)


def test_installing_twice_installs_once(module: Any) -> None:
    install.install_hooks(module)
    installed = module.FreqtradeBot.__init__, module.FreqtradeBot.process, Exchange._init_ccxt
    assert all(hook is not inspect.unwrap(hook) for hook in installed)

    install.install_hooks(module)

    assert installed == (module.FreqtradeBot.__init__, module.FreqtradeBot.process, Exchange._init_ccxt)


def test_the_commands_of_the_bot_are_explained(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = inspect.unwrap(RPC._rpc_start)
    monkeypatch.setattr(RPC, "_rpc_start", plain)

    install.install_hooks(module)

    assert RPC._rpc_start is not plain
    assert inspect.unwrap(RPC._rpc_start) is plain


def test_a_bot_without_its_message_manager_is_unsupported(module: Any) -> None:
    del module.RPCManager

    with pytest.raises(GuardError, match=UNSUPPORTED):
        install.install_hooks(module)


def test_a_bot_without_cleanup_is_unsupported(module: Any) -> None:
    module.FreqtradeBot = type("Bot", (), {"__init__": BotClass.__init__})

    with pytest.raises(GuardError, match=UNSUPPORTED):
        install.install_hooks(module)
