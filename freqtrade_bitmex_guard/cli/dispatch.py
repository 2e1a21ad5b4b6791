"""The command line: the preflight, the guarded start, the demo; `custody/commands.py` has the rest."""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import logging
import os
import sys
from dataclasses import replace
from typing import Any

from freqtrade_bitmex_guard import __version__
from freqtrade_bitmex_guard.cli import no_echo
from freqtrade_bitmex_guard.cli.parser import EXPOSURE_WARNING, GuardArgumentParser, HelpShown
from freqtrade_bitmex_guard.model.findings import GuardError, fail, warning
from freqtrade_bitmex_guard.model.verdict import (
    EXIT_INTERNAL_ERROR,
    EXIT_INTERRUPTED,
    Verdict,
    sort_findings,
)
from freqtrade_bitmex_guard.redaction.registry import redact

_USAGE = """\
freqtrade-bitmex-guard --check-only [-c CONFIG] [--format text|json] [freqtrade's arguments]
       freqtrade-bitmex-guard trade [--check-only] [--wait-for-exchange MINUTES] [freqtrade's arguments]
       freqtrade-bitmex-guard audit [-c CONFIG] [--days DAYS] [--format text|json|markdown] [freqtrade's arguments]
       freqtrade-bitmex-guard setup [-c CONFIG]
       freqtrade-bitmex-guard credentials set|show|delete|migrate|rotate [-c CONFIG]
       freqtrade-bitmex-guard demo
       freqtrade-bitmex-guard --help | --version"""


_EXIT_CODES_HELP = """\
exit codes: 0 admitted, 2 refused, 3 unverified, 4 misconfigured or wrong usage, 1 a bug in the guard,
130 interrupted. `trade` returns freqtrade's own code where the guard did not stop it."""


_AUDIT_DAYS = 30


_WAITS = "keep asking, slowly, while the exchange is down, overloaded or unreachable"


_SEE = "See `freqtrade-bitmex-guard --help`."


_TAKES = {
    "--check-only": "give it no value",
    "--format": "give text, json or markdown",
    "--days": "give days from 1 to 3650",
    "--wait-for-exchange": "give minutes from 1 to 10080",
    "--version": "give it no value",
}


