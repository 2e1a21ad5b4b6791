"""What an audit leaves behind for the next one: the account's keys as they were, without a secret or a whole key id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from freqtrade_bitmex_guard.config.section import SECTION
from freqtrade_bitmex_guard.model.account import SiblingKey
from freqtrade_bitmex_guard.model.key import KeyFacts, NotReported, RestrictedTo, Unrestricted, merge_entries
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from freqtrade_bitmex_guard.util import atomic_file

_MAX_BYTES = 20_000_000


def _sanitize(text: str) -> str:
    return sanitize(text)


# Whoever can write the file must not be able to act on the terminal of who reads the report.
SafeText = Annotated[str, AfterValidator(_sanitize)]


class KeySnapshot(BaseModel):
    """A key as an audit saw it.

    Attributes:
        masked_id: its id, masked.
        name: made harmless, or None.
        permissions: in the exchange's words, made harmless, or None if not told.
        networks: the blocks it worked from; "everywhere" for all.
        enabled: whether it was switched on, or None if not told.
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
        keys: by a mark that tells keys apart without showing their ids.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    at: AwareDatetime
    complete: bool = Field(validation_alias="whole", serialization_alias="whole")
    keys: dict[str, KeySnapshot]

    def merged_with(self, last: AccountSnapshot | None) -> AccountSnapshot:
        """What to keep for the next audit: a look that did not show all keys must not wipe out one that did."""
        if self.complete or last is None:
            return self
        return AccountSnapshot(at=self.at, complete=last.complete, keys={**last.keys, **self.keys})


def snapshot_path(user_data: Path, exchange: str, account: str) -> Path:
    """Where the record of an account lies in a bot's user-data folder.

    Args:
        user_data: the folder.
        exchange: ccxt id.
        account: tells accounts of one exchange apart; only a digest of it becomes part of the name.
    """
    mark = hashlib.blake2b(account.encode(), digest_size=4).hexdigest()
    return user_data / SECTION / f"audit-{exchange}-{mark}.json"


def load_snapshot(place: Path) -> AccountSnapshot | None:
    """The record of the last audit, or None if there is none that can be read whole."""
    try:
        return AccountSnapshot.model_validate_json(atomic_file.read_limited(place, _MAX_BYTES))
    except (OSError, ValidationError):
        return None


def save_snapshot(place: Path, record: AccountSnapshot) -> None:
    """Put a record in the place of the last one, in one step.

    Raises:
        OSError: if it cannot be written; then the last one stands.
    """
    atomic_file.write_atomically(place, record.model_dump_json(indent=1, by_alias=True))


def take(
    at: datetime, shown: str, mark: str, own: tuple[KeyFacts, ...], others: tuple[SiblingKey, ...] | NotReported
) -> AccountSnapshot:
    """The record of an audit.

    Args:
        at: when.
        shown: the own key's id, masked.
        mark: tells the own key apart.
        own: what is known of it.
        others: of the account, if they were told.
    """
    keys = {mark: _key_snapshot(shown, merge_entries(own))}
    told = () if isinstance(others, NotReported) else others
    keys |= {other.fingerprint: _key_snapshot(other.masked_id, other.facts) for other in told}
    return AccountSnapshot(at=at, complete=not isinstance(others, NotReported), keys=keys)


def _key_snapshot(shown: str, facts: KeyFacts | None) -> KeySnapshot:
    if facts is None:
        return KeySnapshot(masked_id=shown, name=None, permissions=None, networks=("described oddly",), enabled=None)
    words = None
    if facts.permissions is not None:
        words = tuple(permission.name for permission in sorted(facts.permissions))
    return KeySnapshot(
        masked_id=shown, name=facts.name, permissions=words, networks=tuple(_networks(facts)), enabled=facts.enabled
    )


def _networks(facts: KeyFacts) -> Iterator[str]:
    limit = facts.ip_restriction
    if isinstance(limit, RestrictedTo):
        yield from map(str, limit.networks)
        yield from limit.unreadable
    else:
        yield "everywhere" if isinstance(limit, Unrestricted) else "not told"
