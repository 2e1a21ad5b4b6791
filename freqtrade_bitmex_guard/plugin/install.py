"""Installs the hooks into freqtrade's bot module, if freqtrade has the shape that they need."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from freqtrade import main as freqtrade_main
from freqtrade.exceptions import ConfigurationError, FreqtradeException
from freqtrade.exchange import Exchange
from freqtrade.rpc import RPC

from freqtrade_bitmex_guard.plugin import loop_hook, rpc_hook, start_guard
from freqtrade_bitmex_guard.plugin.bot_hook import wrap_init, wrap_init_ccxt
from freqtrade_bitmex_guard.plugin.shape import fail_unsupported
from freqtrade_bitmex_guard.plugin.start_guard import StartRefused


def install_hooks(module: ModuleType) -> None:
    """Put this process's guard around freqtrade's bot class, once.

    Args:
        module: `freqtrade.freqtradebot`, loaded.

    Raises:
        GuardError: misconfigured, if freqtrade does not have the shape that the hooks were written for.
    """
    bot: Any = module.FreqtradeBot
    if getattr(bot.__init__, "_is_guarded", False):
        return
    _check_shape(bot)
    _check_exit_code()
    guard = start_guard.START_GUARD
    loop_hook.install_loop_hook(bot)
    rpc_hook.install_rpc_hook(module)
    rpc_hook.explain_commands(RPC)
    bot.__init__ = wrap_init(bot.__init__, guard)
    Exchange._init_ccxt = wrap_init_ccxt(Exchange._init_ccxt, guard)


def _check_shape(bot: Any) -> None:
    """Verify all that the guard needs of freqtrade's bot and exchange."""
    as_expected = (
        inspect.isclass(bot)
        and list(inspect.signature(build := bot.__init__).parameters) == ["self", "config"]
        and "load_exchange" in build.__code__.co_names
        and callable(getattr(bot, "cleanup", None))
        and list(inspect.signature(Exchange._init_ccxt).parameters)
        == ["self", "exchange_config", "sync", "ccxt_kwargs"]
        and {"_init_ccxt", "_api", "_api_async"} <= set(Exchange.__init__.__code__.co_names)
    )
    if not as_expected:
        fail_unsupported()


def _check_exit_code() -> None:
    """Verify that freqtrade ends with exit code 2 on `StartRefused`.

    Its `main` catches ConfigurationError first and ends with 0, then FreqtradeException and ends with 2.
    """
    as_expected = (
        issubclass(StartRefused, FreqtradeException)
        and not issubclass(StartRefused, ConfigurationError)
        and freqtrade_main.FreqtradeException is FreqtradeException
        and "FreqtradeException" in freqtrade_main.main.__code__.co_names
        and 2 in freqtrade_main.main.__code__.co_consts
    )
    if not as_expected:
        fail_unsupported()
