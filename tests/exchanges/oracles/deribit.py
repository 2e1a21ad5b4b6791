"""Deribit, list_api_keys: permissions are words with a level."""

from __future__ import annotations

from typing import Any

from tests.exchanges.oracles import allows_one_address, are_words, has_lookalike

READS = {f"{name}:read" for name in ("account", "trade", "wallet", "block_trade", "block_rfq", "custody")}
DOCUMENTED = {"max_scope", "ip_whitelist", "enabled", "enabled_features"}


def may_start(bodies: list[Any], key_id: str) -> bool:
    (told,) = bodies
    if not isinstance(told, dict) or "error" in told or not isinstance(told.get("result"), list):
        return False
    if not all(isinstance(entry, dict) for entry in told["result"]):
        return False
    own = [entry for entry in told["result"] if entry.get("client_id") == key_id]
    lists = [entry.get("ip_whitelist") for entry in own]
    return (
        bool(own)
        and all(map(is_fine, own))
        and all(isinstance(blocks, list) for blocks in lists)
        and allows_one_address([block for blocks in lists for block in blocks])
    )


def is_fine(key: dict[str, Any]) -> bool:
    """Return whether a key is switched on, and trades and no more."""
    scope = key.get("max_scope")
    if not isinstance(scope, str) or key.get("enabled") is not True or not key.get("ip_whitelist"):
        return False
    words = [word for word in scope.split(" ") if not word.endswith(":none")]
    return are_words(words, READS | {"trade:read_write"}, {"account:read", "trade:read_write"}) and not has_lookalike(
        key, DOCUMENTED, "scope|permission|whitelist|withdraw"
    )
