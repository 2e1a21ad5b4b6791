"""Who may start, said a second time and much more simply than the guard says it.

Written from the exchange's documentation and our pages alone. It knows no rules, no facts and no address arithmetic:
rights are sets of words, address blocks are written out as sets of addresses, the widest by their first addresses and
one address from each corner of the Internet. Where it is in doubt it says no, but it may say yes where the guard says
no: the guard is allowed to be stricter, never laxer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import islice
from typing import Any

DECIDE = ("id", "permissions", "cidr", "cidrs", "enabled")
LONGEST_NAME = 64
MOST_WRITTEN_OUT = 1024
CORNERS = range(256)
FOUR = [ip_address(f"{corner}.1.1.1") for corner in CORNERS]
MAPPED = [ip_address(f"::ffff:{address}") for address in FOUR]
SIX = [IPv6Address((0x2000 << 112) + (corner << 117) + 1) for corner in CORNERS]
INTERNETS = [set(map(str, corners)) for corners in (FOUR, SIX)]


@dataclass(frozen=True)
class Told:
    """What came over the wire."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Wanted:
    """The operator's policy, written out."""

    allowed: frozenset[str]
    required: frozenset[str]
    most: int
    within: frozenset[str] | None


def may_start(listed: Told, itself: Told, key_id: str, wanted: Wanted) -> bool:
    """Whether a bot may start on a key of which /apiKey and, only if that does not hold it, /apiKey/self said this."""
    denied = listed.status == 403 and read(listed.body) == {"error": {"message": "Access Denied", "name": "HTTPError"}}
    entries = [] if denied else read(listed.body) if listed.status == 200 else None
    if not isinstance(entries, list):
        return False
    own = [entry for entry in entries if isinstance(entry, dict) and entry.get("id") == key_id]
    if not own:
        entry = read(itself.body) if itself.status == 200 else None
        own = [entry] if isinstance(entry, dict) and entry.get("id") == key_id else []
    if not own or any(entry.get("enabled", True) is not True for entry in own):
        return False
    if any(name not in DECIDE and reads_like_one(name) for entry in own for name in entry):
        return False
    try:
        words = {word for entry in own for word in entry["permissions"]}
        addresses = {address for entry in own for address in works_from(entry)}
    except (KeyError, TypeError, ValueError):
        return False
    return (
        all(isinstance(entry["permissions"], list) and wanted.required <= set(entry["permissions"]) for entry in own)
        and words <= wanted.allowed
        and 0 < len(addresses) <= wanted.most
        and not any(2 * len(addresses & internet) >= len(CORNERS) for internet in INTERNETS)
        and (wanted.within is None or addresses <= wanted.within)
    )


def read(body: bytes) -> Any:
    """A JSON text as everybody reads it; None for one that two readers could read differently."""
    try:
        return json.loads(body.decode(), object_pairs_hook=once, parse_constant=no_number)
    except (ValueError, RecursionError):
        return None


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)


def reads_like_one(name: str) -> bool:
    """Whether somebody who reads carelessly takes a name for one that decides: because one of those stands somewhere in
    its letters; `id` is too short for that. Any name that is long or not ASCII may be taken for anything.
    """
    letters = "".join(letter for letter in name.lower() if letter.isalpha())
    holds_one = "permission" in letters or "cidr" in letters or "enabled" in letters
    return len(name) > LONGEST_NAME or not name.isascii() or holds_one or name.strip().lower() == "id"


def no_number(_name: str) -> None:
    raise ValueError


def works_from(entry: dict[str, Any]) -> set[str]:
    """Every single address a key works from; raises where that is everywhere, or cannot be said."""
    cidr, cidrs = entry.get("cidr"), entry.get("cidrs")
    if not isinstance(cidr, str | None) or not isinstance(cidrs, list | None):
        raise TypeError
    blocks = [*([] if cidr is None else [cidr]), *(cidrs or [])]
    if not blocks:
        raise ValueError
    return {address for block in blocks for address in written_out(block)}


@lru_cache(1000)  # the same blocks are drawn again and again
def written_out(block: str) -> frozenset[str]:
    if not isinstance(block, str):
        raise TypeError
    network = ip_network(block, strict=False)
    written: list[IPv4Address | IPv6Address] = list(islice(network, MOST_WRITTEN_OUT + 1))
    if len(written) > MOST_WRITTEN_OUT:
        written += [address for address in (*FOUR, *MAPPED, *SIX) if address in network]
    mapped = [address.ipv4_mapped if isinstance(address, IPv6Address) else None for address in written]
    addresses = [four or address for four, address in zip(mapped, written, strict=True)]
    if any(address.is_unspecified for address in addresses):
        raise ValueError
    return frozenset(str(address) for address in addresses)
