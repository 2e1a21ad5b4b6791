"""The account's API keys: /apiKey and /apiKey/self.

Sources: the API explorer's schema of /apiKey and its field definitions (support.bitmex.com, article 6205606449309);
bitmex.com/app/apiKeysUsage for the permissions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from freqtrade_bitmex_guard.client.errors import StrictModel, fail_invalid, parse_body, read_json
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.bitmex.errors import parse_success, parse_time
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.exchanges.interface import KeyListing, Session
from freqtrade_bitmex_guard.model.account import SiblingKey
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.model.key import IpRestriction, KeyFacts, NotReported, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.redaction.opaque import same_text
from freqtrade_bitmex_guard.redaction.sanitize import fingerprint, join_limited, mask_id, sanitize

# Far more than any real key has: a hostile answer must neither keep us busy nor fill the log.
_MAX_ENTRIES = 10
_MAX_SIBLINGS = 2_000
_MAX_SIBLING_DETAILS = 6_000
_MAX_PERMISSIONS = 50
_MAX_NETWORKS = 250
_MAX_NAME_LENGTH = 64

# The whole answer to a key that may not see the list; NOTICE names the projects that recorded it. Any other refusal may
# come from somebody else, and then what the key reports of itself is no way around it.
_DENIAL = {"error": {"message": "Access Denied", "name": "HTTPError"}}


class _KeyEntry(StrictModel):
    """One key, as far as the verdict rests on it. Anything odd in it is an error."""

    id: str
    permissions: list[Annotated[str, Field(max_length=_MAX_NAME_LENGTH)]] = Field(max_length=_MAX_PERMISSIONS)
    cidr: str | None = None
    cidrs: list[str] | None = Field(default=None, max_length=_MAX_NETWORKS)
    enabled: bool = True
    name: str | None = None
    created: str | None = None
    user_id: Any = Field(default=None, alias="userId")
    account_id: Any = Field(default=None, alias="targetAccountId")


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())


_FIELDS = frozenset(field.alias or name for name, field in _KeyEntry.model_fields.items())

# What a careless reader takes for one of them; `_id` and `names` are other words.
_LOOKALIKE_FIELDS = frozenset(map(_letters, _FIELDS - {"id", "name"}))

# What decides, and may be part of another name: `CIDR`, `cidr_v2`, `permissionList`, `isEnabled`, `canWithdraw`.
_DECISIVE_WORDS = ("permission", "cidr", "enabled", *PROFILE.forbidden_permissions)


def read_keys(session: Session, key_id: str) -> KeyListing:
    """Read the key from /apiKey, the list of the account's keys, or else from /apiKey/self.

    Raises:
        GuardError: unverified, if neither reports it.
    """
    response = session.request("apiKey")
    listed = None if _is_denied(response) else _entries(parse_success(response, list))
    own = _entries_of(key_id, listed or ())
    if not own:
        listed = None  # a list without the key that signed is somebody else's
        own = _entries_of(key_id, _entries([parse_success(session.request("apiKey/self"), dict)]))
    if not own:
        fail(
            "key-not-listed",
            "BitMEX responded, but about other keys than the one that signed the request.",
            "Try again. If it persists, a proxy answers with somebody else's data or the API has changed: report it.",
        )
    if len(own) > _MAX_ENTRIES:
        fail_invalid(PROFILE, "lists the key too often")
    return KeyListing(tuple(map(_facts, own)), lambda: _siblings(listed, key_id))


def _is_denied(response: Response) -> bool:
    return response.status == 403 and read_json(response) == _DENIAL


def _entries(items: list[Any]) -> list[dict[str, Any]]:
    if not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in items):
        fail_invalid(PROFILE, "lists something that is not a key with an id")
    return items


def _entries_of(key_id: str, entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry for entry in entries if same_text(entry["id"], key_id)]


def _siblings(listed: list[dict[str, Any]] | None, key_id: str) -> tuple[SiblingKey, ...] | NotReported:
    if listed is None:
        return NotReported("BitMEX reports this key only")
    siblings = [entry for entry in listed if not same_text(entry["id"], key_id)]
    lists = [entry.get(name) for entry in siblings for name in ("permissions", "cidrs")]
    details = sum(len(items) for items in lists if isinstance(items, list))
    if len(siblings) > _MAX_SIBLINGS or details > _MAX_SIBLING_DETAILS:
        return NotReported(f"BitMEX listed {len(siblings):,} of them, with {details:,} permissions and address blocks")
    return tuple(map(_sibling, siblings))


def _sibling(entry: dict[str, Any]) -> SiblingKey:
    key_id: str = entry["id"]
    try:
        facts = _facts(entry)
    except GuardError:
        facts = None
    return SiblingKey(mask_id(key_id), fingerprint(key_id), facts)


def _facts(entry: dict[str, Any]) -> KeyFacts:
    # BitMEX names its fields in short ASCII words; other alphabets have too many ways to imitate one of them.
    if not all(name.isascii() and len(name) <= _MAX_NAME_LENGTH for name in entry):
        fail_invalid(PROFILE, "describes the key in a field whose name is longer than any, or not ASCII")
    # Only the exchange knows which of `permissions` and `Permissions` counts if they differ. Other new fields may come.
    unknown = [name for name, value in entry.items() if _could_override(name, value)]
    if unknown:
        fields = join_limited(unknown, sanitize)
        fail_invalid(PROFILE, f"describes the key in fields that this version does not know: {fields}")
    key = parse_body(_KeyEntry, entry, PROFILE)
    return KeyFacts(
        permissions=frozenset(map(PROFILE.permission, key.permissions)),
        ip_restriction=_ip_restriction(key.cidr, key.cidrs),
        enabled=key.enabled if "enabled" in key.model_fields_set else None,
        name=key.name,
        created=parse_time(key.created),
        user_id=_account_number(key.user_id),
        account_id=_account_number(key.account_id),
    )


def _could_override(name: str, value: object) -> bool:
    """Return whether an undocumented field may say more of a key than the documented ones."""
    if name in _FIELDS:
        return False
    letters = _letters(name)
    items = value if isinstance(value, list) else [value]
    return (
        any(word in letters for word in _DECISIVE_WORDS)
        or letters in _LOOKALIKE_FIELDS
        or name.strip().lower() in _FIELDS
        or any(isinstance(item, str) and PROFILE.is_forbidden(item) for item in items)
    )


def _account_number(value: object) -> str | None:
    """Return an account's number as text. An odd one counts as not reported: only one optional rule rests on it."""
    text = "" if isinstance(value, bool) or not isinstance(value, int | str) else str(value)
    return text if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text) else None


def _ip_restriction(cidr: str | None, cidrs: list[str] | None) -> IpRestriction:
    """Return what both fields admit together; it is documented nowhere which of them counts."""
    blocks = [*([] if cidr is None else [cidr]), *(cidrs or [])]
    if not blocks:
        return Unrestricted("CIDR is not given")
    if any(not block.strip() for block in blocks):
        return Unrestricted("CIDR is blank")
    return RestrictedTo.from_texts(blocks)
