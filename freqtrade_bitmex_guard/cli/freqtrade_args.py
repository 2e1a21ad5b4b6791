"""freqtrade's own arguments, as freqtrade parses them."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.cli.parser import EXPOSURE_WARNING, HelpShown, option_name
from freqtrade_bitmex_guard.config.files import read_config
from freqtrade_bitmex_guard.model.findings import fail

_OPTION = re.compile(r"argument (-[\w/-]+): (.*)", re.DOTALL)


_HELP = frozenset(["-h", "--help", "-V", "--version"])


def parse_freqtrade_arguments(arguments: list[str]) -> dict[str, Any]:
    """The arguments of `freqtrade trade`, as freqtrade parses them.

    Args:
        arguments: what stands behind `trade`.

    Raises:
        GuardError: misconfigured, if freqtrade does not know them.
        HelpShown: after freqtrade's help was printed.
    """
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            parsed: dict[str, Any] = _parser(["trade", *arguments]).get_parsed_arg()
    except SystemExit as end:
        if not end.code and _HELP & set(arguments):
            raise HelpShown(0) from None
        fail(
            "usage",
            f"freqtrade does not take these arguments: {_describe_complaint(said.getvalue(), arguments)}. "
            f"{EXPOSURE_WARNING}",
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


def _describe_complaint(said: str, arguments: list[str]) -> str:
    """What freqtrade's parser complains of, by the names of options alone: it quotes what was typed."""
    complaint = said.partition("error: ")[2].strip()  # behind its own usage; what was typed comes later
    if known := _OPTION.match(complaint):
        return f"{known[1]}: {'a value is missing' if known[2] == 'expected one argument' else 'its value will not do'}"
    typed = f" {complaint.removeprefix('unrecognized arguments:')} "
    unknown = {option_name(each): None for each in arguments if each.startswith("-") and f" {each} " in typed}
    return f"it does not know {' and '.join(unknown)}" if unknown else "one is no option, and no option's value"


def load_config(arguments: list[str]) -> dict[str, Any]:
    """Files and variables, merged as `freqtrade trade` does (freqtrade/configuration/configuration.py, load_config).

    Nothing is written, no folder or log file is opened, and no file's content is ever shown.

    Args:
        arguments: what stands behind `freqtrade trade`.

    Raises:
        GuardError: misconfigured, if the arguments are wrong or the config cannot be read.
    """
    return read_config(parse_freqtrade_arguments(arguments)["config"])


def user_data_folder(arguments: list[str], config: Mapping[str, Any]) -> Path:
    """The bot's user-data folder, as freqtrade finds it; it need not exist.

    Args:
        arguments: what stands behind `freqtrade trade`.
        config: the merged config.
    """
    return Path(
        parse_freqtrade_arguments(arguments).get("user_data_dir")
        or config.get("user_data_dir")
        or Path.cwd() / "user_data"
    )
