"""freqtrade's config as freqtrade itself reads it, without any of the things that it does on the way."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard import usage
from freqtrade_bitmex_guard.findings import Stopped, stop
from freqtrade_bitmex_guard.redaction import harmless

_OPTION = re.compile(r"argument (-[\w/-]+): (.*)", re.DOTALL)
_SYNTAX = re.compile(r"Parse error at offset (\d+): ([A-Za-z ,'\"]{1,100})")
_DEEPEST = 6  # as many files inside each other as freqtrade takes
_HELP = frozenset(["-h", "--help", "-V", "--version"])


def parse(arguments: list[str]) -> dict[str, Any]:
    """The arguments of `freqtrade trade`, as freqtrade parses them.

    Args:
        arguments: what stands behind `trade`.

    Raises:
        Stopped: misconfigured, if freqtrade does not know them.
        usage.Answered: after freqtrade's help was printed.
    """
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            parsed: dict[str, Any] = _parser(["trade", *arguments]).get_parsed_arg()
    except SystemExit as end:
        if not end.code and _HELP & set(arguments):
            raise usage.Answered(0) from None
        stop(
            "usage",
            f"freqtrade does not take these arguments: {_wrong(said.getvalue(), arguments)}. {usage.EXPOSED}",
            "See `freqtrade trade --help` and `freqtrade-bitmex-guard --help`.",
        )
    return parsed


def _parser(arguments: list[str]) -> Any:
    # Imported here, as below: a second of imports, which only a check needs.
    from freqtrade.commands.arguments import Arguments  # noqa: PLC0415

    class OfTrade(Arguments):  # type: ignore[misc]
        """freqtrade's parser without the options of its thirty other commands, of which none can be meant here."""

        def _build_args(self, optionlist: list[str], parser: Any) -> None:
            program = getattr(parser, "prog", "")
            if program == "freqtrade trade" or not program.startswith("freqtrade "):
                super()._build_args(optionlist, parser)

    return OfTrade(arguments)


def _wrong(said: str, arguments: list[str]) -> str:
    """What freqtrade's parser complains of, by the names of options alone: it quotes what was typed."""
    complaint = said.partition("error: ")[2].strip()  # behind its own usage; what was typed comes later
    if known := _OPTION.match(complaint):
        return f"{known[1]}: {'a value is missing' if known[2] == 'expected one argument' else 'its value will not do'}"
    typed = f" {complaint.removeprefix('unrecognized arguments:')} "
    unknown = {usage.name(each): None for each in arguments if each.startswith("-") and f" {each} " in typed}
    return f"it does not know {' and '.join(unknown)}" if unknown else "one is no option, and no option's value"


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
        wrong = _SYNTAX.match(str(problem))
        what = "it is not JSON, or its files include each other"
        if wrong:
            what = f"{wrong[2].rstrip('. ')}, {_place(_broken(files), int(wrong[1]))}"
        # At the very start it mostly is an invisible mark that some editors write.
        fix = "Save it without a byte order mark." if wrong and wrong[1] == "0" else "Fix the file there."
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


def _broken(files: list[str], folder: Path = Path(), depth: int = 0) -> Path | None:
    """The first file that is not JSON, in the order in which freqtrade reads them, included ones too."""
    for path in (folder / file for file in files):
        try:
            included = meaning(str(path)).get("add_config_files") or []
        except Stopped:
            return path
        if depth < _DEEPEST and (inside := _broken(included, path.resolve().parent, depth + 1)):
            return inside
    return None


def _place(path: Path | None, offset: int) -> str:
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
    return f"at line {line}, column {column} of {harmless(str(path), 200)}"


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
        stop("config-unreadable", f"freqtrade does not read {name} as one JSON object.", "Fix the file.")
    return said


def variables() -> dict[str, Any]:
    """What the process's `FREQTRADE__…` variables say, as freqtrade reads them."""
    from freqtrade.configuration.environment_vars import environment_vars_to_dict  # noqa: PLC0415

    said: dict[str, Any] = environment_vars_to_dict()
    return said
