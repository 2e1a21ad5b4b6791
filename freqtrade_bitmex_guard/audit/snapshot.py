"""The record of an audit for the next one: the account's keys as they were, without a secret or a whole key id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.model.account import SiblingKey
from freqtrade_bitmex_guard.model.key import (
    IpRestriction,
    KeyFacts,
    NotReported,
    NotSupported,
    RestrictedTo,
    RestrictedUndisclosed,
    Unrestricted,
)
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.util import atomic_file

_MAX_BYTES = 20_000_000

# In files since the first audit: another word would be a change of every key.
EVERYWHERE = "everywhere"
NOT_TOLD = "not told"


def _sanitize(text: str) -> str:
    return sanitize(text)


# The file may have been changed; its texts must not act on the terminal of the person who reads the report.
SafeText = Annotated[str, AfterValidator(_sanitize)]


_ANSWERS = {
    Unrestricted: EVERYWHERE,
    RestrictedUndisclosed: "restricted, list not reported",
    NotReported: NOT_TOLD,
    NotSupported: "not supported",
}

Siblings = tuple[SiblingKey, ...] | NotReported


class KeySnapshot(BaseModel):
    """A key as an audit saw it.

    Attributes:
        masked_id: its id, masked.
        name: sanitized, or None.
        permissions: in the exchange's words, sanitized, or None if not reported.
        networks: the blocks it worked from, or the one word for another answer.
        enabled: whether it was switched on, or None if not reported.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    masked_id: SafeText = Field(validation_alias="shown", serialization_alias="shown")
    name: SafeText | None
    permissions: tuple[SafeText, ...] | None = Field(validation_alias="rights", serialization_alias="rights")
    networks: tuple[SafeText, ...] = Field(validation_alias="addresses", serialization_alias="addresses")
    enabled: bool | None


class AccountSnapshot(BaseModel):
    """All keys of an account, as one audit saw them.

    Attributes:
        at: when.
        complete: whether the exchange showed all keys, not only the bot's own.
        keys: by fingerprint.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    at: AwareDatetime
    complete: bool = Field(validation_alias="whole", serialization_alias="whole")
    keys: dict[str, KeySnapshot]

    def merged_with(self, last: AccountSnapshot | None) -> AccountSnapshot:
        """Return what to save for the next audit: one that did not see all keys must not wipe out one that did."""
        if self.complete or last is None:
            return self
        return AccountSnapshot(at=self.at, complete=last.complete, keys={**last.keys, **self.keys})


def snapshot_path(user_data: Path, exchange: str, account: str) -> Path:
    """Return the path of an account's record in a bot's user-data folder.

    Args:
        user_data: the folder.
        exchange: ccxt id.
        account: its number on the exchange, or what else is its own; the name holds only a digest of it.
    """
    digest = hashlib.blake2b(account.encode(), digest_size=4).hexdigest()
    return user_data / SECTION / f"audit-{exchange}-{digest}.json"


def load_snapshot(path: Path) -> AccountSnapshot | None:
    """Load the record of the last audit, or return None if there is none that is whole."""
    try:
        return AccountSnapshot.model_validate_json(atomic_file.read_limited(path, _MAX_BYTES))
    except (OSError, ValidationError):
        return None


def save_snapshot(path: Path, snapshot: AccountSnapshot) -> None:
    """Replace the last record, in one step.

    Raises:
        OSError: if it cannot be written; then the last one remains.
    """
    atomic_file.write_atomically(path, snapshot.model_dump_json(indent=1, by_alias=True))


def take(at: datetime, own: KeySnapshot, fingerprint: str, siblings: Siblings) -> AccountSnapshot:
    """Return the record of an audit.

    Args:
        at: when.
        own: the bot's own key.
        fingerprint: of it.
        siblings: the account's other keys, if they were reported.
    """
    keys = {fingerprint: own}
    reported = () if isinstance(siblings, NotReported) else siblings
    keys |= {sibling.fingerprint: take_key(sibling.masked_id, sibling.facts) for sibling in reported}
    return AccountSnapshot(at=at, complete=not isinstance(siblings, NotReported), keys=keys)


def take_key(masked_id: str, facts: KeyFacts | None) -> KeySnapshot:
    """Return the record of one key; without facts it is one that the exchange described oddly."""
    if facts is None:
        networks: tuple[str, ...] = ("described oddly",)
        return KeySnapshot(masked_id=masked_id, name=None, permissions=None, networks=networks, enabled=None)
    permissions = None
    if facts.permissions is not None:
        permissions = tuple(permission.name for permission in sorted(facts.permissions))
    networks = tuple(_networks(facts.ip_restriction))
    return KeySnapshot(
        masked_id=masked_id, name=facts.name, permissions=permissions, networks=networks, enabled=facts.enabled
    )


def _networks(restriction: IpRestriction) -> Iterator[str]:
    if isinstance(restriction, RestrictedTo):
        yield from map(str, restriction.networks)
        yield from restriction.unreadable
    else:
        yield _ANSWERS[type(restriction)]
