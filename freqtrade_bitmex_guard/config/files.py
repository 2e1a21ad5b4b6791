"""Reads freqtrade's config as freqtrade does, without its side effects."""

from __future__ import annotations

import re
import stat
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.config.formats import describe_format
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.redaction.paths import sanitize_path

_SYNTAX = re.compile(r"Parse error at offset (\d+): ([A-Za-z ,'\"]{1,100})")
_MAX_DEPTH = 6  # how deep freqtrade lets files include each other


def read_config(files: list[str]) -> dict[str, Any]:
    """Read files and variables, merged as `freqtrade trade` does (freqtrade/configuration/configuration.py).

    Nothing is written, no folder or log file is opened, and no file's content is ever shown.

    Args:
        files: the paths of the config files, as freqtrade takes them.

    Raises:
        GuardError: misconfigured, if the config cannot be read.
    """
    from freqtrade.configuration.environment_vars import environment_vars_to_dict  # noqa: PLC0415
    from freqtrade.configuration.load_config import load_from_files  # noqa: PLC0415
    from freqtrade.exceptions import ConfigurationError, OperationalException  # noqa: PLC0415
    from freqtrade.misc import deep_merge_dicts  # noqa: PLC0415

    names = ", ".join(sanitize_path(file) for file in files)
    try:
        config: dict[str, Any] = deep_merge_dicts(environment_vars_to_dict(), load_from_files(files))
    except ConfigurationError as problem:
        # freqtrade quotes 80 characters of the file around the error, which may be a secret.
        syntax_error = _SYNTAX.match(str(problem))
        unparsable = _first_unparsable(files)
        described, fix = describe_format(unparsable) or ("", "Fix the file there.")
        reason = described or "it is not JSON, or its files include each other"
        if syntax_error:
            position = _position(unparsable, int(syntax_error[1]))
            reason = f"{described and f'{described}: '}{syntax_error[2].rstrip('. ')}, {position}"
        elif described:
            reason = f"{described}: {sanitize_path(unparsable)}"
        fail("config-unreadable", f"The config cannot be read ({names}): {reason}.", fix)
    except OperationalException:
        fail("config-unreadable", f"A config file was not found ({names}).", "Name the bot's config: -c config.json")
    except Exception as problem:
        unparsable = _first_unparsable(files)
        if known := describe_format(unparsable):
            where = sanitize_path(unparsable)
            fail("config-unreadable", f"The config cannot be read ({names}): {known[0]}: {where}.", known[1])
        fail(
            "config-unreadable",
            f"The config cannot be read ({names}): {type(problem).__name__}.",
            "It must be one JSON object in UTF-8, and sections must be objects in every file and variable.",
        )
    return config


def can_be_read_twice(files: Iterable[str], folder: Path = Path(), depth: int = 0) -> bool:
    """Return whether config files, and those that they include, are still whole after they were read once.

    A pipe, a socket, a terminal and standard input are not. Nothing of that kind is opened here.

    Args:
        files: the paths of the config files, as freqtrade takes them.
        folder: that relative paths begin in.
        depth: how many files include these.
    """
    paths = [folder / file for file in files if isinstance(file, str)]
    return "-" not in files and all(_stays_whole(path) and _includes_stay_whole(path, depth) for path in paths)


def _stays_whole(path: Path) -> bool:
    try:
        mode = path.stat().st_mode
    except OSError:
        return True  # who reads it finds out
    # Elsewhere a name such as /dev/fd/3 continues where the last reader stopped.
    is_descriptor = sys.platform != "linux" and any(part.is_relative_to("/dev") for part in (path, path.resolve()))
    return (stat.S_ISREG(mode) and not is_descriptor) or stat.S_ISDIR(mode)


def _includes_stay_whole(path: Path, depth: int) -> bool:
    try:
        included = _parse(path).get("add_config_files")
    except GuardError:
        return True
    if not isinstance(included, list) or depth >= _MAX_DEPTH:
        return True
    return can_be_read_twice(included, path.resolve().parent, depth + 1)


def _first_unparsable(files: list[str], folder: Path = Path(), depth: int = 0) -> Path | None:
    """Return the first file that is not JSON, in freqtrade's order, included ones too."""
    for path in (folder / file for file in files):
        if not _stays_whole(path):
            return None  # it would hang, or find nothing
        try:
            included = _parse(path).get("add_config_files") or []
        except GuardError:
            return path
        if depth < _MAX_DEPTH and (inside := _first_unparsable(included, path.resolve().parent, depth + 1)):
            return inside
    return None


def _position(path: Path | None, offset: int) -> str:
    """Describe the position of a syntax error, and show nothing of the file.

    Args:
        path: the file, if it is known.
        offset: in bytes, with each line end as one.
    """
    try:
        text = path.read_text(encoding="utf-8") if path else None
    except (OSError, UnicodeDecodeError):
        text = None
    if text is None:
        return f"at offset {offset}"
    before = text.encode()[:offset].decode(errors="ignore")
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    return f"at line {line}, column {column} of {sanitize_path(path)}"


def load_file(file: str) -> dict[str, Any]:
    """Read one file without those that it includes (freqtrade/configuration/load_config.py, load_file).

    Args:
        file: its path.

    Raises:
        GuardError: misconfigured, if freqtrade does not read it as an object, or it is no file.
    """
    if not _stays_whole(Path(file)):
        name = sanitize_path(file)
        fail("config-unreadable", f"{name} is a pipe or a device, and a file is needed here.", "Name a file.")
    return _parse(Path(file))


def _parse(path: Path) -> dict[str, Any]:
    from freqtrade.configuration.load_config import load_file  # noqa: PLC0415

    try:
        content: Any = load_file(path)
    except Exception:  # its text may be a secret
        content = None
    if not isinstance(content, dict):
        name = sanitize_path(path)
        fail("config-unreadable", f"freqtrade does not read {name} as one JSON object.", "Fix the file.")
    return content


def environment_overrides() -> dict[str, Any]:
    """Return what the process's `FREQTRADE__…` variables set, as freqtrade reads them."""
    from freqtrade.configuration.environment_vars import environment_vars_to_dict  # noqa: PLC0415

    overrides: dict[str, Any] = environment_vars_to_dict()
    return overrides
