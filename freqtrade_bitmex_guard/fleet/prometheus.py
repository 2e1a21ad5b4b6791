"""The check of a fleet as metrics, in the text format of Prometheus, for node_exporter's textfile collector.

Names and units are by https://prometheus.io/docs/practices/naming/: moments in Unix seconds, so that an age is
`time() - metric` and does not stop to grow when the check does. No label holds a key id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from freqtrade_bitmex_guard.fleet.run import FleetVerdict
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.registry import redact

PREFIX = "freqtrade_guard"
Sample = tuple[Mapping[str, str], float]


def to_prometheus(fleet: FleetVerdict) -> str:
    """Return the check as metrics."""
    bots = [({"bot": name, "exchange": verdict.exchange or ""}, verdict) for name, verdict in fleet.bots]
    families: tuple[tuple[str, str, Iterable[Sample]], ...] = (
        (
            "verdict",
            "Whether the check of a bot's key ended with this verdict (1) or not (0).",
            [
                ({**labels, "verdict": outcome.value}, float(verdict.outcome is outcome))
                for labels, verdict in bots
                for outcome in Outcome
            ],
        ),
        (
            "check_timestamp_seconds",
            "When the check of a bot's key began, in Unix time.",
            [(labels, verdict.checked_at.timestamp()) for labels, verdict in bots],
        ),
        (
            "check_duration_seconds",
            "How long the check of a bot's key took.",
            [(labels, verdict.duration_ms / 1000) for labels, verdict in bots],
        ),
        (
            "check_requests",
            "Requests to the exchange in the check of a bot's key; none if another bot has the same key.",
            [(labels, verdict.requests) for labels, verdict in bots],
        ),
        (
            "findings",
            "Findings of a bot's check, by name and severity.",
            [sample for labels, verdict in bots for sample in _counted(labels, verdict.findings)],
        ),
        (
            "key_expiry_timestamp_seconds",
            "When a bot's key ends, in Unix time; missing if it never does or the exchange does not report it.",
            [(labels, end) for labels, verdict in bots for end in _expiry(verdict)],
        ),
        (
            "across_findings",
            "Findings across bots, by name and severity.",
            list(_counted({}, [each.finding for each in fleet.across])),
        ),
        ("fleet_bots", "Bots in the fleet.", [({}, len(fleet.bots) + len(fleet.not_checked))]),
        ("fleet_not_checked", "Bots that were not checked.", [({}, len(fleet.not_checked))]),
        ("fleet_timestamp_seconds", "When the check of the fleet began.", [({}, fleet.checked_at.timestamp())]),
        ("fleet_duration_seconds", "How long the check of the fleet took.", [({}, fleet.duration_ms / 1000)]),
    )
    return "\n".join(line for family in families for line in _family(*family))


def _counted(labels: Mapping[str, str], findings: Iterable[Finding]) -> Iterable[Sample]:
    for (name, severity), count in Counter((each.name, each.severity.value) for each in findings).items():
        yield {**labels, "name": name, "severity": severity}, count


def _expiry(verdict: Verdict) -> list[float]:
    ends = [facts.expires.timestamp() for facts in verdict.facts if facts.expires is not None]
    return [min(ends)] if ends else []


def _family(name: str, help_text: str, samples: Iterable[Sample]) -> Iterable[str]:
    metric = f"{PREFIX}_{name}"
    yield f"# HELP {metric} {help_text}"
    yield f"# TYPE {metric} gauge"
    for labels, value in samples:
        written = ",".join(f'{label}="{_escape(text)}"' for label, text in labels.items())
        yield f"{metric}{{{written}}} {value:.15g}" if written else f"{metric} {value:.15g}"


def _escape(text: str) -> str:
    return redact(text).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
