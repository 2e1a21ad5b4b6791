"""The account's API keys.

Sources: the API explorer's schema of /apiKey and its field definitions (support.bitmex.com, article 6205606449309);
bitmex.com/app/apiKeysUsage for the rights.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from freqtrade_bitmex_guard.client.errors import StrictModel, fail_invalid, parse_body
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.bitmex.errors import parse_success, parse_time
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.exchanges.interface import KeyListing, Session
from freqtrade_bitmex_guard.model.account import SiblingKey
from freqtrade_bitmex_guard.model.findings import GuardError, fail
from freqtrade_bitmex_guard.model.key import (
    IpRestriction,
    KeyFacts,
    NotReported,
    RestrictedTo,
    Unrestricted,
)
from freqtrade_bitmex_guard.redaction.opaque import constant_time_equal
from freqtrade_bitmex_guard.redaction.sanitize import fingerprint, join_limited, mask_id, sanitize

# Far more than any real key has; a hostile answer must not keep us busy or fill the log.
_MAX_ENTRIES = 10


_MAX_SIBLINGS = 2_000


_MAX_SIBLING_DETAILS = 6_000


_LISTS = ("permissions", "cidrs")


_MAX_PERMISSIONS = 50


_MAX_WORD_LENGTH = 64


_MAX_NETWORKS = 250


# What a key without the right to see the list is told, whole: NOTICE names the projects that recorded it. Anything else
# is somebody else's no, and the key's word about itself is no way around that.
_DENIAL = {"error": {"message": "Access Denied", "name": "HTTPError"}}


class _KeyEntry(StrictModel):
    """One key, in the part of the answer's shape that the verdict rests on. Anything odd in it is an error."""

    id: str
    permissions: list[Annotated[str, Field(max_length=_MAX_WORD_LENGTH)]] = Field(max_length=_MAX_PERMISSIONS)
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


# What a careless reader takes for one of them; `_id` and `names` are words of their own.
_LOOKALIKE_FIELDS = frozenset(map(_letters, _FIELDS - {"id", "name"}))


# What decides, as it may stand in another name: `CIDR`, `cidr_v2`, `permissionList`, `isEnabled`, `canWithdraw`.
_DECISIVE_WORDS = ("permission", "cidr", "enabled", *PROFILE.forbidden_permissions)


def _could_override(name: str, told: object) -> bool:
    """Whether another field than the documented ones may say more of a key than they do."""
    if name in _FIELDS:
        return False
    letters = _letters(name)
    words = told if isinstance(told, list) else [told]
    return (
        any(word in letters for word in _DECISIVE_WORDS)
        or letters in _LOOKALIKE_FIELDS
        or name.strip().lower() in _FIELDS
        or any(isinstance(word, str) and PROFILE.is_forbidden(word) for word in words)
    )


def read_keys(session: Session, key_id: str) -> KeyListing:
    """What /apiKey, the list of the account's keys, tells; and only if that does not tell, /apiKey/self.

    Raises:
        GuardError: unverified, if neither tells.
    """
    answer = session.request("apiKey")
    listed: list[dict[str, Any]] | None = None
    own: list[dict[str, Any]] = []
    if not _is_denied(answer):
        listed = _entries(parse_success(answer, list))
        own = [entry for entry in listed if constant_time_equal(entry["id"], key_id)]
    if not own:
        listed = None  # a list without the key that asked is somebody else's
        own = [
            entry
            for entry in _entries([parse_success(session.request("apiKey/self"), dict)])
            if constant_time_equal(entry["id"], key_id)
        ]
    if not own:
        fail(
            "key-not-listed",
            "BitMEX answered, but about other keys than the one that signed the request.",
            "Try again; if it stays, a proxy answers with somebody else's data, or the API has changed: report it.",
        )
    if len(own) > _MAX_ENTRIES:
        fail_invalid(PROFILE, "lists the key too often")
    facts = tuple(_facts(entry) for entry in own)
    return KeyListing(facts, lambda: _siblings(listed, key_id))


def _siblings(listed: list[dict[str, Any]] | None, key_id: str) -> tuple[SiblingKey, ...] | NotReported:
    if listed is None:
        return NotReported("BitMEX showed this key only")
    others = [entry for entry in listed if not constant_time_equal(entry["id"], key_id)]
    listed_of_them = sum(len(told) for entry in others for told in map(entry.get, _LISTS) if isinstance(told, list))
    if len(others) > _MAX_SIBLINGS or listed_of_them > _MAX_SIBLING_DETAILS:
        return NotReported(f"BitMEX listed {len(others):,} of them, with {listed_of_them:,} rights and address blocks")
    return tuple(_sibling(entry) for entry in others)


def _sibling(entry: dict[str, Any]) -> SiblingKey:
    key_id: str = entry["id"]
    try:
        facts = _facts(entry)
    except GuardError:
        facts = None
    return SiblingKey(mask_id(key_id), fingerprint(key_id), facts)


def _entries(listed: Sequence[Any]) -> list[dict[str, Any]]:
    if not all(isinstance(entry, dict) and isinstance(entry.get("id"), str) for entry in listed):
        fail_invalid(PROFILE, "lists something that is not a key with an id")
    return list(listed)


def _facts(entry: dict[str, Any]) -> KeyFacts:
    # BitMEX names its fields in short ASCII words; among all others there are too many ways to write one of them.
    if not all(name.isascii() and len(name) <= _MAX_WORD_LENGTH for name in entry):
        fail_invalid(PROFILE, "describes the key in a field whose name is longer than any, or not ASCII")
    # Who wins where `permissions` and `Permissions` differ is known to the exchange alone. Other new fields may come.
    unknown = [name for name, told in entry.items() if _could_override(name, told)]
    if unknown:
        fail_invalid(
            PROFILE, f"describes the key in fields that this version does not know: {join_limited(unknown, sanitize)}"
        )
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


def _account_number(told: object) -> str | None:
    """An account's number as text. What is odd counts as not told: only one rule rests on it, if the operator asks."""
    text = "" if isinstance(told, bool) or not isinstance(told, int | str) else str(told)
    return text if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text) else None


def _ip_restriction(cidr: str | None, cidrs: list[str] | None) -> IpRestriction:
    """What both fields admit together; which of them would win is documented nowhere, so both count."""
    blocks = [] if cidr is None else [cidr]
    blocks += cidrs or []
    if not blocks:
        return Unrestricted("CIDR is not given")
    if any(not block.strip() for block in blocks):
        return Unrestricted("CIDR is blank")
    return RestrictedTo.from_texts(blocks)


def _is_denied(answer: Response) -> bool:
    if answer.status != 403:
        return False
    try:
        return bool(answer.json() == _DENIAL)
    except ValueError:
        return False
