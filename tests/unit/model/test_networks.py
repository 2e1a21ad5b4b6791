"""What a list of address blocks admits."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freqtrade_bitmex_guard.model.networks import (
    admits_everyone,
    collapse,
    count_addresses,
    networks_outside,
    parse_network,
)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("203.0.113.7/32", "203.0.113.7/32"),
        ("203.0.113.77/28", "203.0.113.64/28"),
        ("2001:db8::1", "2001:db8::1/128"),
        ("2001:DB8::1/64", "2001:db8::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("::ffff:203.0.113.7/120", "203.0.113.0/24"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
    ],
)
def test_a_block_is_an_address_with_or_without_a_prefix(text: str, network: str) -> None:
    assert parse_network(text) == ip_network(network)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "203.0.113.7 ",
        " 203.0.113.7",
        "203.0.113.7\n",
        "203.0.113.7/255.255.255.0",
        "203.0.113.7/0.0.0.255",
        "203.0.113.7/33",
        "203.0.113.7/-1",
        "203.0.113.7/+8",
        "203.0.113.7/08",
        "203.0.113.7/",
        "203.0.113.7/8/8",
        "203.0.113",
        "203.0.113.007",
        "203.0.113.7-203.0.113.9",
        "3405803783",
        "0xcb007107",
        "fe80::1%eth0",
        "2001:db8::/129",
        "bot.example.com",
        "*",
        "any",
        "٢٠٣.0.113.7",
        "203.0.113.7/３２",
    ],
)
def test_everything_else_is_not_a_block(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        parse_network(text)


@pytest.mark.parametrize(
    "blocks",
    [
        "0.0.0.0",
        "0.0.0.0/0",
        "0.0.0.0/32",
        "0.0.0.0/24",
        "203.0.113.7/0",
        "::",
        "::/0",
        "::/128",
        "2001:db8::/0",
        "::ffff:0:0/96",
        "::ffff:0:0/95",
        "::/64",
        "::ffff:0.0.0.0",
        "0.0.0.0/1,128.0.0.0/1",
        "128.0.0.0/1,0.0.0.0/1",
        "8000::/1,::1/1",
        "203.0.113.7,::/0",
        "203.0.113.7/32,0.0.0.0",
        "128.0.0.0/1",
        "64.0.0.0/2,128.0.0.0/2",
        "64.0.0.0/2,128.0.0.0/3,160.0.0.0/3",
        ",".join(map(str, IPv4Network("0.0.0.0/0").address_exclude(IPv4Network("0.0.0.0/32")))),
        "::ffff:128.0.0.0/97",
        "2000::/3",
        "3000::/4",
        "2000::/2",
        "203.0.113.7,2800::/5,3000::/5,3800::/5",
    ],
)
def test_these_mean_everyone(blocks: str) -> None:
    assert admits_everyone([parse_network(block) for block in blocks.split(",")])


@pytest.mark.parametrize(
    "blocks",
    [
        "203.0.113.7",
        "10.0.0.0/8",
        "128.0.0.0/2,128.0.0.0/3",
        "128.0.0.0/2,192.0.0.0/3,224.0.0.0/4",
        "128.0.0.0/2,2800::/5",
        "2800::/5",
        "4000::/2",
        "8000::/1",
        "::1",
        "127.0.0.1",
    ],
)
def test_these_do_not(blocks: str) -> None:
    assert not admits_everyone([parse_network(block) for block in blocks.split(",")])


@pytest.mark.parametrize(
    ("blocks", "addresses"),
    [
        ("203.0.113.7", 1),
        ("203.0.113.7,203.0.113.7/32", 1),
        ("203.0.113.0/28,203.0.113.8/29", 16),
        ("203.0.113.0/29,203.0.113.8/29", 16),
        ("203.0.113.7,2001:db8::7", 2),
        ("::ffff:203.0.113.7,203.0.113.7", 1),
        ("2001:db8::/64", 2**64),
    ],
)
def test_overlapping_blocks_count_once(blocks: str, addresses: int) -> None:
    assert count_addresses([parse_network(block) for block in blocks.split(",")]) == addresses


@pytest.mark.parametrize(
    ("block", "within", "is_inside"),
    [
        ("203.0.113.7", "203.0.113.0/24", True),
        ("203.0.113.0/24", "203.0.113.0/25,203.0.113.128/25", True),
        ("203.0.113.0/24", "203.0.113.0/25", False),
        ("203.0.113.0/24", "203.0.113.0/25,203.0.113.128/26", False),
        ("203.0.112.0/23", "203.0.113.0/24", False),
        ("2001:db8::7", "203.0.113.0/24", False),
        ("203.0.113.7", "2001:db8::/32", False),
        ("2001:db8::7", "2001:db8::/32", True),
        ("::/0", "::/0", True),
        ("2001:db8::7", "0.0.0.0/0", False),
        ("::ffff:203.0.113.7", "203.0.113.0/24", True),
    ],
)
def test_a_block_lies_inside_the_union_of_networks(block: str, within: str, is_inside: bool) -> None:
    found = networks_outside([parse_network(block)], [parse_network(each) for each in within.split(",")])
    assert found == ([] if is_inside else [parse_network(block)])


# Small blocks inside one /24, so that every address can be counted by hand.
small_blocks = st.lists(
    st.builds(
        lambda last, prefix: parse_network(f"203.0.113.{last}/{prefix}"), st.integers(0, 255), st.integers(24, 32)
    ),
    max_size=8,
)


@given(small_blocks, small_blocks)
def test_counting_and_containment_agree_with_listing_every_address(
    blocks: list[IPv4Network], within: list[IPv4Network]
) -> None:
    listed = {address for block in blocks for address in block}
    allowed = {address for block in within for address in block}
    assert count_addresses(blocks) == len(listed)
    assert {address for block in collapse(blocks) for address in block} == listed
    assert networks_outside(blocks, within) == [block for block in blocks if not set(block) <= allowed]


# Blocks no smaller than one 256th of each Internet, so that one address of every 256th counts them.
wide_four = st.lists(st.builds("{}.0.0.0/{}".format, st.integers(1, 255), st.integers(2, 8)), max_size=6)


# From 2800:: on: 2001::/32 and 2002::/16 hold all of IPv4.
wide_six = st.lists(st.builds("{:x}::/{}".format, st.integers(0x2800, 0x3FFF), st.integers(5, 11)), max_size=6)


@given(wide_four, wide_six)
def test_half_of_either_internet_is_everyone(four: list[str], six: list[str]) -> None:
    networks = [ip_network(block, strict=False) for block in (*four, *six)]
    of_four = [ip_address(f"{corner}.9.9.9") for corner in range(256)]
    of_six = [ip_address((0x2000 << 112) + (corner << 117) + 9) for corner in range(256)]
    has_half = any(
        sum(any(address in network for network in networks) for address in internet) >= 128
        for internet in (of_four, of_six)
    )
    means_any = any(network.network_address.is_unspecified for network in networks)
    assert admits_everyone(map(parse_network, (*four, *six))) is (has_half or means_any)


@given(st.text(max_size=50))
def test_every_network_that_is_parsed_is_valid_for_ipaddress_too(text: str) -> None:
    try:
        network = parse_network(text)
    except ValueError:
        return
    assert ip_network(text, strict=False).num_addresses == network.num_addresses
