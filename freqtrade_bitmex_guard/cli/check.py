"""`check`: checks the bot's key and starts nothing."""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from freqtrade_bitmex_guard.cli.output import report_verdict
from freqtrade_bitmex_guard.cli.parser import accept_freqtrade_options
from freqtrade_bitmex_guard.model.findings import warning
from freqtrade_bitmex_guard.model.verdict import Verdict, sort_findings

# ruff: noqa: PLC0415 - nothing heavy before the command runs
EXAMPLES = (
    "check -c config.json",
    "check -c config.json -c config-private.json --format json",
    "trade -c config.json --check-only",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `check`."""
    accept_freqtrade_options(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text", help="of the report (default: text)")


def run(arguments: argparse.Namespace) -> int:
    """Check the key and print the verdict."""
    # Only the report goes to standard output, whatever a library prints.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    with contextlib.redirect_stdout(sys.stderr):
        from freqtrade_bitmex_guard.check.open import open_check
        from freqtrade_bitmex_guard.cli.freqtrade_args import parse_freqtrade_args
        from freqtrade_bitmex_guard.config.files import read_config

        config = read_config(parse_freqtrade_args(arguments.freqtrade_options, arguments.known_options).config_files)
        verdict = _add_disabled_warning(open_check(config).run().verdict, config)
    return report_verdict(verdict, as_json=arguments.format == "json")


def _add_disabled_warning(verdict: Verdict, config: Mapping[str, Any]) -> Verdict:
    from freqtrade_bitmex_guard.config.parse import GuardState, guard_state
    from freqtrade_bitmex_guard.model.findings import GuardError

    try:
        state = guard_state(config)
    except GuardError:  # the verdict says so already
        return verdict
    if state is not GuardState.DISABLED:
        return verdict
    disabled = warning(
        "guard-disabled",
        "api_key_guard.enabled is false: `freqtrade trade` would start without this check, and without a key.",
        "Set it to true.",
    )
    return replace(verdict, findings=sort_findings((*verdict.findings, disabled)))
