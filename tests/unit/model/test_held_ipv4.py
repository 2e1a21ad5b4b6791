"""Blocks of IPv6 that hold IPv4 addresses, and policies that allow very many."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freqtrade_bitmex_guard.model.networks import admits_everyone, is_wide, parse_network


@pytest.mark.parametrize(
    "blocks",
    [
        "64:ff9b::/96",
        "64:ff9b::8000:0/97",
        "64:ff9b::/40",
        "64:ff9b::/128",
        "64::/16",
        "64:ff9b:1::/48",
        "64:ff9b:1:abcd::/64",
        "64:ff9b:1:abcd::/96",
        "64:ff9b:1:abcd::128.0.0.0/97",
        "2002::/16",
        "2002:8000::/17",
        "2002::/15",
        "2002::/48",
        "2001::/32",
        "2001:0:4136:e378::/64",
        "2001:0:4136:e378:8000:63bf::/96",
        "2001:0:4136:e378:8000:63bf::/97",
        "2001:0:4136:e378:8000:63bf:ffff:ffff",
        "2001::/24",
        "2000::/5",
        "::128.0.0.0/97",
        "::ffff:0:0:0/96",
        "::ffff:0:128.0.0.0/97",
        "128.0.0.0/2,64:ff9b::c000:0/98",
        "64:ff9b::8000:0/98,2002:c000::/18",
        "128.0.0.0/3,2001:0:4136:e378:8000:63bf::/98,::160.0.0.0/99",
    ],
)
def test_blocks_that_hold_half_of_ipv4_mean_everyone(blocks: str) -> None:
    assert admits_everyone([parse_network(block) for block in blocks.split(",")])


@pytest.mark.parametrize(
    "blocks",
    [
        "64:ff9b::203.0.113.7",
        "64:ff9b::c000:0/98",
        "64:ff9b:2::/48",
        "64:ff9b:1::203.0.113.7",
        "2002:cb00:7107::/48",
        "2002:c000::/18",
        "2001:1::/32",
        "2001:db8::/32",
        "2001:0:4136:e378:8000:63bf:34ff:8ef8",
        "2001:0:4136:e378:8000:63bf:4000:0/98",
        "::203.0.113.7",
        "::ffff:0:203.0.113.7",
        "192.0.0.0/2,64:ff9b::c000:0/98",
    ],
)
def test_blocks_that_hold_less_of_ipv4_do_not(blocks: str) -> None:
    assert not admits_everyone([parse_network(block) for block in blocks.split(",")])


@pytest.mark.parametrize(
    ("networks", "limit", "expected"),
    [
        (None, 1, False),
        (None, 2**24, False),
        (None, 2**24 + 1, True),
        (None, 2**64, True),
        ("10.0.0.0/8", 2**24, False),
        ("10.0.0.0/7", 2**25, True),
        ("10.0.0.0/7", 2, False),
        ("10.0.0.0/8,12.0.0.0/8", 2**25, True),
        ("10.0.0.0/8,12.0.0.1", 2**24 + 1, True),
        ("10.0.0.0/8,10.1.0.0/16", 2**24, False),
        ("2001:db8::/64", 2**64, False),
        ("2001:d00::/24", 2**104, False),
        ("2001:c00::/23", 2**105, True),
        ("2002:c000::/24", 2**104, False),
        ("64:ff9b::c000:0/103", 2**25, True),
        ("64:ff9b::c000:0/104", 2**24, False),
        ("2001:0:4136:e378:8000:63bf:c000:0/103", 2**25, True),
        ("10.0.0.0/8,64:ff9b::c000:0/104", 2**25, True),
        ("10.0.0.0/8,64:ff9b::a00:0/104", 2**25, False),
        ("10.0.0.0/8,2001:d00::/24", 2**105, False),
    ],
)
def test_a_policy_is_wide_beyond_a_block_of_eight_bits(networks: str | None, limit: int, expected: bool) -> None:
    blocks = None if networks is None else [parse_network(block) for block in networks.split(",")]
    assert is_wide(blocks, limit) is expected


@given(st.ip_addresses(v=4), st.integers(1, 32))
def test_a_block_of_ipv4_counts_the_same_in_each_form(address: IPv4Address, prefix: int) -> None:
    block = IPv4Network((int(address), prefix), strict=False)
    start = int(block.network_address)
    inverted = start ^ 0xFFFFFFFF
    forms = [
        ip_network((start + base, 96 + prefix))
        for base in (0xFFFF << 32, 0, 0xFFFF << 48, 0x64FF9B << 96, (0x64FF9B << 96) + (1 << 80) + (0xABCD << 64))
    ]
    forms.append(ip_network(((0x2002 << 112) + (start << 80), 16 + prefix)))
    forms.append(ip_network(((0x2001 << 112) + (0x4136E378 << 64) + inverted, 96 + prefix), strict=False))
    assert {admits_everyone([form]) for form in forms} == {admits_everyone([block])}
