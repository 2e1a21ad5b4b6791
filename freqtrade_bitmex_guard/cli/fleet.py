"""`fleet`: checks the keys of many bots at once, and what only shows across them."""

from __future__ import annotations

import argparse
import contextlib
import logging
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from freqtrade_bitmex_guard.cli.output import print_report
from freqtrade_bitmex_guard.cli.parser import Between, HelpShown
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.util.atomic_file import read_limited

if TYPE_CHECKING:
    from freqtrade_bitmex_guard.fleet.across import SeverityChoice
    from freqtrade_bitmex_guard.fleet.bots import Bot
    from freqtrade_bitmex_guard.fleet.run import FleetVerdict, OnChecked
    from freqtrade_bitmex_guard.model.verdict import Verdict

# ruff: noqa: PLC0415 - nothing heavy before the command runs
_MAX_SECONDS = 86_400
_MAX_LIST_BYTES = 1_000_000
_FORMATS = ("text", "json", "jsonl", "junit", "prometheus")
_LEVELS = ("error", "warning", "ignore")
_CONFIG_OPTIONS = frozenset(["-c", "--config"])
# A space after the colon, because a path may hold one.
_NAMED = re.compile(r"(?P<name>[^\s:'\"-][^:]*):\s+(?P<options>.*)")
EXAMPLES = (
    "fleet 'bots/*/config.json'",
    "fleet --list bots.txt --format json",
    "fleet 'bots/*/config.json' --env-file .env --severity key-shared=error",
    "fleet 'bots/*/config.json' --format prometheus --output guard.prom",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `fleet`."""
    parser.usage = "%(prog)s [options] [PATTERN ...]"
    parser.add_argument("patterns", metavar="PATTERN", nargs="*", help="config files, in quotes: 'bots/*/config.json'")
    parser.add_argument(
        "--list", metavar="FILE", help="a file with a bot on each line: freqtrade's -c options, after `name:` if wanted"
    )
    parser.add_argument(
        "--env-file", metavar="NAME", help="the file with a bot's variables, in the folder of its config, such as .env"
    )
    parser.add_argument("--format", choices=_FORMATS, default="text", help="of the report (default: text)")
    parser.add_argument("--output", metavar="FILE", help="write the report there instead, whole or not at all")
    parser.add_argument(
        "--severity",
        metavar="RULE=LEVEL",
        action="append",
        default=[],
        help="what a rule across bots leads to: error, warning or ignore; can be repeated",
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=Between(1, _MAX_SECONDS, float),
        default=600.0,
        help="the time limit for all bots together (default: 600)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Check the bots and print the report."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    real_output = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        from freqtrade_bitmex_guard.fleet.bots import find_bots
        from freqtrade_bitmex_guard.fleet.run import check_bots

        severities = _severities(arguments.severity)
        bots = [*find_bots(arguments.patterns, arguments.env_file), *_listed(arguments)]
        write, on_checked = _reporter(arguments, len(bots), real_output)
        with on_checked as checked:
            fleet = check_bots(bots, seconds=arguments.timeout, severities=severities, on_checked=checked)
    write(fleet)
    return fleet.exit_code


def _severities(chosen: Sequence[str]) -> dict[str, SeverityChoice]:
    from freqtrade_bitmex_guard.fleet.across import DEFAULT_SEVERITIES

    severities: dict[str, SeverityChoice] = {}
    for choice in chosen:
        name, _, level = choice.partition("=")
        if name not in DEFAULT_SEVERITIES or level not in _LEVELS:
            fail(
                "usage",
                f"Wrong usage: --severity: expected one of {', '.join(DEFAULT_SEVERITIES)}, then = and one of "
                f"{', '.join(_LEVELS)}.",
                "Write, for example, --severity key-shared=error.",
            )
        severities[name] = level  # type: ignore[assignment]
    return severities


def _reporter(
    arguments: argparse.Namespace, total: int, stdout: TextIO
) -> tuple[Callable[[FleetVerdict], None], AbstractContextManager[OnChecked]]:
    """Return what writes the whole report, and what is told of each bot meanwhile."""
    from freqtrade_bitmex_guard.fleet import documents, junit, prometheus, table

    render = {
        "text": table.render,
        "json": documents.to_json,
        "jsonl": documents.summary_line,
        "junit": junit.to_junit,
        "prometheus": prometheus.to_prometheus,
    }[arguments.format]
    lines: list[str] = []

    def write(fleet: FleetVerdict) -> None:
        report = "\n".join([*lines, render(fleet)])
        if arguments.output is None:
            print_report(render(fleet))
        else:
            _write_file(Path(arguments.output), report)

    def write_line(_name: str, verdict: Verdict) -> None:
        lines.append(documents.bot_line(verdict))
        if arguments.output is None:
            with contextlib.redirect_stdout(stdout):
                print_report(lines.pop())

    if arguments.format == "jsonl":
        return write, contextlib.nullcontext(write_line)
    return write, table.progress(total)


def _write_file(path: Path, report: str) -> None:
    from freqtrade_bitmex_guard.redaction.registry import redact
    from freqtrade_bitmex_guard.util.atomic_file import write_atomically

    try:
        # For a collector that runs as another user.
        write_atomically(path, redact(report).rstrip("\n") + "\n", mode=0o644)
    except OSError as problem:
        fail(
            "usage",
            f"The report cannot be written to {sanitize(str(path), 200)} ({type(problem).__name__}).",
            "Name a file in a folder that exists and that this user may write to.",
        )


def _listed(arguments: argparse.Namespace) -> list[Bot]:
    """Return the bots of the list."""
    if arguments.list is None:
        return []
    from freqtrade_bitmex_guard.fleet.bots import Bot, distinct_names

    label = sanitize(arguments.list, 200)
    try:
        lines = read_limited(Path(arguments.list), _MAX_LIST_BYTES).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        fail("usage", f"The list {label} cannot be read ({type(problem).__name__}).", "Name a text file in UTF-8.")
    entries = [_parse_line(line.strip(), f"line {number} of {label}") for number, line in enumerate(lines, 1)]
    found = [entry for entry in entries if entry is not None]
    unnamed = iter(distinct_names([files[0] for name, files in found if not name]))
    return [Bot(name or next(unnamed), tuple(files), arguments.env_file) for name, files in found]


def _parse_line(line: str, place: str) -> tuple[str, list[str]] | None:
    """Return the name, which may be empty, and the config files of a bot; None for an empty line or a comment."""
    if not line or line.startswith("#"):
        return None
    named = _NAMED.fullmatch(line)
    name, options = (sanitize(named["name"].strip()), named["options"]) if named else ("", line)
    try:
        argv = shlex.split(options, comments=True)
    except ValueError:
        argv = []
    files = (
        argv[1::2] if argv and {*argv[::2]} <= _CONFIG_OPTIONS and not len(argv) % 2 else _ask_freqtrade(argv, place)
    )
    if not files or "-" in files:
        fail("usage", f"{place} names no config file.", "Write, for example, `my-bot: -c bots/my-bot/config.json`.")
    return name, files


def _ask_freqtrade(argv: Sequence[str], place: str) -> list[str]:
    """Return the config files as freqtrade finds them, where a line has more than config files."""
    from freqtrade_bitmex_guard.cli.freqtrade_args import parse_freqtrade_args

    try:
        return parse_freqtrade_args(argv).config_files if argv else []
    except HelpShown:  # help would end with the exit code of an admission
        return []
    except GuardError as problem:
        finding = problem.findings[0]
        fail("usage", f"{place}: {finding.message}", finding.fix)
