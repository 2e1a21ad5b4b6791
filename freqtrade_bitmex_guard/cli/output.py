"""Prints reports, redacted, to standard output."""

from __future__ import annotations

import os
import sys

from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.registry import redact


def report_verdict(verdict: Verdict, *, as_json: bool) -> int:
    """Print a verdict.

    Returns:
        Its exit code.
    """
    if as_json:
        from freqtrade_bitmex_guard.report import json  # noqa: PLC0415 - only what is printed

        print_report(json.to_json(verdict))
    else:
        from freqtrade_bitmex_guard.report import text  # noqa: PLC0415 - only what is printed

        print_report(text.render(verdict))
    return verdict.exit_code


def print_report(report: str) -> None:
    """Print a report; a reader that went away, as `| head -1` does, changes nothing."""
    try:
        print(redact(report).rstrip("\n"), flush=True)
    except BrokenPipeError:  # the exit code must still be the verdict's
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
