"""Which bot a message is about, so that it can be read alone: among many bots, at night, on a phone."""

from __future__ import annotations

import shlex
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.redaction.sanitize import sanitize

# Together with the cause they must fit into the first line of a notification.
_MAX_NAME = 30
_MAX_HOST = 24

_PLACEHOLDER = "-c CONFIG"


@dataclass(frozen=True, slots=True)
class BotLabel:
    """The bot's name and its place.

    Attributes:
        name: as the config has it, safe to show.
        host: the machine's name, without its domain, safe to show.
        config_files: as they were named with `-c`; empty if that is unknown.
    """

    name: str
    host: str
    config_files: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: Mapping[str, Any], files: Sequence[str] | None = None) -> BotLabel:
        """Return the label of a bot.

        Args:
            config: freqtrade's merged config; an empty one if it cannot be read.
            files: the config files as they were named; by default those that freqtrade says it has read.
        """
        name = sanitize(str(config.get("bot_name") or "freqtrade"), _MAX_NAME)
        host = sanitize(socket.gethostname().partition(".")[0] or "localhost", _MAX_HOST)
        named = _named_files(config) if files is None else files
        return cls(name, host, tuple(file for file in named if file != "-" and file.isprintable()))

    def __str__(self) -> str:
        """Return name and host, as a message begins."""
        return f"{self.name} on {self.host}"

    def fill_in(self, text: str) -> str:
        """Return a text whose commands name this bot's config files, ready to paste into a shell."""
        if not self.config_files:
            return text
        return text.replace(_PLACEHOLDER, " ".join(f"-c {shlex.quote(file)}" for file in self.config_files))


def _named_files(config: Mapping[str, Any]) -> list[str]:
    """Return the files that were named, in their order.

    freqtrade (configuration/load_config.py) lists the last one first, and behind them, as absolute paths, those that
    they include.
    """
    files, included = config.get("config_files"), config.get("add_config_files")
    if not isinstance(files, list):
        return []
    names = [Path(str(name)) for name in included] if isinstance(included, list) else []
    paths = [Path(str(file)) for file in files]
    return [str(path) for path in reversed(paths) if not (path.is_absolute() and _ends_with_one(path, names))]


def _ends_with_one(path: Path, names: Sequence[Path]) -> bool:
    return any(path.name == name.name for name in names)
