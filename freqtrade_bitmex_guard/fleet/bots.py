"""The bots of a fleet: found by patterns, named so that a person tells them apart."""

from __future__ import annotations

import glob
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Bot:
    """One bot of a fleet.

    Attributes:
        name: that no other bot of the fleet has.
        config_files: as freqtrade's `-c` takes them, in order.
        env_file: the name of a file with its variables, beside the first config file; None for no such file.
    """

    name: str
    config_files: tuple[str, ...]
    env_file: str | None = None

    def __post_init__(self) -> None:
        if not self.config_files:
            raise ValueError("a bot without a config file")

    @property
    def label(self) -> BotLabel:
        """What reports and messages call it."""
        return BotLabel(self.name, BotLabel.of({}).host, self.config_files)

    @property
    def folder(self) -> Path:
        """The folder of the first config file."""
        return Path(self.config_files[0]).parent


def find_bots(patterns: Iterable[str], env_file: str | None = None) -> list[Bot]:
    """Return a bot for each config file that a pattern matches, in order.

    Args:
        patterns: paths, with `*`, `?`, `[…]` and `**` for any number of folders. A path without any of these is a bot,
            whether the file exists or not.
        env_file: for all of them; see `Bot`.

    Raises:
        GuardError: misconfigured, if a pattern matches nothing: a check of no bot must not look like a good one.
    """
    files: dict[str, None] = {}
    for pattern in patterns:
        matches = sorted(glob.glob(pattern, recursive=True)) if glob.has_magic(pattern) else [pattern]
        if not matches:
            fail(
                "usage",
                f"No config file matches {sanitize(pattern, 200)!r}, so no bot was checked.",
                "Correct the pattern, and write it in quotes, so that the shell leaves it alone.",
            )
        files.update(dict.fromkeys(matches))
    names = distinct_names(list(files))
    return [Bot(name, (file,), env_file) for name, file in zip(names, files, strict=True)]


def require_distinct(bots: Sequence[Bot]) -> None:
    """Fail if there is no bot, or if two have one name: a report could not tell them apart.

    Raises:
        GuardError: misconfigured.
    """
    if not bots:
        fail(
            "usage", "No bot was named, so none was checked.", "Write a pattern, 'bots/*/config.json', or --list FILE."
        )
    twice = [name for name, count in Counter(bot.name for bot in bots).items() if count > 1]
    if twice:
        fail(
            "usage",
            f"Two bots of the fleet have the name {sanitize(twice[0])!r}.",
            "Give each a name of its own, in front of a colon in the list: `name: -c config.json`.",
        )


def distinct_names(files: Sequence[str]) -> list[str]:
    """Return the shortest names by which all files differ: of their folders, of the files, or their paths."""
    paths = [Path(file) for file in files]
    kinds: tuple[Callable[[Path], str], ...] = (
        lambda path: path.absolute().parent.name,
        lambda path: path.stem,
        lambda path: f"{path.absolute().parent.name}/{path.stem}",
        str,
    )
    for kind in kinds:
        names = [sanitize(kind(path), _NAME_LENGTH) for path in paths]
        if all(names) and len(set(names)) == len(names):
            return names
    return [f"{number} {sanitize(str(path), _NAME_LENGTH)}" for number, path in enumerate(paths, 1)]
