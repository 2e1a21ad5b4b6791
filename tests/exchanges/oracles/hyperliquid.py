"""Hyperliquid, the role of the address that signs, and the account's API wallets. The key id is the account."""

from __future__ import annotations

from typing import Any

from tests.exchanges.oracles import has_lookalike, is_later


def may_start(bodies: list[Any], key_id: str) -> bool:
    if len(bodies) != 2:
        return False
    told, agents = bodies
    if not isinstance(told, dict) or told.get("role") != "agent" or not isinstance(told.get("data"), dict):
        return False
    account = told["data"].get("user")
    if not isinstance(account, str) or account.lower() != key_id.lower() or has_lookalike(told, {"role"}, "role|agent"):
        return False
    if not isinstance(agents, list) or not agents or not all(isinstance(agent, dict) for agent in agents):
        return False
    # Which of them signs is not in the answers; that one has not ended is the most that can be asked for.
    ends = [agent.get("validUntil", 0) for agent in agents if isinstance(agent.get("address"), str)]
    return any(map(works_yet, ends))


def works_yet(end: Any) -> bool:
    """Return whether an API wallet works for some time yet; one without an end does."""
    if end is None:
        return True
    return type(end) in (int, str) and str(end).isdecimal() and is_later(int(end) / 1000)
