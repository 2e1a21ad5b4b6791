"""freqtrade's config as freqtrade itself reads it, without its side effects."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_SYNTAX = re.compile(r"Parse error at offset (\d+): ([A-Za-z ,'\"]{1,100})")


_MAX_DEPTH = 6  # as many files inside each other as freqtrade takes


def read_config(files: list[str]) -> dict[str, Any]:
    """The same, of config files that are known already.

    Args:
        files: their paths, as freqtrade parsed them.

    Raises:
        GuardError: misconfigured, if the config cannot be read.
    """
    from freqtrade.configuration.environment_vars import environment_vars_to_dict  # noqa: PLC0415
    from freqtrade.configuration.load_config import load_from_files  # noqa: PLC0415
    from freqtrade.exceptions import ConfigurationError, OperationalException  # noqa: PLC0415
    from freqtrade.misc import deep_merge_dicts  # noqa: PLC0415

    names = ", ".join(sanitize(str(file), 200) for file in files)
    try:
        config: dict[str, Any] = deep_merge_dicts(environment_vars_to_dict(), load_from_files(files))
    except ConfigurationError as problem:
        # freqtrade quotes 80 characters of the file around the error, which may be a secret.
        wrong = _SYNTAX.match(str(problem))
        what = "it is not JSON, or its files include each other"
        if wrong:
            what = f"{wrong[2].rstrip('. ')}, {_position(_first_unparsable(files), int(wrong[1]))}"
        # At the very start it mostly is an invisible mark that some editors write.
        fix = "Save it without a byte order mark." if wrong and wrong[1] == "0" else "Fix the file there."
        fail("config-unreadable", f"The config cannot be read ({names}): {what}.", fix)
    except OperationalException:
        fail("config-unreadable", f"A config file was not found ({names}).", "Name the bot's config: -c config.json")
    except Exception as problem:
        fail(
            "config-unreadable",
            f"The config cannot be read ({names}): {type(problem).__name__}.",
            "It must be one JSON object in UTF-8, and sections must be objects in every file and variable.",
        )
    return config


def _first_unparsable(files: list[str], folder: Path = Path(), depth: int = 0) -> Path | None:
    """The first file that is not JSON, in the order in which freqtrade reads them, included ones too."""
    for path in (folder / file for file in files):
        try:
            included = load_file(str(path)).get("add_config_files") or []
        except GuardError:
            return path
        if depth < _MAX_DEPTH and (inside := _first_unparsable(included, path.resolve().parent, depth + 1)):
            return inside
    return None


def _position(path: Path | None, offset: int) -> str:
    """Where a syntax error stands, for a person; nothing of the file is shown.

    Args:
        path: the file, if it is known.
        offset: in bytes, with each end of a line as one.
    """
    try:
        text = path.read_text(encoding="utf-8") if path else None
    except (OSError, UnicodeDecodeError):
        text = None
    if text is None:
        return f"at offset {offset}"
    before = text.encode()[:offset].decode(errors="ignore")
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    return f"at line {line}, column {column} of {sanitize(str(path), 200)}"


def load_file(file: str) -> dict[str, Any]:
    """What one file says, without those that it includes (freqtrade/configuration/load_config.py, load_file).

    Args:
        file: its path.

    Raises:
        GuardError: misconfigured, if freqtrade does not read it as an object.
    """
    from freqtrade.configuration.load_config import load_file  # noqa: PLC0415

    try:
        said: Any = load_file(Path(file))
    except Exception:  # its text may be a secret
        said = None
    if not isinstance(said, dict):
        name = sanitize(file, 200)
        fail("config-unreadable", f"freqtrade does not read {name} as one JSON object.", "Fix the file.")
    return said


def environment_overrides() -> dict[str, Any]:
    """What the process's `FREQTRADE__…` variables say, as freqtrade reads them."""
    from freqtrade.configuration.environment_vars import environment_vars_to_dict  # noqa: PLC0415

    said: dict[str, Any] = environment_vars_to_dict()
    return said
