"""`agent`: the signing agent, which holds the key for a bot."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import sys

from freqtrade_bitmex_guard.cli.output import print_report, report_verdict
from freqtrade_bitmex_guard.cli.parser import GuardArgumentParser

# ruff: noqa: PLC0415 - nothing heavy before the command runs
ACTIONS = {
    "run": "check the key, then serve the bot until it is stopped",
    "status": "show verdict, standing, budgets and last refusals of a running agent",
    "learn": "serve without limits, and print the narrowest config for what the bot asked for",
    "record": "hold the record's chain against itself, and print it",
}
EXAMPLES = (
    "agent run -c agent.json",
    "agent status -c agent.json --format json",
    "agent status --socket /run/freqtrade-agent/my-bot/agent.sock",
    "agent learn -c agent.json",
    "agent record --verify record-2026-11-26.jsonl",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands of `agent`."""
    actions = parser.add_subparsers(
        dest="action", metavar="SUBCOMMAND", required=True, title="subcommands", parser_class=GuardArgumentParser
    )
    for name, summary in ACTIONS.items():
        action = actions.add_parser(name, help=summary)
        if name == "record":
            action.add_argument("--verify", metavar="FILE", required=True, help="a file of the record")
            continue
        if name == "status":
            which = action.add_mutually_exclusive_group(required=True)
            which.add_argument("-c", "--config", metavar="CONFIG", help="the agent's config")
            which.add_argument("--socket", metavar="PATH", help="the agent's socket, for users who cannot read it")
            action.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
        else:
            action.add_argument("-c", "--config", metavar="CONFIG", required=True, help="the agent's config")


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    with contextlib.redirect_stdout(sys.stderr):
        from freqtrade_bitmex_guard.agent import commands

        verdict, report, code = None, "", 0
        if arguments.action == "run":
            verdict = commands.run(arguments.config)
        elif arguments.action == "learn":
            verdict, report = commands.learn(arguments.config)
        elif arguments.action == "record":
            report = commands.show_record(arguments.verify)
        else:
            content, code = commands.status(arguments.socket or _socket_of(arguments.config))
            as_json = arguments.format == "json"
            report = json.dumps(content, indent=2) if as_json else commands.render_status(content)
    if verdict is not None and not verdict.admitted:
        return report_verdict(verdict, as_json=False)
    if report:
        print_report(report)
    return code


def _socket_of(config: str) -> str:
    from pathlib import Path

    from freqtrade_bitmex_guard.agent.config_file import AgentFile

    return AgentFile(Path(config)).agent.socket
