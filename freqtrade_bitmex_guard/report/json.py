"""The verdict for machines. The field names are a contract: they are added to, never changed."""

from __future__ import annotations

import json
from typing import Any

from freqtrade_bitmex_guard import __version__
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.model.key import (
    KeyFacts,
    NotReported,
    NotSupported,
    RestrictedTo,
    RestrictedUndisclosed,
    Unrestricted,
)
from freqtrade_bitmex_guard.model.networks import count_addresses
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.redaction.sanitize import sanitize

_KINDS: dict[type, str] = {
    Unrestricted: "unrestricted",
    RestrictedTo: "restricted",
    RestrictedUndisclosed: "undisclosed",
    NotReported: "not-told",
    NotSupported: "not-supported",
}
"""The name in JSON of each answer about the IP restriction."""


def to_dict(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as plain data.

    Returns:
        `verdict`, `exchange`, `key` (masked), `findings` (list of `rule`, `severity`, `message`, `fix`, `help`, which
        is a path in the repository), `facts` (list, one entry for each time the exchange lists the key), `servers`,
        `unverified` (what the operator accepted though the exchange cannot report it), `requests`, `checked_at`
        (ISO 8601, UTC), `duration_ms`, `version`.
    """
    return {
        "verdict": verdict.outcome.value,
        "exchange": verdict.exchange,
        "key": verdict.key,
        "findings": [finding_to_dict(finding) for finding in verdict.findings],
        "facts": [facts_to_dict(entry) for entry in verdict.facts],
        "servers": list(verdict.servers),
        "unverified": list(verdict.unverified),
        "requests": verdict.requests,
        "checked_at": verdict.checked_at.isoformat(timespec="milliseconds"),
        "duration_ms": verdict.duration_ms,
        "version": __version__,
    }


def to_json(verdict: Verdict) -> str:
    """Return the same as JSON, ASCII only, on several lines."""
    return json.dumps(to_dict(verdict), indent=2)


def finding_to_dict(finding: Finding) -> dict[str, Any]:
    """Return one finding as plain data."""
    return {
        "rule": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "fix": finding.fix,
        "help": finding.help_path,
    }


def facts_to_dict(facts: KeyFacts) -> dict[str, Any]:
    """Return the facts of one key as plain data."""
    permissions = None
    if facts.permissions is not None:
        permissions = [
            {"name": sanitize(permission.name), "kind": permission.kind.value, "note": permission.note}
            for permission in sorted(facts.permissions)
        ]
    return {
        "name": None if facts.name is None else sanitize(facts.name),
        "permissions": permissions,
        "addresses": _ip_restriction(facts),
        "enabled": facts.enabled,
        "created": facts.created.isoformat() if facts.created else None,
        "expires": facts.expires.isoformat() if facts.expires else None,
        "user_id": None if facts.user_id is None else sanitize(facts.user_id),
        "target_account_id": None if facts.account_id is None else sanitize(facts.account_id),
    }


def _ip_restriction(facts: KeyFacts) -> dict[str, Any]:
    restriction = facts.ip_restriction
    kind = _KINDS[type(restriction)]
    if isinstance(restriction, Unrestricted):
        return {"kind": kind, "everywhere": True, "blocks": [], "count": None}
    if not isinstance(restriction, RestrictedTo):
        return {"kind": kind, "everywhere": None, "blocks": [], "count": None}
    return {
        "kind": kind,
        "everywhere": False,
        "blocks": [*map(str, restriction.networks), *restriction.unreadable],
        "count": count_addresses(restriction.networks),
    }
