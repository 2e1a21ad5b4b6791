"""BitMEX's account behind the keys, as /user, /address and /userEvent report it.

No answer of /address was ever recorded: this one has the documented fields.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from freqtrade_bitmex_guard.simulator.bitmex.keys import USER_ID
from freqtrade_bitmex_guard.simulator.market import iso


@dataclass
class Account:
    """An account, by default in good order.

    Attributes:
        two_factor: TFAEnabled: a word such as "GA" is on, None or blank is off.
        addresses: saved withdrawal addresses.
        events: the newest first; `add_event` adds one.
        events_in_a_list: whether /userEvent is as documented; observed was an object around the list.
        overrides: fields that replace those of /user.
    """

    two_factor: str | None = "GA"
    addresses: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    events_in_a_list: bool = False
    overrides: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.add_event("login", days_ago=20.1)
        self.add_event("apiKeyCreated", days_ago=20)

    def add_event(self, word: str, *, days_ago: float, ip: str = "203.0.113.7", status: str = "success") -> None:
        """Add an event, newer than all before."""
        event = {
            "id": len(self.events) + 1,
            "type": word,
            "status": status,
            "userId": USER_ID,
            "createdById": USER_ID,
            "ip": ip,
            "geoipCountry": "SC",
            "geoipRegion": "",
            "geoipSubRegion": "",
            "eventMeta": {},
            "created": iso(time.time() - days_ago * 86_400),
        }
        self.events.insert(0, event)

    def add_withdrawal_address(self, name: str, **skips: bool) -> None:
        """Save a withdrawal address."""
        address = {
            "id": len(self.addresses) + 1,
            "currency": "XBt",
            "created": iso(time.time()),
            "userId": USER_ID,
            "address": f"bc1q{len(self.addresses):038d}",
            "name": name,
            "note": None,
            "skipConfirm": False,
            "skipConfirmVerified": False,
            "skip2FA": False,
            "skip2FAVerified": False,
            "network": "btc",
            "verified": True,
        }
        self.addresses.append({**address, **skips})

    def respond(self, path: str, query: dict[str, str]) -> Any:
        """Return the content of one of the account's paths; `startId` leads from that event on to older ones."""
        if path == "/user":
            return {
                "id": USER_ID,
                "username": "owner",
                "TFAEnabled": self.two_factor,
                "typ": "Trader",
                **self.overrides,
            }
        if path == "/address":
            return self.addresses
        start, count = int(query.get("startId", "0")), int(query.get("count", "150"))
        page = [event for event in self.events if not start or event["id"] <= start][:count]
        return page if self.events_in_a_list else {"userEvents": page}
