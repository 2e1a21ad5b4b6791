"""The account's API keys.

Sources: the API explorer's schema of /apiKey and its field definitions (support.bitmex.com, article 6205606449309);
bitmex.com/app/apiKeysUsage for the rights.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from freqtrade_bitmex_guard.addresses import Network, parse_block
from freqtrade_bitmex_guard.exchange.answer import Answer
from freqtrade_bitmex_guard.facts import AddressLimit, Everywhere, KeyFacts, NotTold, Only, Permission, Right
from freqtrade_bitmex_guard.findings import Stopped, stop
from freqtrade_bitmex_guard.posture import OtherKey
from freqtrade_bitmex_guard.redaction import harmless, mark, mask, some
from freqtrade_bitmex_guard.sealed import same
from freqtrade_bitmex_guard.venues.bitmex.answers import content, invalid, moment
from freqtrade_bitmex_guard.venues.bitmex.terms import TERMS
from freqtrade_bitmex_guard.venues.interface import Ask, Listing

# Every key can read positions, margin, orders and executions; some guides call that right Position.
_RIGHTS = {
    "order": Right.TRADE,
    "orderCancel": Right.CANCEL,
    "position": Right.READ,
    "withdraw": Right.WITHDRAW,
}

# Far more than any real key has; a hostile answer must not keep us busy or fill the log.
_MOST_ENTRIES = 10
_MOST_OTHERS = 2_000
_MOST_OF_OTHERS = 6_000
_LISTS = ("permissions", "cidrs")
_MOST_PERMISSIONS = 50
_LONGEST_WORD = 64
_MOST_BLOCKS = 250

# What a key without the right to see the list is told, whole: NOTICE names the projects that recorded it. Anything else
# is somebody else's no, and the key's word about itself is no way around that.
_DENIAL = {"error": {"message": "Access Denied", "name": "HTTPError"}}


class _Entry(BaseModel):
    """One key, in the part of the answer's shape that the verdict rests on. Anything odd in it is an error."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    id: str
    permissions: list[Annotated[str, Field(max_length=_LONGEST_WORD)]] = Field(max_length=_MOST_PERMISSIONS)
    cidr: str | None = None
    cidrs: list[str] | None = Field(default=None, max_length=_MOST_BLOCKS)
    enabled: bool = True
    name: str | None = None
    created: str | None = None
    user_id: Any = Field(default=None, alias="userId")
    account_id: Any = Field(default=None, alias="targetAccountId")


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())


_FIELDS = frozenset(field.alias or name for name, field in _Entry.model_fields.items())
# What a careless reader takes for one of them; `_id` and `names` are words of their own.
_ALIKE = frozenset(map(_letters, _FIELDS - {"id", "name"}))
# What decides, as it may stand in another name: `CIDR`, `cidr_v2`, `permissionList`, `isEnabled`, `canWithdraw`.
_DECIDING = ("permission", "cidr", "enabled", *TERMS.never_allowed)


def _may_decide(name: str, told: object) -> bool:
    """Whether another field than the documented ones may say more of a key than they do."""
    if name in _FIELDS:
        return False
    letters = _letters(name)
    words = told if isinstance(told, list) else [told]
    return (
        any(word in letters for word in _DECIDING)
        or letters in _ALIKE
        or name.strip().lower() in _FIELDS
        or any(isinstance(word, str) and TERMS.forbids(word) for word in words)
    )


def read(ask: Ask, key_id: str) -> Listing:
    """What /apiKey, the list of the account's keys, tells; and only if that does not tell, /apiKey/self.

    Raises:
        Stopped: unverified, if neither tells.
    """
    answer = ask("apiKey")
    listed: list[dict[str, Any]] | None = None
    own: list[dict[str, Any]] = []
    if not _is_denied(answer):
        listed = _entries(content(answer, list))
        own = [entry for entry in listed if same(entry["id"], key_id)]
    if not own:
        listed = None  # a list without the key that asked is somebody else's
        own = [entry for entry in _entries([content(ask("apiKey/self"), dict)]) if same(entry["id"], key_id)]
    if not own:
        stop(
            "key-not-listed",
            "BitMEX answered, but about other keys than the one that signed the request.",
            "Try again; if it stays, a proxy answers with somebody else's data, or the API has changed: report it.",
        )
    if len(own) > _MOST_ENTRIES:
        invalid("lists the key too often")
    facts = tuple(_facts(entry) for entry in own)
    return Listing(facts, lambda: _others(listed, key_id))


