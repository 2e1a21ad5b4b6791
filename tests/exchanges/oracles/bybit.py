"""Bybit, query-api, for spot: groups with words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.exchanges.oracles import allows_one_address, are_words, has_lookalike, is_later

TRADES = {
    "Spot.SpotTrade",
    "ContractTrade.Order",
    "ContractTrade.Position",
    "Derivatives.DerivativesTrade",
    "Options.OptionsTrade",
}
NEVER = "1970-01-01T00:00:00Z"


def may_start(bodies: list[Any], key_id: str) -> bool:
    (told,) = bodies
    if not isinstance(told, dict) or type(told.get("retCode")) is not int or told["retCode"] != 0:
        return False
    key = told.get("result")
    if not isinstance(key, dict) or key.get("apiKey") != key_id or key.get("readOnly") != 0:
        return False
    groups = key.get("permissions")
    if not isinstance(groups, dict) or not all(isinstance(words, list) for words in groups.values()):
        return False
    words = [f"{group}.{word}" for group, each in groups.items() for word in each]
    return (
        are_words(words, TRADES, {"Spot.SpotTrade"})
        and allows_one_address(key.get("ips"))
        and works_yet(key.get("expiredAt"))
        and not has_lookalike(key, {"apiKey", "readOnly", "permissions", "ips", "expiredAt"}, "permission|readonly")
    )


def works_yet(end: Any) -> bool:
    if end == NEVER:
        return True
    try:
        return is_later(datetime.fromisoformat(end).timestamp())
    except (TypeError, ValueError, OverflowError):
        return False
