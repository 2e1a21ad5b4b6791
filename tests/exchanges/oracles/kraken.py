"""Kraken, GetApiKeyInfo, in both spellings of its fields."""

from __future__ import annotations

from typing import Any

from tests.exchanges.oracles import allows_one_address, are_words, has_lookalike, is_later

REQUIRED = {"query-funds", "query-open-trades", "query-closed-trades", "modify-trades", "close-trades"}
ALLOWED = REQUIRED | {"query-ledger", "export-data", "create-ws-token"}


def may_start(bodies: list[Any], key_id: str) -> bool:
    (told,) = bodies
    if not isinstance(told, dict) or told.get("error") != [] or not isinstance(told.get("result"), dict):
        return False
    letters = ["".join(char for char in name.lower() if char.isalnum()) for name in told["result"]]
    key = dict(zip(letters, told["result"].values(), strict=True))
    end = key.get("validuntil")
    if len(key) != len(letters) or not isinstance(end, str) or not end.isdecimal():
        return False
    return (
        key.get("apikey") == key_id
        and are_words(key.get("permissions"), ALLOWED, REQUIRED)
        and allows_one_address(key.get("ipallowlist"))
        and (int(end) == 0 or is_later(int(end)))
        and not has_lookalike(key, {"permissions", "ipallowlist"}, "permission|allowlist|whitelist|withdraw")
    )
