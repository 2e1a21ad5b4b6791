"""freqtrade does not start on an API key that can do more than trade.

This file is all that is imported at every start of the interpreter in the environment it is installed in, by the lines
in `autoload.pth` and, from Python 3.15 on, `autoload.start` (PEP 829): so it imports nothing and defines next to
nothing. It waits for freqtrade's bot module, which of freqtrade's commands only `trade` imports; `import_hook` does the
rest.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing would cost more than all the rest
    from typing import Any

__version__ = "0.1.0"
BOT_MODULE = "freqtrade.freqtradebot"


class BotModuleFinder:
    """Has freqtrade's bot module loaded with the guard around it, and leaves all others to everybody else."""

    @staticmethod
    def find_spec(name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        """The import system's question (importlib.abc.MetaPathFinder); None for every module but one."""
        if name != BOT_MODULE:
            return None
        from freqtrade_bitmex_guard.plugin import import_hook  # noqa: PLC0415 - see above

        return import_hook.find_spec(name, path, target)


def is_armed() -> bool:
    """Return whether plain `freqtrade trade` is guarded in this environment: whether its `.pth` line has run."""
    return BotModuleFinder in sys.meta_path


def arm() -> None:
    """Have the guard placed when freqtrade's bot module is imported, or now if it already is. Safe to repeat."""
    if BotModuleFinder not in sys.meta_path:
        sys.meta_path.insert(0, BotModuleFinder)
    if BOT_MODULE in sys.modules:
        from freqtrade_bitmex_guard.plugin import import_hook  # noqa: PLC0415 - see above

        import_hook.install_in(sys.modules[BOT_MODULE])
