"""Large packages of which the preflight needs one or two modules, imported without the rest.

ccxt imports a hundred exchanges, and freqtrade's config reader stands beside what needs pandas: nine tenths of a check
would be imports that it does not use. What it does use is ccxt's and freqtrade's own, unchanged.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
from contextlib import ExitStack, suppress
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

_LARGE_PACKAGES = ("pandas", "ccxt", "freqtrade.configuration")


_CHARSETS = "charset_normalizer"


_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"


_after_imports = ExitStack()


class _LazyPackage(ModuleType):
    """A package whose own file has not run yet: its modules can be imported; asked for anything else, it runs."""

    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        if spec is None or spec.loader is None:
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec.loader.exec_module(self)
        return getattr(self, name)


def install() -> None:
    """Leave the large packages unopened until something in them is needed. For a process that starts no bot."""
    _pause_garbage_collector()
    _skip_pydantic_plugins()
    left = [name for name in _LARGE_PACKAGES if name not in sys.modules]
    for name in left:
        _install_lazily(name)
    _install_charset_normalizer_lazily()
    if "pandas" in left:
        # freqtrade.misc, which merges configs, writes this name in annotations.
        pandas: Any = sys.modules["pandas"]
        pandas.DataFrame = Any
        importlib.import_module("freqtrade.misc")
        del pandas.DataFrame


def _install_lazily(name: str) -> ModuleType | None:
    spec = find_spec(name)
    if spec is None:
        return None
    package = module_from_spec(spec)
    package.__class__ = _LazyPackage
    sys.modules[name] = package
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, package)
    return package


def _install_charset_normalizer_lazily() -> None:
    """Leave unopened what guesses the encoding of texts. requests imports it to look at its version."""
    if "requests" in sys.modules or _CHARSETS in sys.modules:
        return
    package: Any = _install_lazily(_CHARSETS)
    with suppress(ImportError, AttributeError):  # then it is opened, as always
        package.__version__ = importlib.import_module(f"{_CHARSETS}.version").__version__


def _pause_garbage_collector() -> None:
    """Keep the garbage collector from looking through what imports make, again and again: they make no garbage."""
    gc.disable()
    _after_imports.callback(gc.enable)
    _after_imports.callback(gc.freeze)
    atexit.register(gc.freeze)  # at the end the system takes all memory back, looked through or not


def _skip_pydantic_plugins() -> None:
    """Keep pydantic from reading the metadata of all installed packages to find plugins, and from running any."""
    if _PLUGINS not in os.environ:
        os.environ[_PLUGINS] = "__all__"
        # Programs that print credentials must not inherit it.
        _after_imports.callback(os.environ.pop, _PLUGINS, None)


def end_import_phase() -> None:
    """Undo what `prepare` did for the time of the imports, if it did. For when they are done."""
    _after_imports.close()


def import_from(package: str, module: str) -> Any:
    """What a module of an unopened package holds under its own name, as `ccxt.kraken.kraken`.

    Returns:
        None if the package is open, or has no such module: then it must be asked itself.
    """
    if not isinstance(sys.modules.get(package), _LazyPackage):
        return None
    try:
        return getattr(importlib.import_module(f"{package}.{module}"), module, None)
    except ModuleNotFoundError:
        return None
