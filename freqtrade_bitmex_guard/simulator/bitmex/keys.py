"""BitMEX's keys, as /apiKey reports them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind, network_contains, random_text
from freqtrade_bitmex_guard.simulator.market import iso

USER_ID = 395724  # of the account that ccxt's documentation shows
WORDS = {Kind.READ: (), Kind.TRADE: ("order",), Kind.CANCEL: ("orderCancel",), Kind.WITHDRAW: ("withdraw",)}


@dataclass
class Key(KeyState):
    """One API key in BitMEX's words. `cidr` and `cidrs` replace `networks`.

    Attributes:
        permissions: in BitMEX's words.
        cidr: one block, blank for every address, or None.
        cidrs: the newer list of blocks, or None if the answer has no such field.
        can_list_keys: whether /apiKey is granted to it; to some keys it was denied.
        can_read_itself: likewise /apiKey/self.
    """

    permissions: list[str] = field(default_factory=lambda: ["order"], kw_only=True)
    cidr: str | None = field(default="127.0.0.1/32", kw_only=True)
    cidrs: list[str] | None = field(default=None, kw_only=True)
    can_list_keys: bool = field(default=True, kw_only=True)
    can_read_itself: bool = field(default=True, kw_only=True)

    def to_json(self) -> dict[str, Any]:
        """Return the key as /apiKey reports it: never with its secret."""
        content: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "nonce": 0,
            "cidr": self.cidr,
            "permissions": self.permissions,
            "enabled": self.enabled,
            "userId": USER_ID,
            "targetAccountId": USER_ID,
            "created": iso(self.created),
        }
        if self.cidrs is not None:
            content["cidrs"] = self.cidrs
        return {**content, **self.overrides}

    def allows_ip(self, address: str) -> bool:
        """Return whether the key works from an address."""
        blocks = [block for block in [self.cidr, *(self.cidrs or [])] if block is not None]
        if not blocks:
            return True
        return any(
            # BitMEX takes these for "any address".
            not block.strip() or block.split("/")[0] in ("0.0.0.0", "::") or network_contains(block, address)  # noqa: S104
            for block in blocks
        )


def random_key(**changed: Any) -> Key:
    """Make a good key, with something changed; drawn anew each time, so that nobody could take it for theirs."""
    return Key(random_text(24), random_text(48), **changed)
