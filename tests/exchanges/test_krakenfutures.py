"""Kraken Futures' answers, read as hostile input, and whole checks on the simulated Kraken Futures."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Finding
from freqtrade_bitmex_guard.model.key import KeyFacts, Permission, PermissionKind, RestrictedTo, Unrestricted
from freqtrade_bitmex_guard.model.networks import parse_network
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from freqtrade_bitmex_guard.simulator.krakenfutures import CHECK, SimulatedKrakenFutures
from tests.exchanges.contract import ExchangeContract
from tests.exchanges.contract_cases import check, errors
from tests.exchanges.samples import error_samples, granted, read_facts, read_finding, samples
from tests.support.scripted_session import ScriptedSession, response

ADAPTER = exchanges.get_adapter("krakenfutures")
SAMPLES = samples("krakenfutures")
GOOD = SAMPLES["good key, one address"]
ERRORS = {
    "unknown key id or wrong signature (check call)": "key-unknown",
    "unknown key id or wrong signature (derivatives calls)": "key-unknown",
    "rate limit": "rate-limited",
    "rate limit by gateway": "rate-limited",
    "nonce too low": "exchange-error",
    "nonce twice": "exchange-error",
    "account inactive": "account-restricted",
    "maintenance or unavailable": "maintenance",
    "server error": "server-error",
    "unknown path": "exchange-error",
    "sample 0": "key-unknown",
}


def read(**changed: Any) -> KeyFacts:
    """Return the facts of a good answer with something changed."""
    return read_facts("krakenfutures", response({**GOOD, **changed}), key_id=GOOD["apiKey"])


def finding(answer: Response) -> Finding:
    return read_finding("krakenfutures", answer, key_id=GOOD["apiKey"])


def odd(name: str, value: Any) -> str:
    """Return the finding of a good answer in which a field is something else or, if that is `...`, not there."""
    changed = {field: known for field, known in {**GOOD, name: value}.items() if known is not ...}
    return finding(response(changed)).name


@pytest.mark.parametrize("note", SAMPLES)
def test_every_sample_is_read(note: str) -> None:
    sample = SAMPLES[note]

    facts = read_facts("krakenfutures", response(sample), key_id=sample["apiKey"])

    assert granted(facts) == {f"{name}:{level}" for name, level in sample["permissions"].items() if level[0] != "N"}
    assert facts.created == datetime.fromisoformat(sample["createdAt"])
    assert facts.account_id == sample["accountUid"]
    assert (facts.enabled, facts.expires, facts.name) == (None, None, None)
    one = [sample["allowedCidrBlock"]] if sample["allowedCidrBlock"] else []
    blocks = dict.fromkeys([*one, *sample["allowedCidrBlocks"]])
    if blocks:
        assert facts.ip_restriction == RestrictedTo(tuple(map(parse_network, blocks)))
    else:
        assert isinstance(facts.ip_restriction, Unrestricted)


def test_the_call_is_one_that_ccxt_does_not_list() -> None:
    session = ScriptedSession([response(GOOD)])

    ADAPTER.read_key(session, GOOD["apiKey"])

    (call,) = session.calls
    assert (call.path, call.verb, call.api, call.is_signed) == ("api-keys/v3/check", "GET", "auth", True)


@pytest.mark.parametrize(
    ("permissions", "expected"),
    [
        ({"general": "FULL_ACCESS"}, {Permission("general:FULL_ACCESS", PermissionKind.TRADE)}),
        ({"general": "READ_ONLY"}, {Permission("general:READ_ONLY", PermissionKind.READ)}),
        ({"transfer": "FULL_ACCESS"}, {Permission("transfer:FULL_ACCESS", PermissionKind.WITHDRAW)}),
        ({"transfer": "full_access"}, {Permission("transfer:full_access", PermissionKind.WITHDRAW)}),
        ({"transfer": "READ_ONLY"}, {Permission("transfer:READ_ONLY", PermissionKind.READ)}),
        ({"transfer": "SOME"}, {Permission("transfer:SOME", PermissionKind.UNKNOWN)}),
        ({"general": "no_access"}, {Permission("general:no_access", PermissionKind.UNKNOWN)}),
        ({"general": ""}, {Permission("general:", PermissionKind.UNKNOWN)}),
        ({"staking": "FULL_ACCESS"}, {Permission("staking:FULL_ACCESS", PermissionKind.UNKNOWN)}),
        ({"staking": "NO_ACCESS"}, set()),
    ],
    ids=str,
)
def test_a_permission_is_a_name_with_its_level(permissions: dict[str, str], expected: set[Permission]) -> None:
    nothing = {"general": "NO_ACCESS", "transfer": "NO_ACCESS"}

    assert set(read(permissions={**nothing, **permissions}).permissions or ()) == expected


@pytest.mark.parametrize(
    ("block", "blocks", "expected"),
    [
        ("203.0.113.7/32", ["203.0.113.7/32"], ["203.0.113.7/32"]),
        ("203.0.113.7/32", ["198.51.100.0/24"], ["203.0.113.7/32", "198.51.100.0/24"]),
        ("0.0.0.0/0", ["203.0.113.7/32"], ["0.0.0.0/0", "203.0.113.7/32"]),
        (None, ["2001:db8::/64"], ["2001:db8::/64"]),
        (None, [], None),
        ("", ["203.0.113.7/32"], None),
        ("203.0.113.7/32", [" "], None),
        (None, [""], None),
    ],
)
def test_both_address_fields_count_together(block: str | None, blocks: list[str], expected: list[str] | None) -> None:
    limit = read(allowedCidrBlock=block, allowedCidrBlocks=blocks).ip_restriction

    if expected is None:
        assert isinstance(limit, Unrestricted)
    else:
        assert limit == RestrictedTo(tuple(map(parse_network, expected)))


@pytest.mark.parametrize(
    "value", [..., 7, True, {}, [7], [None], 1.5, {"general": 7}, {"general": "READ_ONLY"}], ids=repr
)
@pytest.mark.parametrize(
    "name", ["apiKey", "accountUid", "createdAt", "permissions", "allowedCidrBlock", "allowedCidrBlocks"]
)
def test_a_decisive_field_of_an_odd_type_makes_the_answer_unreliable(name: str, value: Any) -> None:
    assert odd(name, value) == "response-invalid"


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "1772542900", "2026-09-01", "2026-09-01T14:15:22", "2026-13-01T14:15:22Z", "9" * 99),
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_a_time_without_a_zone_or_out_of_range_is_odd(text: str) -> None:
    assert odd("createdAt", text) == "response-invalid"


@pytest.mark.parametrize("name", ["permissionsV2", "allowedIps", "Permissions", "canWithdraw", "perm\u0456ssions"])
def test_a_field_that_looks_like_one_that_counts_is_rejected(name: str) -> None:
    assert odd(name, ["x"]) == "response-invalid"


@pytest.mark.parametrize("name", ["note", "country", "lastUsedFrom"])
def test_another_new_field_may_come(name: str) -> None:
    assert read(**{name: ["x"]})


def test_more_than_any_real_key_has_is_turned_away() -> None:
    assert odd("allowedCidrBlocks", ["203.0.113.7/32"] * 251) == "response-invalid"
    assert odd("permissions", {**GOOD["permissions"], "x" * 65: "FULL_ACCESS"}) == "response-invalid"
    assert odd("permissions", {**GOOD["permissions"], "general": "x" * 65}) == "response-invalid"
    assert odd("permissions", {f"{number}": "NO_ACCESS" for number in range(21)}) == "response-invalid"


@pytest.mark.parametrize("key_id", ["", GOOD["apiKey"][:-1], GOOD["apiKey"] + " ", GOOD["apiKey"].lower()], ids=len)
def test_an_answer_about_another_key_is_not_taken(key_id: str) -> None:
    assert odd("apiKey", key_id) == "key-not-listed"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"<html>", b"\xff", b"7", b'{"apiKey": 1, "apiKey": 2}'])
def test_an_answer_of_another_shape_is_unreliable(body: bytes) -> None:
    assert finding(response(body)).name == "response-invalid"


@pytest.mark.parametrize("name", ERRORS)
def test_every_known_error_leads_to_its_finding(name: str) -> None:
    error = error_samples("krakenfutures")[name]
    status_is_known = error.status != 400

    for status in [error.status] if status_is_known else [200, 400]:
        found = finding(replace(error, status=status))

        assert found.name == ERRORS[name]
        assert len(found.fix) > 20


def test_every_known_error_has_an_expectation() -> None:
    assert set(ERRORS) == set(error_samples("krakenfutures"))


def test_a_rejected_key_is_told_with_all_that_it_may_mean() -> None:
    message = finding(error_samples("krakenfutures")["sample 0"]).message

    assert message.index("mistyped") < message.index("spot exchange") < message.index("from this address")


@pytest.mark.parametrize("extra", [{"error": "newWord"}, {"error": None}, {"error": 7}, {"error": []}], ids=str)
def test_a_good_answer_with_an_error_in_it_is_not_taken(extra: dict[str, Any]) -> None:
    found = finding(response({**GOOD, **extra}))

    assert (found.name, found.outcome) == ("exchange-error", Outcome.UNVERIFIED)


@pytest.mark.parametrize("status", [201, 204, 206])
def test_good_content_with_another_status_is_not_taken(status: int) -> None:
    assert finding(response(GOOD, status)).outcome is Outcome.UNVERIFIED


class TestContract(ExchangeContract):
    """Whole checks with real ccxt."""

    simulator = SimulatedKrakenFutures
    trading_mode = "futures"
    outside = "key-unknown"  # what Kraken answers is not known; the simulator answers this

    def test_a_wrong_clock_is_named(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        exchange.clock_offset = 3600  # which does not matter, because no time is signed

        assert check(exchange, tmp_path).admitted

    def test_a_secret_that_was_cut_off_is_named(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        cut = replace(exchange.keys[0], secret=exchange.keys[0].secret[:-3])

        verdict = check(exchange, tmp_path, cut)

        assert errors(verdict) == ["credentials-malformed"]
        assert exchange.requests == []

    def test_the_check_goes_to_the_server_that_the_bot_uses(
        self, exchange: SimulatedExchange[Any], tmp_path: Path
    ) -> None:
        check(exchange, tmp_path)

        assert [request.path for request in exchange.requests] == [CHECK]
