"""Changes since the last audit that only somebody inside the account can have made."""

from __future__ import annotations

from collections.abc import Iterable

from freqtrade_bitmex_guard.audit.diff import ChangeKind, KeyChange
from freqtrade_bitmex_guard.redaction.sanitize import join_limited
from freqtrade_bitmex_guard.report import advice


def somebody_else(changes: Iterable[KeyChange]) -> str:
    """Return what to do first if a key is new, or can do more than at the last audit; empty if none is."""
    widened = [change for change in changes if _is_wider(change)]
    if not widened:
        return ""
    keys = list(dict.fromkeys(change.key for change in widened))
    verb = "is" if len(keys) == 1 else "are"
    return f"Since the last audit: {join_limited(keys)} {verb} new or can do more. {advice.INTRUDER}"


def _is_wider(change: KeyChange) -> bool:
    is_more = bool(set(change.after.split(", ")) - set(change.before.split(", ")))
    return change.kind is ChangeKind.NEW or (change.kind in (ChangeKind.RIGHTS, ChangeKind.ADDRESSES) and is_more)
