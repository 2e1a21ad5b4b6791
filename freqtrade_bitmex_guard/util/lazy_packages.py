"""Import of one module of a large package without the rest of the package.

ccxt imports a hundred exchanges, and freqtrade's config reader is in a package that imports pandas: nine tenths of a
check would be imports that it does not use. The modules that it does use are ccxt's and freqtrade's own, unchanged.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

_LARGE_PACKAGES = ("pandas", "ccxt", "freqtrade.configuration")
_CHARSETS = "charset_normalizer"
_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"

_after_imports = ExitStack()


class _LazyPackage(ModuleType):
    """A package whose `__init__.py` has not run yet.

    Its modules can be imported. The first access to a missing attribute runs the file, as an import would have.
    """

    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        if spec is None or spec.loader is None:
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec.loader.exec_module(self)
        return getattr(self, name)


def install(packages: Sequence[str] = _LARGE_PACKAGES) -> None:
    """Delay the import of the large packages until something in them is needed.

    Only for a process that starts no bot.

    Args:
        packages: which of them the process uses at all.
    """
    _pause_garbage_collector()
    _skip_pydantic_plugins()
    delayed = [name for name in packages if name not in sys.modules]
    for name in delayed:
        _install_lazily(name)
    _install_charset_normalizer_lazily()
    if "pandas" in delayed:
        # freqtrade.misc, which merges configs, uses this name in annotations.
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
    """Delay the import of the package that guesses encodings; requests imports it only to read its version."""
    if "requests" in sys.modules or _CHARSETS in sys.modules:
        return
    package: Any = _install_lazily(_CHARSETS)
    with suppress(ImportError, AttributeError):  # then requests imports it whole, as always
        package.__version__ = importlib.import_module(f"{_CHARSETS}.version").__version__


def _pause_garbage_collector() -> None:
    """Switch the garbage collector off while modules are imported: imports make many objects and no garbage."""
    gc.disable()
    _after_imports.callback(gc.enable)
    _after_imports.callback(gc.freeze)
    atexit.register(gc.freeze)  # at the end the system takes the memory back without a collection


def _skip_pydantic_plugins() -> None:
    """Keep pydantic from searching the metadata of all installed packages for plugins, and from running any."""
    if _PLUGINS not in os.environ:
        os.environ[_PLUGINS] = "__all__"
        # Programs that print credentials must not inherit it.
        _after_imports.callback(os.environ.pop, _PLUGINS, None)


def end_import_phase() -> None:
    """Undo what `install` did for the time of the imports, if it was called. Call it when they are done."""
    _after_imports.close()


def import_from(package: str, module: str) -> Any:
    """Return a module's member of the module's own name, as `ccxt.kraken.kraken`, without importing the package.

    Returns:
        None if the package is imported already, or has no such module: then look in the package itself.
    """
    if not isinstance(sys.modules.get(package), _LazyPackage):
        return None
    try:
        return getattr(importlib.import_module(f"{package}.{module}"), module, None)
    except ModuleNotFoundError:
        return None
