"""The check of a fleet as JSON: one document, or one line for each bot while it goes on."""

from __future__ import annotations

import json
from typing import Any

from freqtrade_bitmex_guard import __version__
from freqtrade_bitmex_guard.fleet.run import FleetVerdict
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report.json import bot_to_dict, finding_to_dict, to_dict


def summary_to_dict(fleet: FleetVerdict) -> dict[str, Any]:
    """Return what is not about one bot alone.

    Returns:
        `schema_version`, `bot` (None), `config` (empty), `verdict` (the worst), `across` (a finding each, with `bots`),
        `not_checked` (names, after an interrupt), `counts` (bots by verdict), `requests`, `checked_at` (ISO 8601, UTC),
        `duration_ms`, `version`.
    """
    across = [{**finding_to_dict(each.finding, each.finding.fix), "bots": list(each.bots)} for each in fleet.across]
    return {
        **bot_to_dict(None),
        "verdict": fleet.outcome.value,
        "across": across,
        "not_checked": list(fleet.not_checked),
        "counts": fleet.counts,
        "requests": fleet.requests,
        "checked_at": fleet.checked_at.isoformat(timespec="milliseconds"),
        "duration_ms": fleet.duration_ms,
        "version": __version__,
    }


def to_json(fleet: FleetVerdict) -> str:
    """Return everything as one document: that of `summary_to_dict`, and `bots`, the most urgent first."""
    bots = [to_dict(verdict) for _, verdict in fleet.bots]
    return json.dumps({**summary_to_dict(fleet), "bots": bots}, indent=2)


def bot_line(verdict: Verdict) -> str:
    """Return the verdict on one bot as one line."""
    return json.dumps(to_dict(verdict))


def summary_line(fleet: FleetVerdict) -> str:
    """Return the last line, whose `bot` is null."""
    return json.dumps(summary_to_dict(fleet))
