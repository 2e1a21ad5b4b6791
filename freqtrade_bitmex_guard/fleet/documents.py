"""The check of a fleet as JSON: one document, or one line for each bot while it goes on."""

from __future__ import annotations

import json
from typing import Any

from freqtrade_bitmex_guard import __version__
from freqtrade_bitmex_guard.fleet.run import FleetVerdict
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report.json import finding_to_dict, to_dict


def bot_to_dict(name: str, verdict: Verdict) -> dict[str, Any]:
    """Return the verdict on one bot as plain data: its name as `bot`, and what `report.json.to_dict` returns."""
    return {"bot": name, **to_dict(verdict)}


def summary_to_dict(fleet: FleetVerdict) -> dict[str, Any]:
    """Return what is not about one bot alone.

    Returns:
        `verdict` (the worst), `across` (a finding each, with `bots`), `not_checked` (names, after an interrupt),
        `counts` (bots by verdict), `requests`, `checked_at` (ISO 8601, UTC), `duration_ms`, `version`.
    """
    return {
        "verdict": fleet.outcome.value,
        "across": [{**finding_to_dict(each.finding), "bots": list(each.bots)} for each in fleet.across],
        "not_checked": list(fleet.not_checked),
        "counts": fleet.counts,
        "requests": fleet.requests,
        "checked_at": fleet.checked_at.isoformat(timespec="milliseconds"),
        "duration_ms": fleet.duration_ms,
        "version": __version__,
    }


def to_json(fleet: FleetVerdict) -> str:
    """Return everything as one document: that of `summary_to_dict`, and `bots`, the most urgent first."""
    verdict, *rest = summary_to_dict(fleet).items()
    bots = [bot_to_dict(name, each) for name, each in fleet.bots]
    return json.dumps(dict([verdict, ("bots", bots), *rest]), indent=2)


def bot_line(name: str, verdict: Verdict) -> str:
    """Return the verdict on one bot as one line."""
    return json.dumps(bot_to_dict(name, verdict))


def summary_line(fleet: FleetVerdict) -> str:
    """Return the last line, which has no `bot`."""
    return json.dumps(summary_to_dict(fleet))
