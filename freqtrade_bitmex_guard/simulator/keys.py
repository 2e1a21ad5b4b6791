"""An API key of a simulated account, in words that hold for every exchange."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import Any

DAY_SECONDS = 86_400


class Kind(Enum):
    """What a permission lets a key do. Each exchange has its own words for these (`SimulatedExchange.words`)."""

    READ = "read"
    TRADE = "trade"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"
    TRANSFER = "transfer"
    MANAGE_KEYS = "manage keys"


@dataclass
class KeyState:
    """One API key as its owner made it; by default a good one, made for trading from this machine.

    An exchange reports what it has a notion of, and ignores the rest.

    Attributes:
        id: public id of the key (Hyperliquid: address of the API wallet).
        secret: signs requests.
        password: passphrase, where the exchange has one.
        wallet_address: account of a decentralised exchange.
        private_key: signs requests of a decentralised exchange.
        permissions: kinds, and words of the exchange beside them.
        networks: addresses and CIDR networks from which the key works; None is no limit.
        enabled: whether the key works.
        name: label.
        age_days: days since the key was made.
        days_left: days until the key expires; None is never.
        two_factor: whether its account is protected by a second factor.
        siblings: other keys of the account.
        overrides: fields that replace those of the rendered key, to make odd answers.
    """

    id: str = field(repr=False)
    secret: str = field(default="", repr=False)
    password: str = field(default="", repr=False, kw_only=True)
    wallet_address: str = field(default="", repr=False, kw_only=True)
    private_key: str = field(default="", repr=False, kw_only=True)
    permissions: Sequence[Kind | str] = field(
        default_factory=lambda: [Kind.READ, Kind.TRADE, Kind.CANCEL], kw_only=True
    )
    networks: list[str] | None = field(default_factory=lambda: ["127.0.0.1"], kw_only=True)
    enabled: bool = field(default=True, kw_only=True)
    name: str = field(default="freqtrade-btc", kw_only=True)
    age_days: float = field(default=20, kw_only=True)
    days_left: float | None = field(default=None, kw_only=True)
    two_factor: bool = field(default=True, kw_only=True)
    siblings: list[KeyState] = field(default_factory=list, kw_only=True)
    overrides: dict[str, Any] = field(default_factory=dict, kw_only=True)

    @property
    def created(self) -> float:
        """When the key was made, in Unix seconds."""
        return time.time() - self.age_days * DAY_SECONDS

    @property
    def expires(self) -> float | None:
        """When the key expires, in Unix seconds, or None."""
        return None if self.days_left is None else time.time() + self.days_left * DAY_SECONDS

    @property
    def expired(self) -> bool:
        """Whether the key has expired."""
        return self.days_left is not None and self.days_left <= 0

    def allows_ip(self, address: str) -> bool:
        """Return whether the key works from an address."""
        return self.networks is None or any(network_contains(network, address) for network in self.networks)


def network_contains(network: str, address: str) -> bool:
    """Return whether an address is in a network; yes for a text that is none."""
    try:
        return ip_address(address) in ip_network(network, strict=False)
    except ValueError:
        return True  # an odd network must not keep a test from reading it


def random_text(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Draw a text anew each time, so that nobody could take it for a secret of theirs."""
    return "".join(secrets.choice(alphabet) for _ in range(length))
