"""What changed between two audits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from freqtrade_bitmex_guard.audit.snapshot import EVERYWHERE, NOT_TOLD, AccountSnapshot, KeySnapshot

_ANSWERS = {EVERYWHERE: "no IP restriction", NOT_TOLD: "not reported"}


class ChangeKind(StrEnum):
    """How a key changed."""

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
        kind: what changed.
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
    """Return all changes, the new and vanished keys first.

    A key counts as new or vanished only if both audits saw all keys.
    """
    changes: list[KeyChange] = []
    if before.complete and after.complete:
        changes += [_added(key) for fingerprint, key in after.keys.items() if fingerprint not in before.keys]
        changes += [_removed(key) for fingerprint, key in before.keys.items() if fingerprint not in after.keys]
    for fingerprint, current in after.keys.items():
        if fingerprint in before.keys:
            changes += _differences(before.keys[fingerprint], current)
    return changes


def _added(key: KeySnapshot) -> KeyChange:
    return KeyChange(ChangeKind.NEW, key.masked_id, key.name, "", f"{_permissions(key)}; {_allowed_ips(key)}")


def _removed(key: KeySnapshot) -> KeyChange:
    return KeyChange(ChangeKind.VANISHED, key.masked_id, key.name, f"{_permissions(key)}; {_allowed_ips(key)}", "")


def _differences(before: KeySnapshot, after: KeySnapshot) -> Iterator[KeyChange]:
    texts = (
        (ChangeKind.RIGHTS, _permissions(before), _permissions(after)),
        (ChangeKind.ADDRESSES, _allowed_ips(before), _allowed_ips(after)),
        (ChangeKind.NAME, before.name or "none", after.name or "none"),
        (ChangeKind.ENABLED, _on_or_off(before), _on_or_off(after)),
    )
    for kind, text_before, text_after in texts:
        if text_before != text_after:
            yield KeyChange(kind, after.masked_id, after.name, text_before, text_after)


def _permissions(key: KeySnapshot) -> str:
    if key.permissions is None:
        return "permissions not reported"
    return ", ".join(key.permissions) or "no permissions"


def _allowed_ips(key: KeySnapshot) -> str:
    return ", ".join(sorted(_ANSWERS.get(network, network) for network in key.networks))


def _on_or_off(key: KeySnapshot) -> str:
    return {True: "on", False: "off", None: "not reported"}[key.enabled]
