"""The verdict for machines. The field names are a contract: they are added to, never changed."""

from __future__ import annotations

import json
from typing import Any

from freqtrade_bitmex_guard import __version__
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.diagnosis import Diagnosis
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
from freqtrade_bitmex_guard.report import advice

SCHEMA_VERSION = 1
"""It changes only if a field would change or vanish, which the contract rules out."""

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
        `schema_version`, `bot` (`name`, `host`; None if unknown), `config` (the paths as they were named), `verdict`,
        `exchange`, `key` (masked), `store` (where the key is kept; None if the check did not get that far), `command`
        (the one to type next), `findings` (list of `rule`, `severity`, `message`, `fix`, `help`, which is a path in the
        repository, `transient`), `facts` (list, one entry for each time the exchange lists the key), `servers`,
        `unverified` (what the operator accepted though the exchange cannot report it), `requests`, `checked_at`
        (ISO 8601, UTC), `duration_ms`, `version`.
    """
    return {
        **bot_to_dict(verdict.bot),
        "verdict": verdict.outcome.value,
        "exchange": verdict.exchange,
        "key": verdict.key,
        "store": verdict.store,
        "command": advice.command(verdict),
        "findings": [
            finding_to_dict(finding, fix) for finding, fix in zip(verdict.findings, advice.fixes(verdict), strict=True)
        ],
        "facts": [facts_to_dict(entry) for entry in verdict.facts],
        "servers": list(verdict.servers),
        "unverified": list(verdict.unverified),
        "requests": verdict.requests,
        "checked_at": verdict.checked_at.isoformat(timespec="milliseconds"),
        "duration_ms": verdict.duration_ms,
        "version": __version__,
    }


def diagnosis_to_json(diagnosis: Diagnosis) -> str:
    """Return a diagnosis as JSON: the fields of a check, and `subjects` (`name`, `state`, `detail`, `findings`)."""
    subjects = [
        {
            "name": subject.name,
            "state": subject.state.value,
            "detail": subject.detail,
            "findings": [finding.name for finding in subject.findings],
        }
        for subject in diagnosis.subjects
    ]
    return json.dumps({**to_dict(diagnosis.verdict), "verdict": diagnosis.word, "subjects": subjects}, indent=2)


def bot_to_dict(bot: BotLabel | None) -> dict[str, Any]:
    """Return what every document begins with: the schema's version, the bot, and the paths of its config."""
    return {
        "schema_version": SCHEMA_VERSION,
        "bot": None if bot is None else {"name": bot.name, "host": bot.host},
        "config": [] if bot is None else list(bot.config_files),
    }


def to_json(verdict: Verdict) -> str:
    """Return the same as JSON, ASCII only, on several lines."""
    return json.dumps(to_dict(verdict), indent=2)


def finding_to_dict(finding: Finding, fix: str) -> dict[str, Any]:
    """Return one finding as plain data, with its fix as it reads in its report."""
    return {
        "rule": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "fix": fix,
        "help": finding.help_path,
        "transient": finding.transient,
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
