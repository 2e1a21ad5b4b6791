"""Gate, the list of the account's keys and the account's detail, for spot."""

from __future__ import annotations

from typing import Any

from tests.exchanges.oracles import allows_one_address, has_lookalike

TRADES = {"spot", "futures", "unified"}


def may_start(bodies: list[Any], key_id: str) -> bool:
    if len(bodies) != 2:
        return False
    listed, detail = bodies
    entries = [listed] if isinstance(listed, dict) else listed
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return False
    own = [entry for entry in entries if is_shown_of(entry.get("key"), key_id)]
    return len(own) == 1 and is_fine(own[0], detail)


def is_fine(key: dict[str, Any], detail: Any) -> bool:
    """Return whether a key trades and no more, from one address in both answers."""
    rights = key.get("perms")
    if not isinstance(rights, list) or not all(isinstance(right, dict) for right in rights):
        return False
    if not all(isinstance(right.get("name"), str) and type(right.get("read_only")) is bool for right in rights):
        return False
    writes = {right["name"] for right in rights if not right["read_only"]}
    reads = {right["name"] for right in rights if right["read_only"]}
    both: list[Any] = [key.get("ip_whitelist"), detail.get("ip_whitelist") if isinstance(detail, dict) else None]
    return (
        (type(key.get("state")), key.get("state")) in ((int, 1), (str, "1"))
        and writes <= TRADES
        and "spot" in writes
        and "account" in reads
        and all(isinstance(blocks, list) for blocks in both)
        and allows_one_address([*both[0], *both[1]])
        and not has_lookalike(key, {"perms", "ip_whitelist", "state"}, "perm|whitelist|withdraw|state")
    )


def is_shown_of(shown: Any, key_id: str) -> bool:
    """Return whether what is shown of a key's id is of this one: a few of its letters, the rest as stars or dots."""
    if not isinstance(shown, str) or not shown:
        return False
    start = shown.rstrip("*.")
    return bool(start) and key_id.startswith(start.partition("*")[0].partition(".")[0])
