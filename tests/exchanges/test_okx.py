"""OKX's answers, read as hostile input, and whole checks on the simulated OKX."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.key import PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from freqtrade_bitmex_guard.simulator.myokx import SIMULATOR as SIMULATED_MYOKX
from freqtrade_bitmex_guard.simulator.okx import SimulatedOKX
from freqtrade_bitmex_guard.simulator.okxus import SIMULATOR as SIMULATED_OKXUS
from tests.exchanges.contract import BasicContract, ExchangeContract
from tests.exchanges.contract_cases import check
from tests.exchanges.samples import error_samples, granted, read_facts, read_finding, samples
from tests.support.scripted_session import response

GOOD = samples("okx")["good trade key, main account, one address"]
ERRORS = {
    "unknown key": "key-unknown",
    "deleted or ended key, or wrong region host": "key-unknown",
    "wrong signature": "signature-invalid",
    "wrong passphrase": "signature-invalid",
    "demo key on live or the reverse": "key-unknown",
    "clock skew": "clock-skew",
    "bad timestamp": "clock-skew",
    "unsigned request (what the wrong ccxt api argument causes)": "exchange-error",
    "IP not allowed": "address-not-allowed",
    "missing right": "access-denied",
    "missing right (endpoint)": "access-denied",
    "frozen": "account-restricted",
    "account blocked": "account-restricted",
    "region refused": "location-blocked",
    "key must be bound to an address": "ip-unrestricted",
    "account restricted from trading": "account-restricted",
    "risk control": "account-restricted",
    "rate limit, told with HTTP 200": "rate-limited",
    "identity verification wanted": "account-restricted",
    "rate limit": "rate-limited",
    "maintenance": "maintenance",
    "firewall": "address-banned",
    "sample 0": "address-not-allowed",
    "sample 1": "key-unknown",
    "sample 2": "key-unknown",
}


class TestOKX(ExchangeContract):
    """A bot on spot."""

    simulator = SimulatedOKX
    reports_key_id = False
    disabled = "account-restricted"


class TestOKXFutures(BasicContract):
    """A bot on futures."""

    simulator = SimulatedOKX
    trading_mode: ClassVar[str] = "futures"


class TestMyOKX(BasicContract):
    """The site for Europe."""

    simulator = SIMULATED_MYOKX


class TestOKXUS(BasicContract):
    """The site for the USA."""

    simulator = SIMULATED_OKXUS


def answer(**changes: Any) -> Any:
    """Return the answer about a good key with something changed; `...` leaves a field out."""
    account = {name: value for name, value in {**GOOD["data"][0], **changes}.items() if value is not ...}
    return response({**GOOD, "data": [account]})


@pytest.mark.parametrize("note", samples("okx"))
def test_every_sample_is_read(note: str) -> None:
    (account,) = samples("okx")[note]["data"]

    facts = read_facts("okx", response(samples("okx")[note]))

    assert granted(facts) == set(account["perm"].split(","))
    if account["ip"]:
        networks = tuple(parse_network(block) for block in account["ip"].split(","))
        assert facts.ip_restriction == RestrictedTo(networks)
    else:
        assert isinstance(facts.ip_restriction, Unrestricted)
    assert (facts.name, facts.user_id, facts.account_id) == (account["label"], account["mainUid"], account["uid"])
    assert (facts.enabled, facts.created, facts.expires) == (None, None, None)


@pytest.mark.parametrize("name", error_samples("okx"))
def test_every_known_error_has_its_finding(name: str) -> None:
    finding = read_finding("okx", error_samples("okx")[name])

    assert finding.name == ERRORS[name]
    assert ("OKX saw the address 198.51.100.7." in finding.message) == (name == "IP not allowed")
    assert "00000000" not in finding.message


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize("code", ["50119", "50120", "50100", "50110"])
def test_an_error_is_judged_by_its_code_whatever_its_status(code: str, status: int) -> None:
    expected = {"50119": "key-unknown", "50120": "access-denied", "50100": "account-restricted"}

    finding = read_finding("okx", response({"code": code, "msg": "", "data": []}, status))

    assert finding.name == expected.get(code, "address-not-allowed")


def test_a_missing_key_is_explained_by_the_site_first() -> None:
    message = read_finding("okx", response({"code": "50119", "msg": ""}, 401)).message

    places = [message.index(part) for part in ("another of OKX's sites", "deleted", "ended")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("withdraw", PermissionKind.WITHDRAW),
        ("Withdraw", PermissionKind.WITHDRAW),
        ("withdrawal", PermissionKind.WITHDRAW),
        ("trade", PermissionKind.TRADE),
        ("read_only", PermissionKind.READ),
        ("read", PermissionKind.UNKNOWN),
        ("Trade", PermissionKind.UNKNOWN),
        ("transfer", PermissionKind.UNKNOWN),
        (" trade", PermissionKind.UNKNOWN),
    ],
)
def test_each_word_has_its_kind(word: str, kind: PermissionKind) -> None:
    facts = read_facts("okx", answer(perm=f"read_only,{word}"))

    assert kind in {permission.kind for permission in facts.permissions or () if permission.name == word}


@pytest.mark.parametrize("blocks", ["", " ", ",", "198.51.100.7,", ",198.51.100.7", "198.51.100.7, ,203.0.113.7"])
def test_a_blank_address_means_everyone(blocks: str) -> None:
    assert isinstance(read_facts("okx", answer(ip=blocks)).ip_restriction, Unrestricted)


def test_a_block_that_cannot_be_read_is_kept() -> None:
    restriction = read_facts("okx", answer(ip="198.51.100.7,198.51.*.*")).ip_restriction

    assert isinstance(restriction, RestrictedTo)
    assert restriction.unreadable == ("198.51.?.?",)


@pytest.mark.parametrize("value", [..., None, 0, 1, True, [], ["trade"], {}, {"trade": True}], ids=repr)
@pytest.mark.parametrize("field", ["perm", "ip"])
def test_permissions_and_addresses_are_texts(field: str, value: Any) -> None:
    assert read_finding("okx", answer(**{field: value})).name == "response-invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"perm": "trade,,read_only"},
        {"perm": ","},
        {"perm": "x" * 65},
        {"perm": ",".join(["trade"] * 51)},
        {"ip": ",".join(["198.51.100.7"] * 251)},
        {"ip": "1" * 20_001},
        {"label": 7},
        {"Perm": "withdraw"},
        {"perms": ["withdraw"]},
        {"permission": "withdraw"},
        {"IP": ""},
        {"ips": []},
        {"ip_list": ""},
        {"canWithdraw": False},
        {"pеrm": "withdraw"},
    ],
    ids=lambda changes: ascii(next(iter(changes.items())))[:30],
)
def test_an_odd_field_makes_the_answer_unreliable(changes: dict[str, Any]) -> None:
    assert read_finding("okx", answer(**changes)).name == "response-invalid"


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "msg": "", "data": GOOD["data"]},
        {"code": None, "data": GOOD["data"]},
        {"data": GOOD["data"]},
        {"code": "0"},
        {"code": "0", "data": []},
        {"code": "0", "data": GOOD["data"] * 2},
        {"code": "0", "data": GOOD["data"][0]},
        {"code": "0", "data": ["trade"]},
        GOOD["data"],
    ],
    ids=lambda body: ascii(body)[:40],
)
def test_an_answer_of_another_shape_is_not_taken(body: Any) -> None:
    assert read_finding("okx", response(body)).name == "response-invalid"


@pytest.mark.parametrize("status", [201, 301, 404, 500])
def test_a_good_body_with_another_status_is_not_taken(status: int) -> None:
    assert read_finding("okx", response(GOOD, status)).outcome is Outcome.UNVERIFIED


@pytest.mark.parametrize("value", [7, None, "", "a b", "1" * 41, ["1"]], ids=repr)
def test_an_odd_account_number_counts_as_not_reported(value: Any) -> None:
    facts = read_facts("okx", answer(uid=value, mainUid=value))

    assert (facts.user_id, facts.account_id) == (None, None)


def test_the_rest_of_trading_is_noted_and_not_refused(tmp_path: Path) -> None:
    profile = exchanges.get_adapter("okx").profile

    assert "between your own wallets" in profile.note("trade")
    assert profile.required_permissions("spot") == profile.required_permissions("futures") == ("trade",)
    with SimulatedOKX([SimulatedOKX.random_key()]) as exchange:
        assert check(exchange, tmp_path).admitted


def test_each_site_has_hosts_of_its_own() -> None:
    profiles = [exchanges.get_adapter(name).profile for name in ("myokx", "okxus")]

    assert not set(profiles[0].hosts) & set(profiles[1].hosts)
    assert {profile.title for profile in profiles} == {"OKX"}