def _parser() -> argparse.ArgumentParser:
    parser = GuardArgumentParser(
        _TAKES,
        _SEE,
        prog="freqtrade-bitmex-guard",
        usage=_USAGE,
        description="Shows that a freqtrade bot's API key can do no more than trade, or keeps the bot from starting.",
        epilog=_EXIT_CODES_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    parser.add_argument("--check-only", action="store_true", help="check the key and start nothing")
    parser.add_argument("--format", choices=["text", "json", "markdown"], help="of the report (default: text)")
    parser.add_argument("--days", type=_days, help="with audit: how far back to look for events (default: 30)")
    parser.add_argument(
        "--wait-for-exchange",
        metavar="MINUTES",
        type=_minutes,
        help=f"with trade: {_WAITS}",
    )
    parser.add_argument("--version", action="version", version=f"freqtrade-bitmex-guard {__version__}")
    return parser


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 1 <= minutes <= 7 * 24 * 60:
        raise ValueError
    return minutes


def _days(text: str) -> int:
    days = int(text)
    if not 0 < days <= 3_650:
        raise ValueError
    return days


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: without the program's name; by default the process's own.

    Returns:
        The exit code.

    Raises:
        HelpShown: after help or the version was printed.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show … must not change the exit code
            stream.reconfigure(errors="backslashreplace")
    given = sys.argv[1:] if arguments is None else list(arguments)
    as_json = "--format=json" in given or ("--format", "json") in itertools.pairwise(given)
    try:
        if arguments is None and ("--check-only" in given or given[:1] == ["audit"]):
            from freqtrade_bitmex_guard.util import lazy_packages  # noqa: PLC0415

            lazy_packages.install()
        try:
            return _run(given)
        except GuardError as end:
            return _report(Verdict(findings=sort_findings(end.findings)), as_json=as_json)
    except KeyboardInterrupt:
        print("Interrupted; no bot was started.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except HelpShown:
        raise
    except BaseException as bug:  # SystemExit too: its code may be 0, which here means "admitted"
        with contextlib.suppress(BaseException):
            from freqtrade_bitmex_guard.model.findings import internal_error  # noqa: PLC0415

            _report(Verdict(findings=(internal_error(bug),)), as_json=as_json)
        return EXIT_INTERNAL_ERROR


def _run(given: list[str]) -> int:
    if given[:1] in (["setup"], ["credentials"]):
        with no_echo.disabled_echo():
            from freqtrade_bitmex_guard.manage import commands  # noqa: PLC0415

            return commands.run(given)
    own, rest = _parser().parse_known_args(given)
    command = rest.pop(0) if rest and rest[0] in ("trade", "demo", "audit") else None
    if command != "trade" and {"-h", "--help"} & set(rest):
        _parser().print_help()
        return 0
    _check_usage(own, command)
    if command == "demo":
        if rest or own.check_only:
            fail("usage", "demo takes no arguments.", "Run `freqtrade-bitmex-guard demo`.")
        from freqtrade_bitmex_guard.demo import run  # noqa: PLC0415

        return run.run_demo()
    if command == "audit":
        return _audit(rest, own.days or _AUDIT_DAYS, own.format or "text")
    if own.check_only:
        return _check_only(rest, as_json=own.format == "json")
    if command != "trade":
        what = "a command (trade, audit, setup, credentials, demo) or --check-only comes first"
        fail("usage", f"Wrong usage: {what}.{f' {EXPOSURE_WARNING}' if rest else ''}", _SEE)
    from freqtrade_bitmex_guard.plugin import launch  # noqa: PLC0415

    try:
        return launch.trade(rest, wait_seconds=60 * (own.wait_for_exchange or 0))
    except HelpShown:
        if {"-h", "--help"} & set(rest):  # below freqtrade's own, where it is read
            print(
                "\nWith freqtrade-bitmex-guard, besides:",
                f"  --wait-for-exchange MINUTES\n{' ' * 24}{_WAITS}",
                sep="\n",
            )
        raise


def _check_usage(own: argparse.Namespace, command: str | None) -> None:
    if own.wait_for_exchange and (command != "trade" or own.check_only):
        fail("usage", "--wait-for-exchange belongs to a start with trade.", _SEE)
    if own.check_only and command == "audit":
        fail("usage", "audit is a check already, without --check-only.", _SEE)
    if own.days and command != "audit":
        fail("usage", "--days belongs to audit.", _SEE)
    if own.format and not own.check_only and command != "audit":
        fail("usage", "--format belongs to --check-only and audit.", _SEE)
    if own.format == "markdown" and command != "audit":
        fail("usage", "--format markdown belongs to audit.", _SEE)


def _audit(arguments: list[str], days: int, form: str) -> int:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    with contextlib.redirect_stdout(sys.stderr):
        from freqtrade_bitmex_guard.audit import formats, run  # noqa: PLC0415
        from freqtrade_bitmex_guard.cli.freqtrade_args import load_config, user_data_folder  # noqa: PLC0415

        config = load_config(arguments)
        found = run.run_audit(config, user_data_folder(arguments, config), days)
    texts = {"json": formats.to_json, "markdown": formats.render_markdown, "text": formats.render_text}
    _print(texts[form](found))
    return found.verdict.exit_code


def _check_only(arguments: list[str], *, as_json: bool) -> int:
    # Only the report goes to standard output, whatever a library prints.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    with contextlib.redirect_stdout(sys.stderr):
        from freqtrade_bitmex_guard.check.local import LocalCheck  # noqa: PLC0415
        from freqtrade_bitmex_guard.cli.freqtrade_args import load_config  # noqa: PLC0415

        config = load_config(arguments)
        verdict = _with_notes(LocalCheck(config).run(), config)
    return _report(verdict, as_json=as_json)


def _with_notes(verdict: Verdict, config: dict[str, Any]) -> Verdict:
    section = config.get("api_key_guard")
    if not isinstance(section, dict) or section.get("enabled") is not False:
        return verdict
    note = warning(
        "guard-disabled",
        "api_key_guard.enabled is false: `freqtrade trade` would start without this check, and without a key.",
        "Set it to true.",
    )
    return replace(verdict, findings=sort_findings((*verdict.findings, note)))


def _report(verdict: Verdict, *, as_json: bool) -> int:
    if as_json:
        from freqtrade_bitmex_guard.report import json  # noqa: PLC0415

        _print(json.to_json(verdict))
    else:
        from freqtrade_bitmex_guard.report import text  # noqa: PLC0415

        _print(text.render(verdict))
    return verdict.exit_code


def _print(report: str) -> None:
    try:
        print(redact(report).rstrip("\n"), flush=True)
    except BrokenPipeError:  # nobody reads on, as behind `| head -1`: the exit code still tells
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