def _others(listed: list[dict[str, Any]] | None, key_id: str) -> tuple[OtherKey, ...] | NotTold:
    if listed is None:
        return NotTold("BitMEX showed this key only")
    others = [entry for entry in listed if not same(entry["id"], key_id)]
    listed_of_them = sum(len(told) for entry in others for told in map(entry.get, _LISTS) if isinstance(told, list))
    if len(others) > _MOST_OTHERS or listed_of_them > _MOST_OF_OTHERS:
        return NotTold(f"BitMEX listed {len(others):,} of them, with {listed_of_them:,} rights and address blocks")
    return tuple(_other(entry) for entry in others)


def _other(entry: dict[str, Any]) -> OtherKey:
    key_id: str = entry["id"]
    try:
        facts = _facts(entry)
    except Stopped:
        facts = None
    return OtherKey(mask(key_id), mark(key_id), facts)


def _entries(listed: Sequence[Any]) -> list[dict[str, Any]]:
    if not all(isinstance(entry, dict) and isinstance(entry.get("id"), str) for entry in listed):
        invalid("lists something that is not a key with an id")
    return list(listed)


def _facts(entry: dict[str, Any]) -> KeyFacts:
    # BitMEX names its fields in short ASCII words; among all others there are too many ways to write one of them.
    if not all(name.isascii() and len(name) <= _LONGEST_WORD for name in entry):
        invalid("describes the key in a field whose name is longer than any, or not ASCII")
    # Who wins where `permissions` and `Permissions` differ is known to the exchange alone. Other new fields may come.
    unknown = [name for name, told in entry.items() if _may_decide(name, told)]
    if unknown:
        invalid(f"describes the key in fields that this version does not know: {some(unknown, harmless)}")
    try:
        key = _Entry.model_validate(entry)
    except ValidationError as problem:
        fields = {harmless(str(detail["loc"][0])) for detail in problem.errors(include_input=False)}
        invalid(f"describes the key oddly: {', '.join(sorted(fields))}")
    return KeyFacts(
        permissions=frozenset(Permission(word, right(word)) for word in key.permissions),
        addresses=_addresses(key.cidr, key.cidrs),
        enabled=key.enabled if "enabled" in key.model_fields_set else None,
        name=key.name,
        created=moment(key.created),
        user_id=_number(key.user_id),
        account_id=_number(key.account_id),
    )


def _number(told: object) -> str | None:
    """An account's number as text. What is odd counts as not told: only one rule rests on it, if the operator asks."""
    text = "" if isinstance(told, bool) or not isinstance(told, int | str) else str(told)
    return text if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text) else None


def right(word: str) -> Right:
    """What one of BitMEX's words lets a key do."""
    return Right.WITHDRAW if TERMS.forbids(word) else _RIGHTS.get(word, Right.UNKNOWN)


def _addresses(cidr: str | None, cidrs: list[str] | None) -> AddressLimit:
    """What both fields admit together; which of them would win is documented nowhere, so both count."""
    blocks = [] if cidr is None else [cidr]
    blocks += cidrs or []
    if not blocks:
        return Everywhere("CIDR is not given")
    if any(not block.strip() for block in blocks):
        return Everywhere("CIDR is blank")
    networks: list[Network] = []
    unreadable = []
    for block in blocks:
        try:
            networks.append(parse_block(block))
        except ValueError:
            unreadable.append(harmless(block, 40))
    return Only(tuple(networks), tuple(unreadable))


def _is_denied(answer: Answer) -> bool:
    if answer.status != 403:
        return False
    try:
        return bool(answer.json() == _DENIAL)
    except ValueError:
        return False
