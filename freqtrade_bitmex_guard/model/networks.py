"""The arithmetic of address blocks: what a list of CIDR blocks admits.

Everything here leans to "everyone": where a block could be read as wider, it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Network, collapse_addresses, ip_network

Network = IPv4Network | IPv6Network


# Only `address` or `address/prefix`: `ipaddress` alone would also take netmasks, zone ids and padded prefixes.
_BLOCK = re.compile(r"[0-9A-Fa-f:.]{2,45}(?:/(?:0|[1-9][0-9]{0,2}))?")


_MAPPED = IPv6Network("::ffff:0:0/96")


# All of IPv4, and what of IPv6 is given out to anybody (global unicast, RFC 4291 and IANA's registry).
_INTERNET = (IPv4Network("0.0.0.0/0"), IPv6Network("2000::/3"))


def parse_network(text: str) -> Network:
    """Read one block.

    Args:
        text: `address` or `address/prefix`, IPv4 or IPv6; host bits may be set.

    Returns:
        The network, an IPv4-mapped one as the IPv4 network inside it.

    Raises:
        ValueError: if it is anything else.
    """
    if not _BLOCK.fullmatch(text):
        raise ValueError("not of the form address or address/prefix")
    network = ip_network(text, strict=False)
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((IPv4Address(int(network.network_address) & 0xFFFFFFFF), network.prefixlen - 96))
    return network


def collapse(networks: Iterable[Network]) -> tuple[Network, ...]:
    """The same addresses as few, disjoint, maximal blocks, IPv4 first."""
    blocks = tuple(networks)
    four = collapse_addresses([block for block in blocks if isinstance(block, IPv4Network)])
    six = collapse_addresses([block for block in blocks if isinstance(block, IPv6Network)])
    return (*four, *six)


def admits_everyone(networks: Iterable[Network]) -> bool:
    """Whether the blocks together mean every address, or so many that a stranger is more likely inside than out.

    That is half of IPv4, or half of what is given out of IPv6. So does a block at the unspecified address (`0.0.0.0`,
    `::`) with any prefix, which exchanges read as "any", and an IPv6 block that holds all of IPv4 (`::ffff:0:0/96`).
    """
    blocks = tuple(networks)
    return any(
        block.network_address.is_unspecified or (isinstance(block, IPv6Network) and block.supernet_of(_MAPPED))
        for block in blocks
    ) or any(
        # A block that is wider than one of these starts at the unspecified address.
        2 * count_addresses(block for block in blocks if _subnet_of(block, internet)) >= internet.num_addresses
        for internet in _INTERNET
    )


def count_addresses(networks: Iterable[Network]) -> int:
    """How many distinct addresses the blocks admit."""
    return sum(block.num_addresses for block in collapse(networks))


def networks_outside(networks: Iterable[Network], within: Iterable[Network]) -> list[Network]:
    """Those blocks that do not lie inside the union of the others."""
    # A block inside a union of blocks lies inside one of its maximal blocks, for both are aligned to powers of two: so
    # one of its own supernets is such a block. There may be thousands of either, but of prefixes only a few.
    maximal = set(collapse(within))
    prefixes = {(block.version, block.prefixlen) for block in maximal}
    return [
        network
        for network in networks
        if not any(
            network.version == version
            and prefix <= network.prefixlen
            and network.supernet(new_prefix=prefix) in maximal
            for version, prefix in prefixes
        )
    ]


def _subnet_of(network: Network, block: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(block, IPv4Network) and network.subnet_of(block)
    return isinstance(block, IPv6Network) and network.subnet_of(block)
