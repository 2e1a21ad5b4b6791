"""freqtrade's own arguments, as freqtrade parses them."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.cli.parser import HelpShown, describe_unknown, exposure_warning
from freqtrade_bitmex_guard.model.findings import fail

_OPTION = re.compile(r"argument (-[\w/-]+): (.*)", re.DOTALL)
_HELP = frozenset(["-h", "--help", "-V", "--version"])


@dataclass(frozen=True, slots=True)
class FreqtradeArgs:
    """The arguments of `freqtrade trade`.

    Attributes:
        config_files: paths as they were typed, or the default that freqtrade finds.
        user_data_dir: as it was typed, or None.
        argv: all of them, as they were typed.
    """

    config_files: list[str]
    user_data_dir: str | None
    argv: list[str]

    def user_data_folder(self, config: Mapping[str, Any]) -> Path:
        """Return the bot's user-data folder, as freqtrade finds it; it need not exist.

        Args:
            config: the merged config.
        """
        return Path(self.user_data_dir or config.get("user_data_dir") or Path.cwd() / "user_data")


def parse_freqtrade_args(argv: Sequence[str], known: Sequence[str] = ()) -> FreqtradeArgs:
    """Parse the arguments of `freqtrade trade`.

    Args:
        argv: what is behind `trade`.
        known: our own options, from which the nearest to an unknown one is suggested.

    Raises:
        GuardError: misconfigured, if freqtrade does not take them.
        HelpShown: after freqtrade's help was printed.
    """
    parsed = parse_as_freqtrade(argv, known)
    return FreqtradeArgs(parsed["config"], parsed.get("user_data_dir"), list(argv))


def find_config_files(files: Sequence[str]) -> list[str]:
    """Return the config files that `freqtrade trade` would read.

    Args:
        files: as they were named with `-c`; none for freqtrade's default.
    """
    return parse_freqtrade_args([part for file in files for part in ("--config", file)]).config_files


def parse_as_freqtrade(argv: Sequence[str], known: Sequence[str] = ()) -> dict[str, Any]:
    """Parse with freqtrade's own parser; see `parse_freqtrade_args`."""
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            parsed: dict[str, Any] = _parser(["trade", *argv]).get_parsed_arg()
    except SystemExit as end:
        if not end.code and _HELP & set(argv):
            raise HelpShown(0) from None
        fail(
            "usage",
            f"freqtrade does not take these arguments: {_describe_complaint(complaint.getvalue(), argv, known)}."
            f"{exposure_warning(argv)}",
            "See `freqtrade trade --help` and `freqtrade-bitmex-guard --help`.",
        )
    return parsed


def _parser(arguments: list[str]) -> Any:
    from freqtrade.commands.arguments import Arguments  # noqa: PLC0415 - a second of imports

    class TradeArguments(Arguments):  # type: ignore[misc]
        """freqtrade's parser without the options of its thirty other commands, none of which can be meant here."""

        def _build_args(self, optionlist: list[str], parser: Any) -> None:
            program = getattr(parser, "prog", "")
            if program == "freqtrade trade" or not program.startswith("freqtrade "):
                super()._build_args(optionlist, parser)

    return TradeArguments(arguments)


def _describe_complaint(complaint: str, argv: Sequence[str], known: Sequence[str]) -> str:
    """Describe an error of freqtrade's parser by the names of options alone: it quotes what was typed."""
    text = complaint.partition("error: ")[2].strip()  # behind its own usage; what was typed comes later
    if option := _OPTION.match(text):
        return f"{option[1]}: {'expected a value' if option[2] == 'expected one argument' else 'invalid value'}"
    typed = f" {text.removeprefix('unrecognized arguments:')} "
    return describe_unknown([argument for argument in argv if f" {argument} " in typed], known)
