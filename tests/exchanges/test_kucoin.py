"""KuCoin's answers, read as hostile input, and whole checks on the simulated KuCoin."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.model.key import (
    KeyFacts,
    PermissionKind,
    RestrictedTo,
    RestrictedUndisclosed,
    Unrestricted,
)
from freqtrade_bitmex_guard.simulator.kucoin import SimulatedKuCoin, error
from tests.exchanges.contract import BasicContract, ExchangeContract
from tests.exchanges.contract_cases import check, errors
from tests.exchanges.samples import error_samples, granted, read_facts, read_finding, samples
from tests.support.scripted_session import response

GOOD = samples("kucoin")["good spot key, one masked address"]
ERRORS = {
    "unknown key": "key-unknown",
    "wrong passphrase": "signature-invalid",
    "wrong signature": "signature-invalid",
    "IP not allowed": "address-not-allowed",
    "clock skew": "clock-skew",
    "missing header": "exchange-error",
    "missing right": "access-denied",
    "user frozen": "account-restricted",
    "rate limit": "rate-limited",
    "region": "address-banned",
    "internal": "server-error",
    "maintenance": "maintenance",
    "sample 0": "address-not-allowed",
    "sample 1": "key-unknown",
}


class UnifiedKuCoin(SimulatedKuCoin):
    """KuCoin with a unified account."""

    unified = True


class TestKuCoin(ExchangeContract):
    """A bot with a classic account."""

    simulator = SimulatedKuCoin
    reports_networks = False
    has_test_network = False

    @pytest.mark.parametrize("networks", [["0.0.0.0/0"], ["127.0.0.1", "0.0.0.0"], ["127.0.0.1", "::/0"]])
    def test_what_is_not_the_shown_part_of_an_address_is_refused(
        self, exchange: SimulatedKuCoin, tmp_path: Path, networks: list[str]
    ) -> None:
        exchange.keys[0].networks = networks

        verdict = check(exchange, tmp_path)

        assert errors(verdict) == ["ip-unreadable"]
        assert verdict.outcome is Outcome.REFUSED

    def test_hidden_addresses_warn_or_refuse_as_the_policy_says(
        self, exchange: SimulatedKuCoin, tmp_path: Path
    ) -> None:
        warned = check(exchange, tmp_path / "default")
        demanded = check(exchange, tmp_path / "limit", policy={"max_ip_addresses": 1})

        assert warned.admitted
        assert "ip-undisclosed" in [finding.name for finding in warned.findings]
        assert errors(demanded) == ["ip-undisclosed"]

    @pytest.mark.parametrize("word", ["Margin", "Futures", "LeadtradeFutures", "Trade"])
    def test_more_trading_is_refused_unless_the_policy_allows_it(
        self, exchange: SimulatedKuCoin, tmp_path: Path, word: str
    ) -> None:
        exchange.keys[0].permissions = ["General", "Spot", word]

        default = check(exchange, tmp_path / "default")
        policy = check(exchange, tmp_path / "policy", policy={"allowed_permissions": ["General", "Spot", word]})

        assert errors(default) == ["permission-not-allowed"]
        assert policy.admitted

    def test_a_short_ban_is_a_rate_limit(self, exchange: SimulatedKuCoin, tmp_path: Path) -> None:
        exchange.respond_always("/api/v1/user/api-key", error("200002", "Exceeded the access frequency", 403))

        assert errors(check(exchange, tmp_path)) == ["rate-limited"]


class TestUnifiedKuCoin(BasicContract):
    """A bot with a unified account, whose keys trade by another word."""

    simulator: ClassVar = UnifiedKuCoin
    has_test_network = False


def answer(**changes: Any) -> Any:
    """Return the answer about a good key with something changed; `...` leaves a field out."""
    key = {name: value for name, value in {**GOOD["data"], **changes}.items() if value is not ...}
    return response({**GOOD, "data": key})


def facts(**changes: Any) -> KeyFacts:
    return read_facts("kucoin", answer(**changes), key_id=GOOD["data"]["apiKey"])


def finding(**changes: Any) -> Finding:
    return read_finding("kucoin", answer(**changes), key_id=GOOD["data"]["apiKey"])


@pytest.mark.parametrize("note", samples("kucoin"))
def test_every_sample_is_read(note: str) -> None:
    body = samples("kucoin")[note]
    key = body["data"]

    known = read_facts("kucoin", response(body), key_id=key["apiKey"])

    assert granted(known) == set(key["permission"].split(","))
    assert isinstance(known.ip_restriction, RestrictedUndisclosed if key.get("ipWhitelist") else Unrestricted)
    assert (known.name, known.user_id, known.account_id) == (key["remark"], str(key["uid"]), None)
    assert known.created == datetime.fromtimestamp(key["createdAt"] / 1000, UTC)
    assert (known.enabled, known.expires) == (None, None)


@pytest.mark.parametrize("name", error_samples("kucoin"))
def test_every_known_error_has_its_finding(name: str) -> None:
    assert read_finding("kucoin", error_samples("kucoin")[name]).name == ERRORS[name]


@pytest.mark.parametrize("status", [200, 400, 401])
@pytest.mark.parametrize(
    ("code", "name"), [("400003", "key-unknown"), ("400007", "access-denied"), ("411100", "account-restricted")]
)
def test_an_error_is_judged_by_its_code_whatever_its_status(code: str, name: str, status: int) -> None:
    assert read_finding("kucoin", response({"code": code, "msg": ""}, status)).name == name


def test_an_unknown_key_is_explained_in_the_order_to_look_at() -> None:
    message = read_finding("kucoin", response({"code": "400003", "msg": ""}, 401)).message

    places = [message.index(part) for part in ("mistyped", "deleted", "API password")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("General", PermissionKind.READ),
        ("Spot", PermissionKind.TRADE),
        ("Unified", PermissionKind.TRADE),
        ("Earn", PermissionKind.TRANSFER),
        ("InnerTransfer", PermissionKind.TRANSFER),
        ("innertransfers", PermissionKind.TRANSFER),
        ("Transfer", PermissionKind.WITHDRAW),
        ("transfer", PermissionKind.WITHDRAW),
        (" Transfer", PermissionKind.WITHDRAW),
        ("spot", PermissionKind.UNKNOWN),
        (" Spot", PermissionKind.UNKNOWN),
        ("Withdrawal", PermissionKind.UNKNOWN),
        ("FlexTransfers", PermissionKind.UNKNOWN),
    ],
)
def test_each_word_has_its_kind(word: str, kind: PermissionKind) -> None:
    permissions = facts(permission=f"General,{word}").permissions or frozenset()

    assert kind in {permission.kind for permission in permissions if permission.name == word}


@pytest.mark.parametrize("blocks", [..., "", " ", ",", "203.**.154,", ",203.**.154", "203.**.154, ,103.**.34"])
def test_a_blank_address_means_everyone(blocks: Any) -> None:
    assert isinstance(facts(ipWhitelist=blocks).ip_restriction, Unrestricted)


@pytest.mark.parametrize(
    "block",
    ["*", "**", "**.**.**", "0.**.0", "203.**", "**.154", "203.*.154", "203.**.*", "203.**.154/0", "203.**.154 "],
)
@pytest.mark.parametrize("other", ["", "203.**.154,"])
def test_only_the_shown_part_of_an_address_counts_as_one(block: str, other: str) -> None:
    restriction = facts(ipWhitelist=f"{other}{block}").ip_restriction

    assert isinstance(restriction, RestrictedTo)
    assert restriction.unreadable


def test_addresses_that_are_shown_whole_are_read() -> None:
    restriction = facts(ipWhitelist="203.0.113.7,0.0.0.0/0").ip_restriction

    assert isinstance(restriction, RestrictedTo)
    assert list(map(str, restriction.networks)) == ["203.0.113.7/32", "0.0.0.0/0"]


@pytest.mark.parametrize("value", [None, 0, 1, True, [], ["Spot"], {}, {"Spot": True}], ids=repr)
@pytest.mark.parametrize("field", ["permission", "ipWhitelist", "apiKey"])
def test_permissions_addresses_and_id_are_texts(field: str, value: Any) -> None:
    assert finding(**{field: value}).name == "response-invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"permission": ...},
        {"permission": "Spot,,General"},
        {"permission": ","},
        {"permission": "x" * 65},
        {"permission": ",".join(["Spot"] * 51)},
        {"permission": "Spot," * 2_001},
        {"ipWhitelist": ",".join(["203.**.154"] * 251)},
        {"ipWhitelist": "1" * 10_001},
        {"apiKey": ...},
        {"createdAt": ...},
        {"createdAt": "1728443843000"},
        {"createdAt": True},
        {"createdAt": -1},
        {"createdAt": 10**14 + 1},
        {"uid": ...},
        {"uid": "165111215"},
        {"remark": 7},
        {"Permission": "Transfer"},
        {"permissions": ["Transfer"]},
        {"ip": ""},
        {"ips": []},
        {"ip_whitelist": ""},
        {"whitelist": False},
        {"canWithdraw": True},
        {"pеrmission": "Transfer"},
    ],
    ids=lambda changes: ascii(next(iter(changes.items())))[:30],
)
def test_an_odd_field_makes_the_answer_unreliable(changes: dict[str, Any]) -> None:
    assert finding(**changes).name == "response-invalid"


@pytest.mark.parametrize("key_id", ["6705f5c311545b000157d3e", "6705f5c311545b000157d3eb0", "6705F5C311545B000157D3EB"])
def test_the_key_is_known_by_its_whole_id(key_id: str) -> None:
    assert finding(apiKey=key_id).name == "key-not-listed"


@pytest.mark.parametrize(
    "body",
    [
        {**GOOD, "code": 200000},
        {**GOOD, "code": None},
        {"data": GOOD["data"]},
        {"code": "200000"},
        {"code": "200000", "data": [GOOD["data"]]},
        {"code": "200000", "data": "General,Spot"},
        GOOD["data"],
        [GOOD],
    ],
    ids=lambda body: ascii(body)[:40],
)
def test_an_answer_of_another_shape_is_not_taken(body: Any) -> None:
    assert read_finding("kucoin", response(body), key_id=GOOD["data"]["apiKey"]).name == "response-invalid"


@pytest.mark.parametrize("status", [201, 301, 404, 500])
def test_a_good_body_with_another_status_is_not_taken(status: int) -> None:
    rejected = read_finding("kucoin", response(GOOD, status), key_id=GOOD["data"]["apiKey"])

    assert rejected.outcome is Outcome.UNVERIFIED


def test_what_general_opens_beside_reading_is_noted() -> None:
    profile = exchanges.get_adapter("kucoin").profile

    assert "keys of sub-accounts" in profile.note("General")
    assert set(profile.allowed_permissions) == {"General", "Spot", "Unified"}
    assert profile.required_permissions() == ("General", "Spot")
