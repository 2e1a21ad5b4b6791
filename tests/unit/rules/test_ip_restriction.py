"""The rules about addresses, one table each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.account import AccountFacts, Evidence
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.model.key import (
    IpRestriction,
    KeyFacts,
    NotReported,
    NotSupported,
    RestrictedTo,
    RestrictedUndisclosed,
    Unrestricted,
)
from freqtrade_bitmex_guard.rules.ip_restriction import ip_unrestricted
from tests.support.factories import facts, policy
from tests.unit.rules.judging import NOW, found


def names(rule: str, known: KeyFacts, **written: Any) -> list[str]:
    findings = found(rule, known, **written)
    assert all(finding.severity is Severity.ERROR for finding in findings)
    return [finding.name for finding in findings]


@pytest.mark.parametrize(
    ("addresses", "is_found"),
    [
        ("203.0.113.7", False),
        ("10.0.0.0/8", False),
        ("0.0.0.0/0", True),
        ("0.0.0.0", True),
        ("0.0.0.0/1,128.0.0.0/1", True),
        ("::ffff:0:0/96", True),
        (Unrestricted("CIDR is blank"), True),
        (NotReported("the list is not told"), True),
        (RestrictedTo(()), True),
        (RestrictedTo((), ("bogus",)), False),  # told by its own rule
    ],
)
def test_an_unrestricted_key_is_found_whatever_the_policy(addresses: IpRestriction | str, is_found: bool) -> None:
    known = facts("order", addresses=addresses)
    for written in ({}, {"max_ip_addresses": 2**129}):
        assert names("ip-unrestricted", known, **written) == ["ip-unrestricted"] * is_found


def test_a_block_that_cannot_be_read_is_found() -> None:
    assert names("ip-unreadable", facts(addresses=RestrictedTo((), ("bogus", "x/y")))) == ["ip-unreadable"]
    assert names("ip-unreadable", facts()) == []
    assert names("ip-unreadable", facts(addresses=Unrestricted("blank"))) == []


@pytest.mark.parametrize(
    ("addresses", "written", "is_found"),
    [
        ("203.0.113.7", {}, False),
        ("203.0.113.7,203.0.113.7/32", {}, False),
        ("203.0.113.7,203.0.113.8", {}, True),
        ("203.0.113.0/31", {}, True),
        ("203.0.113.0/31", {"max_ip_addresses": 2}, False),
        ("203.0.113.0/28", {"max_ip_addresses": 15}, True),
        ("203.0.113.0/28", {"ip_within": ["203.0.113.0/28"]}, False),
        ("203.0.113.0/28", {"ip_within": ["203.0.113.0/28", "203.0.113.8/29"]}, False),
        ("203.0.113.0/28", {"ip_within": ["203.0.113.0/28"], "max_ip_addresses": 1}, True),
        ("203.0.113.0/27", {"ip_within": ["203.0.113.0/28"]}, True),
        ("2001:db8::/64", {}, True),
    ],
)
def test_more_addresses_than_the_policy_allows_are_found(
    addresses: str, written: dict[str, Any], is_found: bool
) -> None:
    assert names("ip-too-many", facts(addresses=addresses), **written) == ["ip-too-many"] * is_found


@pytest.mark.parametrize(
    ("addresses", "within", "outside"),
    [
        ("203.0.113.7", None, 0),
        ("203.0.113.7", ["203.0.113.0/24"], 0),
        ("198.51.100.7", ["203.0.113.0/24"], 1),
        ("198.51.100.7,203.0.113.7,198.51.100.9", ["203.0.113.0/24"], 1),
        ("203.0.113.0/24", ["203.0.113.0/25", "203.0.113.128/25"], 0),
        ("2001:db8::7", ["203.0.113.0/24"], 1),
    ],
)
def test_blocks_outside_the_networks_of_the_policy_are_found(
    addresses: str, within: list[str] | None, outside: int
) -> None:
    written = {"ip_within": within} if within else {}
    assert names("ip-outside", facts(addresses=addresses), **written) == ["ip-outside"] * outside


BY_KIND = {
    Unrestricted: "ip-unrestricted",
    NotReported: "ip-unrestricted",
    RestrictedUndisclosed: "ip-undisclosed",
    NotSupported: "ip-not-supported",
}


@pytest.mark.parametrize("kind", BY_KIND)
@pytest.mark.parametrize("written", [{}, {"ip_within": ["203.0.113.7"]}, {"max_ip_addresses": 9}])
def test_each_answer_without_blocks_has_one_rule_of_its_own(kind: type[Unrestricted], written: dict[str, Any]) -> None:
    known = facts(addresses=kind("x"))
    rules = ("ip-too-many", "ip-outside", "ip-unreadable", *dict.fromkeys(BY_KIND.values()))
    assert [name for name in rules for _ in found(name, known, **written)] == [BY_KIND[kind]]


@pytest.mark.parametrize("kind", [RestrictedUndisclosed, NotSupported])
@pytest.mark.parametrize("written", [{"ip_within": ["203.0.113.7"]}, {"max_ip_addresses": 1}])
@pytest.mark.parametrize("severity", [{}, {"severity": {"ip-undisclosed": "ignore", "ip-not-supported": "ignore"}}])
def test_a_written_limit_that_cannot_be_shown_refuses(
    kind: type[Unrestricted], written: dict[str, Any], severity: dict[str, Any]
) -> None:
    assert names(BY_KIND[kind], facts(addresses=kind("x")), **written, **severity) == [BY_KIND[kind]]


ADVICE = " The policy's max_ip_addresses or ip_within cannot be shown to hold: take it out to accept that."


@pytest.mark.parametrize("kind", [RestrictedUndisclosed, NotSupported])
def test_the_fix_names_a_written_limit_and_no_other(kind: type[Unrestricted]) -> None:
    (unwritten,) = found(BY_KIND[kind], facts(addresses=kind("x")))
    (written,) = found(BY_KIND[kind], facts(addresses=kind("x")), max_ip_addresses=1)
    assert written.fix == unwritten.fix + ADVICE


def test_what_happens_to_keys_without_addresses_is_part_of_the_fix() -> None:
    evidence = Evidence(facts(addresses=Unrestricted("blank")), AccountFacts(), NOW)
    (plain,) = ip_unrestricted(evidence, policy(), PROFILE)
    (ending,) = ip_unrestricted(evidence, policy(), replace(PROFILE, ip_free_keys="Such keys end."))
    assert ending.fix == f"{plain.fix} Such keys end."


@pytest.mark.parametrize("kind", [RestrictedUndisclosed, NotSupported])
@pytest.mark.parametrize(("chosen", "expected"), [(None, ["warning"]), ("error", ["error"]), ("ignore", [])])
def test_the_operator_chooses_the_severity_of_unreported_addresses(
    kind: type[Unrestricted], chosen: str | None, expected: list[str]
) -> None:
    written: dict[str, Any] = {"severity": {BY_KIND[kind]: chosen}} if chosen else {}
    findings = found(BY_KIND[kind], facts(addresses=kind("x")), **written)
    assert [finding.severity for finding in findings] == expected


@pytest.mark.parametrize(
    ("written", "is_found"),
    [
        ({}, False),
        ({"max_ip_addresses": 2**24}, False),
        ({"max_ip_addresses": 2**24 + 1}, True),
        ({"ip_within": ["203.0.0.0/8"]}, False),
        ({"ip_within": ["202.0.0.0/7"]}, True),
        ({"ip_within": ["202.0.0.0/7"], "max_ip_addresses": 1}, False),
        ({"ip_within": ["2001:d00::/24"]}, False),
        ({"ip_within": ["2001:c00::/23"]}, True),
        ({"ip_within": ["2002:c000::/18"]}, True),
        ({"ip_within": ["64:ff9b::c000:0/98"]}, True),
    ],
)
def test_a_wide_policy_warns_whatever_the_key_allows(written: dict[str, Any], is_found: bool) -> None:
    for known in (facts("order"), facts("order", addresses=NotSupported("x"))):
        findings = found("policy-wide", known, **written)
        assert [finding.severity for finding in findings] == [Severity.WARNING] * is_found
