"""Carry an audit out: the check of the bot's own key, everything about the account, and the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.audit import snapshot
from freqtrade_bitmex_guard.audit.diff import KeyChange, diff
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.account import AccountFacts
from freqtrade_bitmex_guard.model.key import KeyFacts
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit came to.

    Attributes:
        verdict: on the own key and the account's posture, as a start would get it.
        profile: the exchange's words, or None if it did not come to knowing the exchange.
        entries: what is known of the bot's own key; empty if it did not come to that.
        account: around it.
        since: how far back the events were asked for.
        last_audit_at: when the last audit was, or None if there is no record of one.
        changes: since then.
        compared_all: whether both audits saw all keys; else new and vanished ones cannot be told.
        not_kept: why this audit's record could not be kept for the next one, or None.
    """

    verdict: Verdict
    profile: ExchangeProfile | None
    entries: tuple[KeyFacts, ...]
    account: AccountFacts
    since: datetime
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
    check = LocalCheck(config, audit_since=since)
    verdict = check.run()
    if check.listing is None:
        return Audit(verdict, check.profile, (), check.account, since)
    own = check.listing.entries
    account = next((facts.user_id for facts in own if facts.user_id), None)
    place = snapshot.snapshot_path(user_data, str(verdict.exchange), account or check.fingerprint)
    last = snapshot.load_snapshot(place)
    now = snapshot.take(verdict.checked_at, verdict.key or "", check.fingerprint, own, check.account.siblings)
    return Audit(
        verdict,
        check.profile,
        own,
        check.account,
        since,
        last_audit_at=last.at if last else None,
        changes=tuple(diff(last, now)) if last else (),
        compared_all=last is not None and last.complete and now.complete,
        not_kept=_keep(place, now.merged_with(last), user_data),
    )


def _keep(place: Path, now: snapshot.AccountSnapshot, user_data: Path) -> str | None:
    if not user_data.is_dir():
        return f"there is no user-data folder {user_data}: name it with --userdir"
    try:
        snapshot.save_snapshot(place, now)
    except (OSError, ValueError) as problem:
        return f"{place.parent} cannot be written ({type(problem).__name__})"
    return None
