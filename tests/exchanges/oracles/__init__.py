"""One independent, much simpler decision for each exchange: may a bot start on these answers?

An oracle is `may_start(bodies, key_id)` in a module named like the exchange, here or in the exchange's test module. It
is written from the exchange's documentation alone and uses nothing of the guard. In doubt it says no; the guard may be
stricter, never laxer.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from importlib.util import find_spec
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

Oracle = Callable[[list[Any], str], bool]


def oracle_of(name: str) -> Oracle:
    """Return the oracle of an exchange.

    Raises:
        ModuleNotFoundError: if there is none.
    """
    module = f"{__name__}.{name}" if find_spec(f"{__name__}.{name}") else f"tests.exchanges.test_{name}"
    oracle: Oracle = importlib.import_module(module).may_start
    return oracle


def allows_one_address(blocks: Any) -> bool:
    """Return whether a list of blocks admits exactly one address, as the policy has it by default."""
    if not isinstance(blocks, list) or not blocks:
        return False
    found = set()
    for block in blocks:
        try:
            network = ip_network(block, strict=False) if isinstance(block, str) else None
        except ValueError:
            return False
        if network is None or network.num_addresses != 1 or network.network_address.is_unspecified:
            return False
        address = ip_address(network.network_address)
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        found.add(mapped or address)
    return len(found) == 1


def are_words(words: Any, allowed: Collection[str], required: Iterable[str]) -> bool:
    """Return whether a list has words of those that are allowed, each exactly, and all that are required."""
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return False
    return set(words) <= set(allowed) and set(required) <= set(words)


def has_lookalike(data: dict[str, Any], documented: Collection[str], hints: str) -> bool:
    """Return whether an undocumented field could be taken for one that decides."""
    return any(
        not name.isascii() or re.search(hints, re.sub("[^a-z]", "", name.lower()))
        for name in data
        if name not in documented
    )


def is_later(moment: float) -> bool:
    """Return whether a moment, in Unix seconds, is yet to come."""
    return moment > datetime.now(UTC).timestamp()
