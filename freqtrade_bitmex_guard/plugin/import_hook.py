"""Loads freqtrade's bot module and installs the hooks; if that fails, no bot starts."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from freqtrade_bitmex_guard import BotModuleFinder

install_error: str | None = None
"""Why the hooks could not be installed, if they could not; then no bot starts in this process."""


def find_spec(name: str, path: Any, target: Any) -> Any:
    """Find freqtrade's bot module as Python would, with a loader that installs the hooks.

    Args:
        name: of the module.
        path: of the package, as the import system gives it (importlib.abc.MetaPathFinder).
        target: likewise.
    """
    for finder in sys.meta_path:
        if finder is BotModuleFinder or not hasattr(finder, "find_spec"):
            continue
        spec = finder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = _Loader(spec.loader)  # type: ignore[assignment]
            return spec
    return None


class _Loader:
    """Loads a module with its own loader, then installs the hooks."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: Any) -> Any:
        """Do what the module's own loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Do what the module's own loader does, then install the hooks."""
        self._loader.exec_module(module)
        install_in(module)


def install_in(module: ModuleType) -> None:
    """Install the hooks in freqtrade's bot module, or refuse every start of a bot."""
    try:
        from freqtrade_bitmex_guard.plugin import install  # noqa: PLC0415 - it may be what is broken

        install.install_hooks(module)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        _refuse_every_start(module, problem)


def _refuse_every_start(module: ModuleType, problem: BaseException) -> None:
    # Standard library and one freqtrade exception only: the guard's own dependencies may be what is broken.
    global install_error  # noqa: PLW0603 - one fact of the process, which the launcher reads
    from freqtrade.exceptions import OperationalException  # noqa: PLC0415

    reason = f"{type(problem).__name__} while the guard was installed"
    fix = "Reinstall the guard from its checkout: it, or what it depends on, may be broken."
    page = ""
    if type(problem).__name__ == "GuardError":
        findings = getattr(problem, "findings", ())
        reason, fix = str(problem).rstrip("."), " ".join(finding.fix for finding in findings)
        page = "".join(f"\n      Help: {path}" for path in dict.fromkeys(finding.help_path for finding in findings))
    install_error = (
        f"API key guard: MISCONFIGURED: {reason}. Nothing was started.\n"
        f"      What to do: {fix} Or uninstall freqtrade-bitmex-guard to run unguarded.{page}"
    )
    text = install_error

    def refuse(*_args: object, **_options: object) -> None:
        raise OperationalException(text)

    bot = getattr(module, "FreqtradeBot", None)
    if isinstance(bot, type):
        bot.__init__ = refuse  # type: ignore[misc]
    else:
        module.FreqtradeBot = type("FreqtradeBot", (), {"__init__": refuse})  # type: ignore[attr-defined]
