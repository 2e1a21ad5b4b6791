"""Paths that the section names: `~` and variables are expanded, and a relative one begins in the config's folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from freqtrade_bitmex_guard.config.files import load_file
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.redaction.sanitize import resembles_secret

_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
_SHOWN_NAME = re.compile(r"[A-Z_][A-Z0-9_]{0,30}")


class SectionPath(str):
    """An absolute path.

    Attributes:
        written: what the operator wrote in its place.
    """

    written: str

    __slots__ = ("written",)

    def __new__(cls, path: str, written: str) -> SectionPath:
        """Keep both."""
        made = super().__new__(cls, path)
        made.written = written
        return made


def expand_path(written: str, config: Mapping[str, Any]) -> SectionPath:
    """Return a path as it is meant.

    Args:
        written: what the operator wrote.
        config: freqtrade's whole, merged config, which names its files.

    Raises:
        PydanticCustomError: if it names a variable or a home that is not known here.
    """
    path = os.path.expanduser(_VARIABLE.sub(_value_of, written))
    if path.startswith("~"):
        raise PydanticCustomError("path_home", "is in the home of a user who is not known on this machine")
    if not os.path.isabs(path):
        path = str(config_folder(config) / path)
    return SectionPath(os.path.abspath(path), written)


def _value_of(match: re.Match[str]) -> str:
    name = match[1] or match[2] or ""
    value = os.environ.get(name)
    if value:
        return value
    shown = name if _SHOWN_NAME.fullmatch(name) and not resembles_secret(name) else "…"
    raise PydanticCustomError("path_variable", "is a path with the variable {name}, which is not set", {"name": shown})


def config_folder(config: Mapping[str, Any]) -> Path:
    """Return the folder of the first config file that was named, or this process's if that is not known.

    Args:
        config: freqtrade's whole, merged config; it lists the files that were named in reverse, then included ones.
    """
    files = config_paths(config)
    included = {file for path in files for file in _included_by(path)}
    named = [path for path in files if path.resolve() not in included]
    return next((path.resolve().parent for path in reversed(named)), Path.cwd())


def own_folders(config: Mapping[str, Any]) -> list[Path]:
    """Return the folders that are the bot's own: those of its config files, and its user data.

    Args:
        config: freqtrade's whole, merged config.
    """
    user_data = config.get("user_data_dir") or "user_data"
    folders = [path.resolve().parent for path in config_paths(config)]
    return [*folders, Path(str(user_data)).resolve()]


def is_in_own_folder(path: Path, config: Mapping[str, Any]) -> bool:
    """Return whether a file is in a folder of the bot's own, where no secret is stored.

    A config that is in the home itself does not make all of that the bot's own.
    """
    folder, private = path.parent.resolve(), user_config_folder().resolve()
    own = [
        each
        for each in own_folders(config)
        if not (folder.is_relative_to(private) and private != each and private.is_relative_to(each))
    ]
    return any(folder.is_relative_to(each) for each in own)


def user_config_folder() -> Path:
    """Return where programs of this user keep what is theirs: `$XDG_CONFIG_HOME`, else `~/.config`."""
    written = Path(os.environ.get("XDG_CONFIG_HOME") or "")
    return written if written.is_absolute() else Path.home() / ".config"


def config_paths(config: Mapping[str, Any]) -> list[Path]:
    """Return the files of a config that are regular files."""
    files = config.get("config_files")
    names = [name for name in files if isinstance(name, str)] if isinstance(files, list) else []
    return [Path(name) for name in names if name != "-" and Path(name).is_file()]


def _included_by(path: Path) -> list[Path]:
    try:
        included = load_file(str(path)).get("add_config_files")
    except GuardError:
        return []
    names = [name for name in included if isinstance(name, str)] if isinstance(included, list) else []
    return [(path.resolve().parent / name).resolve() for name in names]


def as_written(path: str) -> str:
    """Return what the operator wrote in place of a path."""
    return path.written if isinstance(path, SectionPath) else path


def _expand(written: str, info: ValidationInfo) -> SectionPath:
    return expand_path(written, config_of(info))


def config_of(info: ValidationInfo) -> Mapping[str, Any]:
    """Return freqtrade's config, for which the section is parsed; empty if that is not known."""
    config = info.context.get("config") if isinstance(info.context, dict) else None
    return config if isinstance(config, Mapping) else {}


ConfigPath = Annotated[str, Field(min_length=1), AfterValidator(_expand)]
"""The type of a field that holds a path."""
