"""Where a value of freqtrade's merged config was written: in which of its files, in which variable."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.config.files import load_file
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.redaction.paths import sanitize_path
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_PREFIX = "FREQTRADE__"


def where_written(config: Mapping[str, Any], path: Sequence[str]) -> str:
    """Return the files and variables that set a value, for a person; empty if that is not known.

    Args:
        config: freqtrade's whole, merged config; it names its files.
        path: the names that lead to the value from the top.
    """
    return " and ".join([*_files(config.get("config_files"), path), *_variables(path)])


def _files(names: object, path: Sequence[str]) -> Iterator[str]:
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
                yield sanitize_path(name)


def _variables(path: Sequence[str]) -> Iterator[str]:
    wanted = [step.casefold() for step in path]
    for name, value in sorted(os.environ.items()):
        steps = name.removeprefix(_PREFIX).casefold().split("__")
        if name.startswith(_PREFIX) and value and steps == wanted:
            yield f"the variable {sanitize(name, 200)}"
