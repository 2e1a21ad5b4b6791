"""Bitget, account/info of a unified account, and of a classic one if that is an error; for spot."""

from __future__ import annotations

from typing import Any

from tests.exchanges.oracles import allows_one_address, are_words, has_lookalike

READS = {"coor", "cpor", "stor", "smor", "ttor", "wtor", "taxr", "chor", "p2pr", "pllr", "readonly"}
CLASSIC = READS | {"stow", "coow", "cpow"}
UNIFIED = {"uta_trade", "uta_mgt"}


def may_start(bodies: list[Any], _key_id: str) -> bool:
    first = bodies[0]
    if isinstance(first, dict) and first.get("code") == "00000":
        key: Any = first.get("data")
        kinds = ("read-and-write", "read_and_write")
        return is_fine(key, "permissions", UNIFIED, UNIFIED) and str(key.get("permType")) in kinds
    second = bodies[1] if len(bodies) > 1 else None
    if not isinstance(second, dict) or second.get("code") != "00000":
        return False
    return is_fine(second.get("data"), "authorities", CLASSIC | UNIFIED, {"stow"})


def is_fine(key: Any, field: str, allowed: set[str], required: set[str]) -> bool:
    """Return whether a key trades and no more, from one address."""
    return (
        isinstance(key, dict)
        and are_words(key.get(field), allowed, required)
        and isinstance(key.get("ips"), str)
        and allows_one_address(key["ips"].split(","))
        and not has_lookalike(key, {field, "ips", "permType"}, "perm|authorit|^ips?$|withdraw")
    )
