"""Binance, apiRestrictions, for spot."""

from __future__ import annotations

import re
from typing import Any

HARMLESS = {"ipRestrict", "enableReading", "enableSpotAndMarginTrading", "enableFutures", "enableFixReadOnly"}
DANGEROUS = {
    "enableWithdrawals",
    "enableInternalTransfer",
    "permitsUniversalTransfer",
    "enableMargin",
}


def may_start(bodies: list[Any], _key_id: str) -> bool:
    (told,) = bodies
    if not isinstance(told, dict) or "code" in told:
        return False
    on = {name for name, value in told.items() if value is True}
    odd = {
        name
        for name, value in told.items()
        if re.search("enable|permit|withdraw|transfer", name.lower()) and not isinstance(value, bool)
    }
    return (
        on <= HARMLESS
        and {"ipRestrict", "enableReading", "enableSpotAndMarginTrading"} <= on
        and not odd
        and all(told.get(name) is False for name in DANGEROUS)
    )
