"""`agent learn`: what a bot asked for, as the narrowest section that would have let it.

While it learns, the route table and the types of its parameters hold as always; pairs, order types and limits do not.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

_NO_LIMIT = 1e15
_MINUTE = 60.0


def without_limits(section: Any) -> Any:
    """Return a section that lets through every order of the route table, and counts its value.

    Args:
        section: `agent`, as it is written; `pairs` may be missing.
    """
    if not isinstance(section, Mapping):
        return section
    pairs = ["*/*:*"] if section.get("trading_mode") == "futures" else ["*/*"]
    kept = {name: value for name, value in section.items() if name != "order_types"}
    limits = {"orders_per_minute": 6000, "order_value": _NO_LIMIT, "value_per_day": _NO_LIMIT}
    return {**kept, "pairs": pairs, "limits": limits}


def narrowest_section(entries: Iterable[Mapping[str, Any]], written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the narrowest section that would have let through what was recorded.

    Args:
        entries: of the record.
        written: the section as it is in the config.
    """
    let_through = [entry for entry in entries if entry.get("use")]
    orders = [entry for entry in let_through if entry["kind"] == "order"]
    entry_orders = [entry for entry in orders if entry["use"] == "entry"]
    values = [float(entry["value"]) for entry in entry_orders if "value" in entry]
    leverages = [float(entry["leverage"]) for entry in let_through if "leverage" in entry]
    exits = [entry for entry in let_through if entry["use"] != "entry"]
    limits: dict[str, Any] = {
        # Exits and cancels have four times as many.
        "orders_per_minute": max(1, _busiest_minute(entry_orders), math.ceil(_busiest_minute(exits) / 4)),
    }
    if values:
        limits |= {"order_value": math.ceil(max(values)), "value_per_day": math.ceil(sum(values))}
    if leverages:
        limits["leverage"] = max(1, math.ceil(max(leverages)))
    kept = {name: value for name, value in written.items() if name not in ("pairs", "order_types", "limits")}
    return {
        **kept,
        "pairs": sorted({entry["pair"] for entry in let_through if "pair" in entry}),
        "order_types": sorted({entry["type"] for entry in orders}),
        "limits": limits,
    }


def _busiest_minute(entries: Iterable[Mapping[str, Any]]) -> int:
    window: deque[float] = deque()
    most = 0
    for moment in (datetime.fromisoformat(entry["time"]).timestamp() for entry in entries):
        window.append(moment)
        while window[0] <= moment - _MINUTE:
            window.popleft()
        most = max(most, len(window))
    return most
