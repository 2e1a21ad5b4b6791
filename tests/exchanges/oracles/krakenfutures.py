"""Kraken Futures, the check of a key: two permissions with a level each, and addresses in two fields."""

from __future__ import annotations

from typing import Any

from tests.exchanges.oracles import allows_one_address, has_lookalike


def may_start(bodies: list[Any], key_id: str) -> bool:
    (told,) = bodies
    if not isinstance(told, dict) or "error" in told or told.get("apiKey") != key_id:
        return False
    levels, one, many = told.get("permissions"), told.get("allowedCidrBlock"), told.get("allowedCidrBlocks")
    if not isinstance(levels, dict) or not isinstance(many, list):
        return False
    others = {level for name, level in levels.items() if name not in ("general", "transfer")}
    return (
        levels.get("general") == "FULL_ACCESS"
        and levels.get("transfer") in ("NO_ACCESS", "READ_ONLY")
        and others <= {"NO_ACCESS"}
        and allows_one_address(([] if one is None else [one]) + many)
        and not has_lookalike(
            told, {"permissions", "allowedCidrBlock", "allowedCidrBlocks"}, "permission|cidr|withdraw"
        )
    )
