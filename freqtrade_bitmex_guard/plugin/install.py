"""Installs the hooks into freqtrade's bot module."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

from freqtrade.exceptions import FreqtradeException, OperationalException
from freqtrade.exchange import Exchange

from freqtrade_bitmex_guard.plugin import loop_hook, rpc_hook
from freqtrade_bitmex_guard.plugin.bot_hook import wrap_init, wrap_init_ccxt
from freqtrade_bitmex_guard.plugin.shape import fail_unsupported


def install_hooks(module: ModuleType) -> None:
    """Put the guard around freqtrade's bot class, once.

    Args:
        module: `freqtrade.freqtradebot`, loaded.

    Raises:
        GuardError: misconfigured, if freqtrade's shape is not the one this was written for.
    """
    bot: Any = module.FreqtradeBot
    if getattr(bot.__init__, "_is_guarded", False):
        return
    _check_shape(bot)
    loop_hook.install_loop_hook(bot)
    rpc_hook.install_rpc_hook(module)
    bot.__init__ = wrap_init(bot.__init__)
    Exchange._init_ccxt = wrap_init_ccxt(Exchange._init_ccxt)


def _check_shape(bot: Any) -> None:
    """Everything of freqtrade's internals that the guard stands on."""
    as_expected = (
        inspect.isclass(bot)
        and list(inspect.signature(build := bot.__init__).parameters) == ["self", "config"]
        and "load_exchange" in build.__code__.co_names
        and callable(getattr(bot, "cleanup", None))
        and list(inspect.signature(Exchange._init_ccxt).parameters)
        == ["self", "exchange_config", "sync", "ccxt_kwargs"]
        and {"_init_ccxt", "_api", "_api_async"} <= set(Exchange.__init__.__code__.co_names)
        and issubclass(OperationalException, FreqtradeException)
    )
    if not as_expected:
        fail_unsupported()
