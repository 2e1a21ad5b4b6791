"""freqtrade's config as freqtrade itself reads it, without any of the things that it does on the way."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.findings import stop
from freqtrade_bitmex_guard.redaction import harmless

_SYNTAX = re.compile(r"Parse error at offset \d+: [A-Za-z ,'\"]{1,100}")


def parse(arguments: list[str]) -> dict[str, Any]:
    """The arguments of `freqtrade trade`, as freqtrade parses them.

    Args:
        arguments: what stands behind `trade`.

    Raises:
        Stopped: misconfigured, if freqtrade does not know them.
        SystemExit: with code 0, after freqtrade's help was printed.
    """
    # Imported here, as below: a second of imports, which only a check needs.
    from freqtrade.commands.arguments import Arguments  # noqa: PLC0415

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            parsed: dict[str, Any] = Arguments(["trade", *arguments]).get_parsed_arg()
    except SystemExit as end:
        if not end.code:
            raise
        complaint = said.getvalue().strip().rpartition("error: ")[2]
        stop(
            "usage",
            f"freqtrade does not take these arguments: {harmless(complaint, 200)}.",
            "See `freqtrade trade --help` and `freqtrade-bitmex-guard --help`.",
        )
    return parsed


def load(arguments: list[str]) -> dict[str, Any]:
    """Files and variables, merged as `freqtrade trade` does (freqtrade/configuration/configuration.py, load_config).

    Nothing is written, no folder or log file is opened, and no file's content is ever shown.

    Args:
        arguments: what stands behind `freqtrade trade`.

    Raises:
        Stopped: misconfigured, if the arguments are wrong or the config cannot be read.
    """
    return read(parse(arguments)["config"])


def user_data_dir(arguments: list[str], config: Mapping[str, Any]) -> Path:
    """The bot's user-data folder, as freqtrade finds it; it need not exist.

    Args:
        arguments: what stands behind `freqtrade trade`.
        config: the merged config.
    """
    return Path(parse(arguments).get("user_data_dir") or config.get("user_data_dir") or Path.cwd() / "user_data")


def read(files: list[str]) -> dict[str, Any]:
    """The same, of config files that are known already.

    Args:
        files: their paths, as freqtrade parsed them.

    Raises:
        Stopped: misconfigured, if the config cannot be read.
    """
    from freqtrade.configuration.environment_vars import environment_vars_to_dict  # noqa: PLC0415
    from freqtrade.configuration.load_config import load_from_files  # noqa: PLC0415
    from freqtrade.exceptions import ConfigurationError, OperationalException  # noqa: PLC0415
    from freqtrade.misc import deep_merge_dicts  # noqa: PLC0415

    names = ", ".join(harmless(str(file), 200) for file in files)
    try:
        config: dict[str, Any] = deep_merge_dicts(environment_vars_to_dict(), load_from_files(files))
    except ConfigurationError as problem:
        # freqtrade quotes 80 characters of the file around the error, which may be a secret.
        where = _SYNTAX.match(str(problem))
        what = where[0] if where else "it is not JSON, or its files include each other"
        # At the very start it mostly is an invisible mark that some editors write.
        fix = "Save it without a byte order mark." if " offset 0:" in what else "Mend the file there."
        stop("config-unreadable", f"The config cannot be read ({names}): {what}.", fix)
    except OperationalException:
        stop("config-unreadable", f"A config file was not found ({names}).", "Name the bot's config: -c config.json")
    except Exception as problem:
        stop(
            "config-unreadable",
            f"The config cannot be read ({names}): {type(problem).__name__}.",
            "It must be one JSON object in UTF-8, and sections must be objects in every file and variable.",
        )
    return config


def meaning(file: str) -> dict[str, Any]:
    """What one file says, without those that it includes (freqtrade/configuration/load_config.py, load_file).

    Args:
        file: its path.

    Raises:
        Stopped: misconfigured, if freqtrade does not read it as an object.
    """
    from freqtrade.configuration.load_config import load_file  # noqa: PLC0415

    try:
        said: Any = load_file(Path(file))
    except Exception:  # its text may be a secret
        said = None
    if not isinstance(said, dict):
        name = harmless(file, 200)
        stop("config-unreadable", f"freqtrade does not read {name} as one JSON object.", "Mend the file.")
    return said


def variables() -> dict[str, Any]:
    """What the process's `FREQTRADE__…` variables say, as freqtrade reads them."""
    from freqtrade.configuration.environment_vars import environment_vars_to_dict  # noqa: PLC0415

    said: dict[str, Any] = environment_vars_to_dict()
    return said
