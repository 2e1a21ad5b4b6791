"""The verdict for machines. The field names are a contract: they are added to, never changed."""

from __future__ import annotations

import json
from typing import Any

from freqtrade_bitmex_guard import __version__
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
"""How each answer about the IP restriction is called in JSON."""


def to_dict(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain data.

    Returns:
        `verdict`, `exchange`, `key` (masked), `findings` (list of `rule`, `severity`, `message`, `fix`), `facts`
        (list, one entry for each time the exchange lists the key), `servers`, `requests`,
        `checked_at` (ISO 8601, UTC), `duration_ms`, `version`.
    """
    return {
        "verdict": verdict.outcome.value,
        "exchange": verdict.exchange,
        "key": verdict.key,
        "findings": [
            {
                "rule": finding.name,
                "severity": finding.severity.value,
                "message": finding.message,
                "fix": finding.fix,
            }
            for finding in verdict.findings
        ],
        "facts": [facts_to_dict(entry) for entry in verdict.facts],
        "servers": list(verdict.servers),
        "unverified": list(verdict.unverified),
        "requests": verdict.requests,
        "checked_at": verdict.checked_at.isoformat(timespec="milliseconds"),
        "duration_ms": verdict.duration_ms,
        "version": __version__,
    }


def to_json(verdict: Verdict) -> str:
    """The same as JSON, ASCII only, on several lines."""
    return json.dumps(to_dict(verdict), indent=2)


def facts_to_dict(facts: KeyFacts) -> dict[str, Any]:
    """What is known of one key, as plain data."""
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
    limit = facts.ip_restriction
    kind = _KINDS[type(limit)]
    if isinstance(limit, Unrestricted):
        return {"kind": kind, "everywhere": True, "blocks": [], "count": None}
    if not isinstance(limit, RestrictedTo):
        return {"kind": kind, "everywhere": None, "blocks": [], "count": None}
    return {
        "kind": kind,
        "everywhere": False,
        "blocks": [*map(str, limit.networks), *limit.unreadable],
        "count": count_addresses(limit.networks),
    }
