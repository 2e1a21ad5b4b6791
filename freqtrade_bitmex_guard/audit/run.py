"""Runs an audit: the check of the bot's own key, the account around it, and the comparison with the last audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.audit import snapshot
from freqtrade_bitmex_guard.audit.diff import KeyChange, diff
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.account import AccountFacts
from freqtrade_bitmex_guard.model.key import KeyFacts, merge_entries
from freqtrade_bitmex_guard.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of an audit.

    Attributes:
        verdict: on the bot's own key and the account, as a start would get it.
        since: the oldest events that were asked for.
        entries: what is known of the bot's own key; empty if the check did not get that far.
        account: around it.
        last_audit_at: when the last audit was, or None if there is no record of one.
        changes: since then.
        compared_all: whether both audits saw all keys; else new and vanished ones are unknown.
        not_kept: why the record for the next audit could not be saved, or None.
    """

    verdict: Verdict
    since: datetime
    entries: tuple[KeyFacts, ...] = ()
    account: AccountFacts = field(default_factory=AccountFacts)
    last_audit_at: datetime | None = None
    changes: tuple[KeyChange, ...] = ()
    compared_all: bool = False
    not_kept: str | None = None


def run_audit(config: Mapping[str, Any], user_data: Path, days: int) -> Audit:
    """Audit the account of a bot's key.

    Args:
        config: freqtrade's whole, merged config.
        user_data: the bot's user-data folder, for the record of this audit.
        days: how far back to follow the account's events.

    Returns:
        The audit; every failure is part of it.
    """
    since = datetime.now(UTC) - timedelta(days=days)
    result = LocalCheck(config, audit_since=since).run()
    verdict = result.verdict
    if result.evidence is None or result.listing is None or result.fingerprint is None:
        return Audit(verdict, since)
    account, entries = result.evidence.account, result.listing.entries
    user_id = next((facts.user_id for facts in entries if facts.user_id), None)
    path = snapshot.snapshot_path(user_data, str(verdict.exchange), user_id or result.fingerprint)
    last = snapshot.load_snapshot(path)
    own = snapshot.take_key(verdict.key or "", merge_entries(entries))
    current = snapshot.take(verdict.checked_at, own, result.fingerprint, account.siblings)
    return Audit(
        verdict,
        since,
        entries=entries,
        account=account,
        last_audit_at=last.at if last else None,
        changes=tuple(diff(last, current)) if last else (),
        compared_all=last is not None and last.complete and current.complete,
        not_kept=_save(path, current.merged_with(last), user_data),
    )


def _save(path: Path, current: snapshot.AccountSnapshot, user_data: Path) -> str | None:
    if not user_data.is_dir():
        return f"there is no user-data folder {user_data}; name it with --userdir"
    try:
        snapshot.save_snapshot(path, current)
    except (OSError, ValueError) as problem:
        return f"{path.parent} cannot be written ({type(problem).__name__})"
    return None
