"""An independent, much simpler decision whether a bot may start.

It was written from the exchange's documentation and our pages alone, and knows no rules, no facts and no address
arithmetic. Permissions are sets of words. Address blocks are sets of addresses; a wide one is represented by its first
addresses and one address from each corner of the Internet. In doubt it says no. It may say yes where the guard says no:
the guard may be stricter, never laxer.
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
    """A response, as it came."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Wanted:
    """The operator's policy, with its defaults."""

    allowed: frozenset[str]
    required: frozenset[str]
    most: int
    within: frozenset[str] | None


def may_start(listed: Told, itself: Told, key_id: str, wanted: Wanted) -> bool:
    """Return whether a bot may start, given the responses of /apiKey and, if the key is not in it, /apiKey/self."""
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
    """Parse JSON, or return None where two readers could read it differently."""
    try:
        return json.loads(body.decode(), object_pairs_hook=once, parse_constant=no_number)
    except (ValueError, RecursionError):
        return None


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)


def reads_like_one(name: str) -> bool:
    """Return whether a careless reader could take a name for a decisive one.

    That is so if its letters contain a decisive name (`id` is too short for that), or if it is long or not ASCII.
    """
    letters = "".join(letter for letter in name.lower() if letter.isalpha())
    holds_one = "permission" in letters or "cidr" in letters or "enabled" in letters
    return len(name) > LONGEST_NAME or not name.isascii() or holds_one or name.strip().lower() == "id"


def no_number(_name: str) -> None:
    raise ValueError


def works_from(entry: dict[str, Any]) -> set[str]:
    """Return every address from which a key works; raise if that is everywhere or unknown."""
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
