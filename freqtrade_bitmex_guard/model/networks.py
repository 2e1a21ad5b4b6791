"""What a list of CIDR blocks admits. A block that could be read as wider counts as wider."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Network, collapse_addresses, ip_network

Network = IPv4Network | IPv6Network


# Only `address` or `address/prefix`: `ipaddress` alone would also take netmasks, zone ids and padded prefixes.
_BLOCK = re.compile(r"[0-9A-Fa-f:.]{2,45}(?:/(?:0|[1-9][0-9]{0,2}))?")


_MAPPED = IPv6Network("::ffff:0:0/96")

# Parts of IPv6 that hold all of IPv4, by the bit at which the IPv4 address begins. Teredo inverts it. The other forms
# of RFC 6052 inside 64:ff9b:1::/48 hold less than this one.
_HOLDS_IPV4 = (
    (_MAPPED, 96),
    (IPv6Network("::/96"), 96),  # IPv4-compatible
    (IPv6Network("::ffff:0:0:0/96"), 96),  # IPv4-translated
    (IPv6Network("64:ff9b::/96"), 96),  # NAT64
    (IPv6Network("64:ff9b:1::/48"), 96),
    (IPv6Network("2002::/16"), 16),  # 6to4
)
_TEREDO = IPv6Network("2001::/32")

# A policy that allows more addresses of either kind is likely to allow a stranger's.
_WIDE_IPV4 = IPv4Network("10.0.0.0/8").num_addresses
_WIDE_IPV6 = IPv6Network("2000::/24").num_addresses

# All of IPv4, and the part of IPv6 that is assigned at all (global unicast, RFC 4291 and IANA's registry).
_INTERNET = (IPv4Network("0.0.0.0/0"), IPv6Network("2000::/3"))


def parse_network(text: str) -> Network:
    """Parse one block.

    Args:
        text: `address` or `address/prefix`, IPv4 or IPv6; host bits may be set.

    Returns:
        The network; an IPv4-mapped one as the IPv4 network that it means.

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
    """Return the same addresses as few, disjoint, maximal blocks, IPv4 first."""
    blocks = tuple(networks)
    four = collapse_addresses([block for block in blocks if isinstance(block, IPv4Network)])
    six = collapse_addresses([block for block in blocks if isinstance(block, IPv6Network)])
    return (*four, *six)


def admits_everyone(networks: Iterable[Network]) -> bool:
    """Return whether the blocks together admit so many addresses that a stranger is more likely inside than outside.

    That is half of IPv4, or half of the assigned part of IPv6. A block at the unspecified address (`0.0.0.0`, `::`)
    counts with any prefix, because exchanges read it as "any". IPv6 blocks that hold IPv4 addresses (mapped, NAT64,
    6to4 …) count as these, too.
    """
    blocks = tuple(networks)
    blocks += tuple(held for block in blocks for held in _held_ipv4(block))
    return any(block.network_address.is_unspecified for block in blocks) or any(
        # A block wider than one of these starts at the unspecified address.
        2 * count_addresses(block for block in blocks if _subnet_of(block, internet)) >= internet.num_addresses
        for internet in _INTERNET
    )


def is_wide(networks: Iterable[Network] | None, limit: int) -> bool:
    """Return whether a policy allows more than an IPv4 /8 or an IPv6 /24.

    Args:
        networks: inside which the addresses have to be; None if they may be anywhere.
        limit: how many of them there may be.
    """
    if networks is None:
        return limit > _WIDE_IPV4
    blocks = tuple(networks)
    four = [held for block in blocks for held in _held_ipv4(block)]
    six = [block for block in blocks if isinstance(block, IPv6Network)]
    return min(count_addresses(four), limit) > _WIDE_IPV4 or min(count_addresses(six), limit) > _WIDE_IPV6


def _held_ipv4(block: Network) -> Iterator[IPv4Network]:
    """Yield the IPv4 addresses that a block holds, in whatever form."""
    if isinstance(block, IPv4Network):
        yield block
        return
    for form, first_bit in (*_HOLDS_IPV4, (_TEREDO, 96)):
        if block.supernet_of(form):
            yield IPv4Network("0.0.0.0/0")
        elif block.subnet_of(form):
            bits = int(block.network_address) >> (96 - first_bit) & 0xFFFFFFFF
            address = bits ^ 0xFFFFFFFF if form is _TEREDO else bits
            yield IPv4Network((address, min(max(block.prefixlen - first_bit, 0), 32)), strict=False)


def count_addresses(networks: Iterable[Network]) -> int:
    """Return how many distinct addresses the blocks admit."""
    return sum(block.num_addresses for block in collapse(networks))


def networks_outside(networks: Iterable[Network], within: Iterable[Network]) -> list[Network]:
    """Return the networks that are not inside the union of others."""
    # A network inside a union is inside one of its maximal blocks, because both are aligned to powers of two. So one of
    # its supernets is such a block. There may be thousands of networks, but only a few prefixes.
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
