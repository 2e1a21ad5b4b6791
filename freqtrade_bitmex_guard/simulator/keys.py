"""The keys of the look-alike's account."""

from __future__ import annotations

import secrets
import string
import time
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from freqtrade_bitmex_guard.simulator.market import iso

USER_ID = 395724  # of the account that ccxt's documentation shows
_ALPHABET = string.ascii_letters + string.digits


@dataclass
class Key:
    """One API key, as its owner made it.

    Attributes:
        id: 24 characters on the real exchange.
        secret: what its requests are signed with.
        permissions: its rights, in BitMEX's words.
        cidr: one block, blank for every address, or None.
        cidrs: the newer list of blocks, or None if the answer has no such field.
        enabled: whether it works.
        name: as its owner called it.
        age_days: how long ago it was made.
        sees_list: whether /apiKey is granted to it; to some keys it was denied.
        sees_itself: likewise /apiKey/self.
        odd: fields that replace those of the answer, to show what hostile or broken answers do.
    """

    id: str
    secret: str = field(repr=False)
    permissions: list[str] = field(default_factory=lambda: ["order"])
    cidr: str | None = "127.0.0.1/32"
    cidrs: list[str] | None = None
    enabled: bool = True
    name: str = "freqtrade-btc"
    age_days: float = 20
    sees_list: bool = True
    sees_itself: bool = True
    odd: dict[str, Any] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """The key as /apiKey tells of it: never with its secret."""
        told: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "nonce": 0,
            "cidr": self.cidr,
            "permissions": self.permissions,
            "enabled": self.enabled,
            "userId": USER_ID,
            "targetAccountId": USER_ID,
            "created": iso(time.time() - self.age_days * 86_400),
        }
        if self.cidrs is not None:
            told["cidrs"] = self.cidrs
        return {**told, **self.odd}

    def admits(self, address: str) -> bool:
        """Whether requests from an address are let through."""
        blocks = [block for block in [self.cidr, *(self.cidrs or [])] if block is not None]
        if not blocks:
            return True
        for block in blocks:
            if not block.strip() or block.split("/")[0] in ("0.0.0.0", "::"):  # noqa: S104 - BitMEX's "any address"
                return True
            try:
                if ip_address(address) in ip_network(block, strict=False):
                    return True
            except ValueError:
                return True  # an odd block must not keep a test from reading it
        return False


def made_up(**what: Any) -> Key:
    """A good key, with something changed; drawn anew each time, so that nobody could take its secret for theirs."""
    key_id, secret = ("".join(secrets.choice(_ALPHABET) for _ in range(length)) for length in (24, 48))
    return Key(key_id, secret, **what)
