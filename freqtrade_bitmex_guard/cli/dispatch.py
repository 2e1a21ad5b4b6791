"""Runs the command that was typed, and turns every end of it into an exit code."""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from freqtrade_bitmex_guard.cli.output import report_verdict
from freqtrade_bitmex_guard.cli.parser import (
    GuardArgumentParser,
    HelpShown,
    PrintCompletion,
    add_version_option,
    fail_unknown,
)
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.findings import GuardError, internal_error
from freqtrade_bitmex_guard.model.verdict import EXIT_INTERNAL_ERROR, EXIT_INTERRUPTED, Verdict, sort_findings

COMMANDS = {
    "check": "check the bot's key and start nothing (also written --check-only, alone or with trade)",
    "doctor": "examine config, policy, store and environment without asking the exchange; for CI",
    "trade": "start freqtrade with the guard; --wait-for-exchange MINUTES waits for an exchange that is down",
    "audit": "report what the key and its account allow, and what changed since the last audit",
    "fleet": "check the keys of many bots at once, and what only shows across them",
    "health": "tell whether a running bot's key was looked at in time; exit code 0 or 1",
    "setup": "walk from no key to a guarded bot, at a terminal",
    "credentials": "set, show, delete, migrate or rotate the key in its store",
    "agent": "hold the key for a bot in a process of another user, and let through only what a bot needs",
    "demo": "see the guard at work on a simulated exchange; needs no account and no network",
    "version": "show the versions of the guard, freqtrade, ccxt and Python",
    "help": "show the help of a command",
}
_CHECK_ONLY = "--check-only"
_IMPORT_LAZILY = ("check", "doctor", "audit", "fleet")
_IMPORT_CCXT_LAZILY = ("agent",)  # which reads no config of freqtrade, and imports nothing of it
_EPILOG = """\
exit codes: 0 admitted, 2 refused, 3 unverified, 4 misconfigured or wrong usage, 1 a bug in the guard,
130 interrupted. `trade` returns freqtrade's own code where the guard did not stop it.

freqtrade's other commands, such as backtesting, are passed on to freqtrade unchanged."""


class CommandParser(GuardArgumentParser):
    """The parser of one command. It imports the command's module once the command was typed, not before."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Add the command's options, then parse."""
        if self.get_default("run") is None:
            self.load()
        return super().parse_known_args(args, namespace)

    def load(self) -> None:
        """Import the command's module, and take its options and its `run`."""
        module = import_module(f"freqtrade_bitmex_guard.cli.{self.prog.rpartition(' ')[2]}")
        module.add_arguments(self)
        self.set_defaults(run=module.run)
        examples = getattr(module, "EXAMPLES", ())
        if examples:
            lines = "\n".join(f"  freqtrade-bitmex-guard {example}" for example in examples)
            self.epilog = "\n\n".join(filter(None, [self.epilog, f"examples:\n{lines}"]))


def build_parser(names: Iterable[str] = COMMANDS) -> GuardArgumentParser:
    """Build the parser of the command line.

    Args:
        names: the commands that it knows, by default all; a run needs only its own.
    """
    parser = GuardArgumentParser(
        prog="freqtrade-bitmex-guard",
        description="Refuses to start freqtrade on an over-privileged API key.",
        epilog=_EPILOG,
    )
    add_version_option(parser)
    parser.add_argument("--print-completion", action=PrintCompletion)
    commands = parser.add_subparsers(
        dest="command",
        metavar="COMMAND",
        required=True,
        title="commands",
        parser_class=CommandParser,
        prog=parser.prog,  # argparse would format a usage text to find it
    )
    for name in names:
        summary = COMMANDS[name]
        # `trade --help` is freqtrade's.
        commands.add_parser(
            name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", add_help=name != "trade"
        )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: without the program's name; by default those of the process.

    Returns:
        The exit code.

    Raises:
        HelpShown: after help, the version or a completion script was printed.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show … must not change the exit code
            stream.reconfigure(errors="backslashreplace")
    typed = sys.argv[1:] if arguments is None else list(arguments)
    as_json = "--format=json" in typed or ("--format", "json") in itertools.pairwise(typed)
    try:
        try:
            return _run(typed, own_process=arguments is None)
        except GuardError as problem:
            verdict = Verdict(findings=sort_findings(problem.findings), bot=_typed_bot(typed))
            return report_verdict(verdict, as_json=as_json)
    except KeyboardInterrupt:
        print("Interrupted; no bot was started.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except HelpShown:
        raise
    except BaseException as bug:  # SystemExit too: its code may be 0, which here means "admitted"
        with contextlib.suppress(BaseException):
            report_verdict(Verdict(findings=(internal_error(bug),)), as_json=as_json)
        return EXIT_INTERNAL_ERROR


def _typed_bot(typed: Sequence[str]) -> BotLabel:
    """Return the label of the bot that was meant, though its config may be unreadable."""
    files = [value for name, value in itertools.pairwise(typed) if name in ("-c", "--config")]
    files += [argument.partition("=")[2] for argument in typed if argument.startswith("--config=")]
    return BotLabel.of({}, files)


def _run(typed: list[str], *, own_process: bool) -> int:
    typed = _rewrite_check_only(typed)
    names = typed[:1] if typed and typed[0] in COMMANDS else COMMANDS
    if names is COMMANDS and typed and not typed[0].startswith("-"):
        from freqtrade_bitmex_guard.cli import passed_on  # noqa: PLC0415 - nobody else needs it

        return passed_on.run_freqtrade(typed, COMMANDS)
    arguments, unknown = build_parser(names).parse_known_args(typed)
    if unknown and not hasattr(arguments, "freqtrade_options"):
        fix = f"See `freqtrade-bitmex-guard {arguments.command} --help`."
        fail_unknown(unknown, arguments.known_options, fix)
    arguments.freqtrade_options = unknown
    if own_process and arguments.command in _IMPORT_LAZILY:
        from freqtrade_bitmex_guard.util import lazy_packages  # noqa: PLC0415

        lazy_packages.install()
    elif own_process and arguments.command in _IMPORT_CCXT_LAZILY:
        from freqtrade_bitmex_guard.util import lazy_packages  # noqa: PLC0415

        lazy_packages.install(("ccxt",))
    code: int = arguments.run(arguments)
    return code


def _rewrite_check_only(typed: list[str]) -> list[str]:
    """Write `--check-only …` and `trade … --check-only` as `check …`."""
    rest = [argument for argument in typed if argument != _CHECK_ONLY]
    if rest == typed:
        return typed
    if rest[:1] in (["trade"], ["check"]):
        return ["check", *rest[1:]]
    return typed if rest and rest[0] in COMMANDS else ["check", *rest]
