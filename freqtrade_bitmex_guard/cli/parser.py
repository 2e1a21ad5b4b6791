"""argparse that never repeats what was typed: a secret may be in it, and messages end in logs."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from freqtrade_bitmex_guard import __version__
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.redaction.sanitize import resembles_secret, sanitize_tokens

_EXPOSURE_WARNING = " If a secret was typed here, it is in the shell's history now and counts as exposed."
SHELLS = ("bash", "zsh", "fish")
_SHORT_OPTION = 2
_MIN_SIMILARITY = 0.7


class HelpShown(SystemExit):
    """Something was asked for and printed, such as help. Any other `SystemExit` in a check is a bug, not its end."""


class GuardArgumentParser(argparse.ArgumentParser):
    """A parser whose errors are findings: argparse's quote what was typed, and its exit code 2 means "refused" here."""

    def __init__(self, **settings: Any) -> None:
        """Make a parser without abbreviations.

        Args:
            settings: as argparse takes them.
        """
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **settings)
        self._typed: Sequence[str] = ()

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, and add the names of all options to `known_options`, from which the nearest one is suggested."""
        self._typed = args or ()
        parsed, rest = super().parse_known_args(args, namespace)
        parsed.known_options = [*getattr(parsed, "known_options", ()), *self._option_string_actions]
        return parsed, rest

    def error(self, message: str) -> NoReturn:
        """Fail with our own words; argparse's message only says which argument is wrong.

        Raises:
            GuardError: always.
        """
        problem = f"unknown argument.{exposure_warning(self._typed)}"
        for action in self._actions:
            name = "/".join(action.option_strings) or str(action.metavar)
            if message.startswith(f"argument {name}: "):
                problem = f"{name}: {_expected(action)}."
                if not action.option_strings:
                    wrong = [word for word in self._typed if f"invalid choice: {word!r}" in message]
                    problem = f"expected a {name.lower()}: {_choices(action)}{did_you_mean(wrong, action.choices)}."
                problem += exposure_warning(self._typed)
            elif message == f"the following arguments are required: {name}":
                problem = f"missing {name.lower()}: {_choices(action)}.{exposure_warning(self._typed)}"
        fail("usage", f"Wrong usage: {problem}", f"See `{self.prog} --help`.")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:  # noqa: ARG002
        """End after help or the version.

        Raises:
            HelpShown: always.
        """
        raise HelpShown(status)


def _expected(action: argparse.Action) -> str:
    if action.nargs == 0:
        return "takes no argument"
    if action.choices is not None:
        return f"expected {_choices(action)}"
    return f"expected {action.type if isinstance(action.type, Between) else action.metavar}"


def _choices(action: argparse.Action) -> str:
    *names, last = map(str, action.choices or ("",))
    return f"{', '.join(names)} or {last}"


class Between:
    """The type of an option that takes a number between two bounds."""

    def __init__(self, low: int, high: int, number: type[int] | type[float] = int) -> None:
        """Take the bounds, both allowed."""
        self._low, self._high, self._number = low, high, number

    def __call__(self, text: str) -> float:
        """Parse a number.

        Raises:
            ValueError: if it is none, or out of bounds.
        """
        value = self._number(text)
        if not self._low <= value <= self._high:
            raise ValueError
        return value

    def __str__(self) -> str:
        return f"a number from {self._low} to {self._high}"


class PrintCompletion(argparse.Action):
    """The option that prints a shell's completion script; `tests/docs/completion.py` writes the scripts."""

    def __init__(self, **settings: Any) -> None:
        """Make the option."""
        super().__init__(
            choices=SHELLS, metavar="SHELL", help="print the completion script for bash, zsh or fish", **settings
        )

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: object,  # noqa: ARG002
        values: str | Sequence[Any] | None,
        option: str | None = None,  # noqa: ARG002
    ) -> None:
        """Print the script and end."""
        print(Path(__file__).with_name("completion").joinpath(str(values)).read_text(encoding="utf-8"), end="")
        parser.exit()


def add_version_option(parser: argparse.ArgumentParser, help_text: str = "show the version and exit") -> None:
    """Add `--version`."""
    version = f"freqtrade-bitmex-guard {__version__}"
    parser.add_argument("--version", action="version", version=version, help=help_text)


def accept_freqtrade_options(parser: argparse.ArgumentParser) -> None:
    """Leave the options that this parser does not know to freqtrade, as `arguments.freqtrade_options`."""
    parser.set_defaults(freqtrade_options=[])
    add_version_option(parser, argparse.SUPPRESS)  # freqtrade would go on to start
    parser.usage = "%(prog)s [options] [freqtrade's options]"
    parser.epilog = (
        "All other options are those of `freqtrade trade`, such as -c CONFIG, which can be repeated,\n"
        "and --userdir PATH."
    )


def accept_config_option(parser: argparse.ArgumentParser) -> None:
    """Add `-c`, as freqtrade takes it, for commands that take nothing else of freqtrade."""
    parser.add_argument(
        "-c", "--config", action="append", default=[], metavar="CONFIG", help="the bot's config file; can be repeated"
    )


def fail_unknown(arguments: Sequence[str], known: Iterable[str], fix: str) -> NoReturn:
    """Fail on arguments that nothing takes.

    Args:
        arguments: as they were typed.
        known: the options that would have been taken.
        fix: what to do.

    Raises:
        GuardError: always.
    """
    fail("usage", f"Wrong usage: {describe_unknown(arguments, known)}.{exposure_warning(arguments)}", fix)


def describe_unknown(arguments: Sequence[str], known: Iterable[str] = ()) -> str:
    """Describe arguments that nothing takes, by the names of options alone, and the nearest known option."""
    options = dict.fromkeys(option_name(argument) for argument in arguments if argument.startswith("-"))
    if not options:
        return "unexpected argument"
    return f"unknown option {' and '.join(options)}{did_you_mean(options, known)}"


def did_you_mean(typed: Iterable[str], known: Iterable[str] | None) -> str:
    """Return the nearest known name, as an insertion behind what is wrong; nothing where none is near.

    Args:
        typed: what is not known; none of it is repeated.
        known: the names that are.
    """
    names = [name for name in known or () if len(name) > _SHORT_OPTION]
    nearest = [match for word in typed for match in get_close_matches(word, names, n=1, cutoff=_MIN_SIMILARITY)]
    return f" (did you mean {nearest[0]}?)" if nearest else ""


def exposure_warning(typed: Iterable[str]) -> str:
    """Return what to know if a secret was typed, with a space in front; nothing if nothing resembles one."""
    values = [part for argument in typed for part in (argument, argument.partition("=")[2])]
    is_likely = any(resembles_secret(value) and not Path(value).exists() for value in values)
    return _EXPOSURE_WARNING if is_likely else ""


def option_name(option: str) -> str:
    """Return an option's name as it was typed, without a value behind it, and without anything like a token."""
    name = option.partition("=")[0]
    return sanitize_tokens(name if name.startswith("--") else name[:_SHORT_OPTION])
