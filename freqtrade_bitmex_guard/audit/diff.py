"""What changed between two audits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from freqtrade_bitmex_guard.audit.snapshot import AccountSnapshot, KeySnapshot


class ChangeKind(StrEnum):
    """The ways in which a key can change."""

    NEW = "new"
    VANISHED = "vanished"
    RIGHTS = "rights"
    ADDRESSES = "addresses"
    NAME = "name"
    ENABLED = "enabled"


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One change of one key.

    Attributes:
        kind: of change.
        key: its id, masked.
        name: of the key, or None.
        before: what it was, for a person; empty for a new key.
        after: what it is now; empty for one that vanished.
    """

    kind: ChangeKind
    key: str
    name: str | None
    before: str
    after: str


def diff(before: AccountSnapshot, after: AccountSnapshot) -> list[KeyChange]:
    """All changes, the new and vanished keys first.

    A key counts as new or vanished only if both audits saw all keys.
    """
    found: list[KeyChange] = []
    if before.complete and after.complete:
        found += [_added(after.keys[mark]) for mark in after.keys if mark not in before.keys]
        found += [_removed(before.keys[mark]) for mark in before.keys if mark not in after.keys]
    for mark, now in after.keys.items():
        if mark in before.keys:
            found += _differences(before.keys[mark], now)
    return found


def _added(key: KeySnapshot) -> KeyChange:
    return KeyChange(ChangeKind.NEW, key.masked_id, key.name, "", f"{_permissions(key)}; {_allowed_ips(key)}")


def _removed(key: KeySnapshot) -> KeyChange:
    return KeyChange(ChangeKind.VANISHED, key.masked_id, key.name, f"{_permissions(key)}; {_allowed_ips(key)}", "")


def _differences(before: KeySnapshot, now: KeySnapshot) -> Iterator[KeyChange]:
    told = (
        (ChangeKind.RIGHTS, _permissions(before), _permissions(now)),
        (ChangeKind.ADDRESSES, _allowed_ips(before), _allowed_ips(now)),
        (ChangeKind.NAME, before.name or "none", now.name or "none"),
        (ChangeKind.ENABLED, _on_or_off(before), _on_or_off(now)),
    )
    for kind, was, is_now in told:
        if was != is_now:
            yield KeyChange(kind, now.masked_id, now.name, was, is_now)


def _permissions(key: KeySnapshot) -> str:
    return "rights not told" if key.permissions is None else ", ".join(key.permissions) or "no rights"


def _allowed_ips(key: KeySnapshot) -> str:
    return ", ".join(sorted(key.networks))


def _on_or_off(key: KeySnapshot) -> str:
    return {True: "on", False: "off", None: "not told"}[key.enabled]
