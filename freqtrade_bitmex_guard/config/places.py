"""Where a value of freqtrade's merged config was written: in which of its files, in which variable."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.config.files import load_file
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.redaction.paths import sanitize_path
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_PREFIX = "FREQTRADE__"


LineFinder = Callable[[str, Sequence[str]], int | None]
"""Returns the line of a file in which a value is written, or None."""


def where_written(
    config: Mapping[str, Any], path: Sequence[str], find_line: LineFinder = lambda _name, _path: None
) -> str:
    """Return the files and variables that set a value, for a person; empty if that is not known.

    Args:
        config: freqtrade's whole, merged config; it names its files.
        path: the names that lead to the value from the top.
        find_line: finds the line in a file; by default none is named.
    """
    return " and ".join([*_files(config.get("config_files"), path, find_line), *_variables(path)])


def _files(names: object, path: Sequence[str], find_line: LineFinder) -> Iterator[str]:
    for name in names if isinstance(names, list) else ():
        # A pipe cannot be read again, and is no place where somebody could look.
        if isinstance(name, str) and Path(name).is_file():
            try:
                value: Any = load_file(name)
            except GuardError:
                continue
            for step in path:
                value = value.get(step) if isinstance(value, dict) else None
            if value not in (None, ""):
                line = find_line(name, path)
                yield sanitize_path(name) + (f", line {line}" if line else "")


def _variables(path: Sequence[str]) -> Iterator[str]:
    wanted = [step.casefold() for step in path]
    for name, value in sorted(os.environ.items()):
        steps = name.removeprefix(_PREFIX).casefold().split("__")
        if name.startswith(_PREFIX) and value and steps == wanted:
            yield f"the variable {sanitize(name, 200)}"
