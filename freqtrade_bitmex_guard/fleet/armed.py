"""Whether plain `freqtrade trade` in an environment loads the guard."""

from __future__ import annotations

import sys
from pathlib import Path

import freqtrade_bitmex_guard

_LINE = "freqtrade_bitmex_guard.pth"
_OWN_FOLDERS = (".venv", "venv", ".env")


def environment_of(folder: Path) -> Path:
    """Return the environment that a bot is started in: the one in its folder, or else this process's own."""
    own = (folder / name for name in _OWN_FOLDERS)
    return next((path for path in own if (path / "pyvenv.cfg").is_file()), Path(sys.prefix))


def is_armed(environment: Path) -> bool:
    """Return whether the line that arms the guard runs at every interpreter start there.

    Args:
        environment: the folder of a virtual environment, or the prefix of this process.
    """
    if environment == Path(sys.prefix):
        return freqtrade_bitmex_guard.is_armed()
    folders = (*environment.glob("lib/python*/site-packages"), environment / "Lib" / "site-packages")
    return any((folder / _LINE).is_file() for folder in folders)
