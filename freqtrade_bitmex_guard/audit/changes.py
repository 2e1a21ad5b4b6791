"""What changed between two audits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from freqtrade_bitmex_guard.audit.record import KeyThen, Record


class Kind(StrEnum):
    """The ways in which a key can change."""

    NEW = "new"
    VANISHED = "vanished"
    RIGHTS = "rights"
    ADDRESSES = "addresses"
    NAME = "name"
    ENABLED = "enabled"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one key.

    Attributes:
        kind: of change.
        key: its id, masked.
        name: of the key, or None.
        before: what it was, for a person; empty for a new key.
        after: what it is now; empty for one that vanished.
    """

    kind: Kind
    key: str
    name: str | None
    before: str
    after: str


def between(before: Record, after: Record) -> list[Change]:
    """All changes, the new and vanished keys first.

    A key counts as new or vanished only if both audits saw all keys.
    """
    found: list[Change] = []
    if before.whole and after.whole:
        found += [_appeared(after.keys[mark]) for mark in after.keys if mark not in before.keys]
        found += [_vanished(before.keys[mark]) for mark in before.keys if mark not in after.keys]
    for mark, now in after.keys.items():
        if mark in before.keys:
            found += _differences(before.keys[mark], now)
    return found


def _appeared(key: KeyThen) -> Change:
    return Change(Kind.NEW, key.shown, key.name, "", f"{_rights(key)}; {_addresses(key)}")


def _vanished(key: KeyThen) -> Change:
    return Change(Kind.VANISHED, key.shown, key.name, f"{_rights(key)}; {_addresses(key)}", "")


def _differences(before: KeyThen, now: KeyThen) -> Iterator[Change]:
    told = (
        (Kind.RIGHTS, _rights(before), _rights(now)),
        (Kind.ADDRESSES, _addresses(before), _addresses(now)),
        (Kind.NAME, before.name or "none", now.name or "none"),
        (Kind.ENABLED, _switch(before), _switch(now)),
    )
    for kind, was, is_now in told:
        if was != is_now:
            yield Change(kind, now.shown, now.name, was, is_now)


def _rights(key: KeyThen) -> str:
    return "rights not told" if key.rights is None else ", ".join(key.rights) or "no rights"


def _addresses(key: KeyThen) -> str:
    return ", ".join(sorted(key.addresses))


def _switch(key: KeyThen) -> str:
    return {True: "on", False: "off", None: "not told"}[key.enabled]
