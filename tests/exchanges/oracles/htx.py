"""HTX, the user's number and the list of that user's keys."""

from __future__ import annotations

from typing import Any

from tests.exchanges.oracles import allows_one_address, are_words, has_lookalike

DOCUMENTED = {"accessKey", "status", "permission", "ipAddresses", "validDays"}


def may_start(bodies: list[Any], key_id: str) -> bool:
    if len(bodies) != 2 or not all(isinstance(told, dict) and told.get("code") == 200 for told in bodies):
        return False
    number, listed = (told.get("data") for told in bodies)
    if type(number) is not int or not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        return False
    own = [entry for entry in listed if entry.get("accessKey") == key_id]
    if not own or not all(map(is_fine, own)):
        return False
    return allows_one_address([block.strip() for entry in own for block in entry["ipAddresses"].split(",")])


def is_fine(key: dict[str, Any]) -> bool:
    """Return whether a key works, and trades and no more."""
    days = key.get("validDays")
    if not all(isinstance(key.get(name), str) for name in ("permission", "ipAddresses")) or type(days) is not int:
        return False
    words = [word.strip() for word in key["permission"].split(",") if word.strip()]
    return (
        key.get("status") == "normal"
        and days >= -1
        and are_words(words, {"readOnly", "trade"}, {"trade"})
        and not has_lookalike(key, DOCUMENTED, "permission|address|withdraw|status")
    )
