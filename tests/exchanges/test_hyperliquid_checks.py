"""Whole checks with real ccxt on the simulated Hyperliquid, and odd answers of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.simulator.hyperliquid import SimulatedHyperliquid
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from freqtrade_bitmex_guard.simulator.responses import json_response
from tests.exchanges.contract import ExchangeContract
from tests.exchanges.contract_cases import check, errors, prepare_bot
from tests.exchanges.simulated.unguarded import ccxt_client
from tests.exchanges.test_hyperliquid import (
    ACCOUNT,
    AGENT,
    IS_VAULT,
    LIST,
    OTHER,
    PART,
    SUB_ACCOUNT,
    UNNAMED,
    VAULT,
    agent,
    facts,
    finding,
    read,
)
from tests.support.leak_search import watch
from tests.support.scripted_session import response


class TestSpot(ExchangeContract):
    """A bot that trades spot."""

    simulator: ClassVar = SimulatedHyperliquid
    requests = 2
    requests_if_it_withdraws = 1
    reports_networks = False
    # A wallet that may only read does not exist, nor does an IP restriction.
    bad_states: ClassVar = {"only reads": "key-unknown", "works from everywhere": None}

    @pytest.mark.parametrize("state", ["disabled", "expired"])
    def test_a_key_that_does_not_work_is_named(
        self, exchange: SimulatedExchange[Any], tmp_path: Path, state: str
    ) -> None:
        super().test_a_key_that_does_not_work_is_named(exchange, tmp_path, state)

    def test_a_wrong_clock_is_named(self, exchange: SimulatedExchange[Any], tmp_path: Path) -> None:
        exchange.clock_offset = 3600  # which does not matter, because nothing is signed

        assert check(exchange, tmp_path).admitted

    @pytest.mark.parametrize("part", ["private_key", "wallet_address"])
    def test_parts_of_two_keys_are_not_taken(self, exchange: SimulatedHyperliquid, tmp_path: Path, part: str) -> None:
        other = SimulatedHyperliquid.random_key()
        watch("another private key", other.private_key)
        exchange.keys.append(other)

        verdict = check(exchange, tmp_path, replace(exchange.keys[0], **{part: getattr(other, part)}))

        assert errors(verdict) == ["key-not-listed"]

    def test_a_private_key_that_nobody_knows_is_unknown(self, exchange: SimulatedHyperliquid, tmp_path: Path) -> None:
        stranger = SimulatedHyperliquid.random_key(wallet_address=exchange.keys[0].wallet_address)
        watch("a stranger's private key", stranger.private_key)

        assert errors(check(exchange, tmp_path, stranger)) == ["key-unknown"]

    @pytest.mark.parametrize("cut", [1, 2, 10], ids=str)
    def test_a_private_key_that_was_cut_off_is_never_used(
        self, exchange: SimulatedHyperliquid, tmp_path: Path, cut: int
    ) -> None:
        key = exchange.keys[0]

        verdict = check(exchange, tmp_path, replace(key, private_key=key.private_key[:-cut]))

        assert errors(verdict) == ["credentials-malformed"]
        assert exchange.requests == []

    def test_a_private_key_may_come_without_0x(self, exchange: SimulatedHyperliquid, tmp_path: Path) -> None:
        key = exchange.keys[0]

        assert check(exchange, tmp_path, replace(key, private_key=key.private_key[2:])).admitted

    @pytest.mark.parametrize("limit", [{"max_ip_addresses": 1}, {"ip_within": ["203.0.113.0/24"]}], ids=str)
    def test_a_written_address_limit_cannot_be_met(
        self, exchange: SimulatedHyperliquid, tmp_path: Path, limit: dict[str, Any]
    ) -> None:
        assert errors(check(exchange, tmp_path, policy=limit)) == ["ip-not-supported"]

    def test_the_missing_address_limit_is_a_warning(self, exchange: SimulatedHyperliquid, tmp_path: Path) -> None:
        found = {finding.name: finding.severity for finding in check(exchange, tmp_path).findings}

        assert found["ip-not-supported"] is Severity.WARNING
        assert "sibling-keys" not in found

    def test_other_api_wallets_of_the_owner_are_no_risk(self, exchange: SimulatedHyperliquid, tmp_path: Path) -> None:
        exchange.keys[0].siblings = [SimulatedHyperliquid.random_key()]

        assert "sibling-keys" not in [finding.name for finding in check(exchange, tmp_path).findings]

    def test_an_end_within_days_is_found(self, exchange: SimulatedHyperliquid, tmp_path: Path) -> None:
        exchange.keys[0].days_left = 3

        verdict = check(exchange, tmp_path)

        assert verdict.admitted
        assert "key-expiry" in [finding.name for finding in verdict.findings]

    def test_a_listed_end_that_is_past_is_refused(self, exchange: SimulatedHyperliquid, tmp_path: Path) -> None:
        exchange.keys[0].overrides = {"validUntil": 1_600_000_000_000}

        assert "key-disabled" in errors(check(exchange, tmp_path))

    @pytest.mark.parametrize("option", ["subAccountAddress", "vaultAddress"])
    def test_a_vault_or_sub_account_is_traded_with_its_option(
        self, exchange: SimulatedHyperliquid, tmp_path: Path, option: str
    ) -> None:
        owner, part = exchange.keys[0].wallet_address, "0x" + "b" * 40
        exchange.roles[part] = {"role": "subAccount", "data": {"master": owner}}
        if option == "vaultAddress":
            exchange.roles[part], exchange.leaders[part] = {"role": "vault"}, owner
        bot = prepare_bot(exchange, tmp_path)
        bot.config["exchange"]["ccxt_config"]["options"] = {option: part}

        verdict = LocalCheck(bot.config).run().verdict

        assert verdict.admitted
        assert verdict.facts[0].account_id == part

    def test_a_rate_limit_without_a_body_is_understood(self, exchange: SimulatedHyperliquid, tmp_path: Path) -> None:
        exchange.respond_always("/info userRole", json_response(None, 429))

        assert errors(check(exchange, tmp_path)) == ["rate-limited"]


class TestFutures(TestSpot):
    """The same of a bot that trades futures."""

    trading_mode = "futures"


ODD: tuple[Any, ...] = (..., 7, True, [], {}, 1.5, "", "0x", LIST[0]["address"][:-1])


@pytest.mark.parametrize("value", [*ODD, None], ids=repr)
def test_a_role_of_an_odd_shape_is_unreliable(value: Any) -> None:
    data = {} if value is ... else {"user": value}
    role = {"data": AGENT["data"]} if value is ... else {**AGENT, "role": value}

    assert finding({**AGENT, "data": data}).name == "response-invalid"
    if value != "0x" and value != ODD[-1]:
        assert finding(role).name == "response-invalid"


@pytest.mark.parametrize("value", [..., 7, True, [], {}, 1.5, None], ids=repr)
def test_a_name_of_an_odd_type_is_unreliable(value: Any) -> None:
    assert finding(AGENT, [agent(name=value)]).name == "response-invalid"


@pytest.mark.parametrize("value", [..., 0, -1, 10**14, True, [], {}, 1.5, "", "soon", "-1", "１"], ids=repr)
def test_an_end_of_an_odd_type_is_unreliable(value: Any) -> None:
    unnamed = {name: known for name, known in {**UNNAMED, "agentValidUntil": value}.items() if known is not ...}

    assert finding(AGENT, [agent(validUntil=value)]).name == "response-invalid"
    assert finding(AGENT, [], unnamed).name == "response-invalid"


@pytest.mark.parametrize("name", ["roles", "validUntilMs", "canWithdraw", "agentPermissions", "n\u0430me"])
def test_a_field_that_looks_like_one_that_counts_is_rejected(name: str) -> None:
    assert finding({**AGENT, name: 1}).name == "response-invalid"
    assert finding(AGENT, [agent(**{name: 1})]).name == "response-invalid"


def test_another_new_field_may_come() -> None:
    assert facts({**AGENT, "since": 1}, [agent(color="red")])


@pytest.mark.parametrize(
    "body", [b"", b"null", b"{}", b"7", b'"x"', b"[7]", b"[[]]", b"<html>", b"\xff", b'{"role":"agent","role":"user"}']
)
def test_an_answer_of_another_shape_is_unreliable(body: bytes) -> None:
    assert finding(response(body)).name == "response-invalid"
    assert finding(AGENT, response(body)).name == "response-invalid"
    assert finding(AGENT, [], response(body)).name == "response-invalid"


def test_an_odd_sibling_does_not_matter() -> None:
    siblings = read(AGENT, [{}, *LIST]).siblings()

    assert isinstance(siblings, tuple)
    assert [sibling.facts for sibling in siblings] == [None]


@pytest.mark.parametrize(
    ("answers", "wallet", "options"),
    [
        ([SUB_ACCOUNT], PART, {}),
        ([IS_VAULT, {"leader": ACCOUNT}], VAULT, {}),
        ([], ACCOUNT, {"vaultAddress": VAULT, "subAccountAddress": PART}),
        ([], ACCOUNT, {"vaultAddress": ""}),
        ([], ACCOUNT, {"vaultAddress": 7}),
        ([], ACCOUNT, {"vaultAddress": f"0X{'c' * 40}".replace("c", "g")}),
        *(([], ACCOUNT, {name: OTHER}) for name in ("user", "address", "defaultUser", "defaultAddress")),
        *(([], ACCOUNT, {name: OTHER}) for name in ("defaultVaultAddress", "defaultSubAccountAddress")),
        ([], ACCOUNT, {"createOrder": {"vaultAddress": PART}}),
        ([], ACCOUNT, {"fetchBalance": {"defaultUser": OTHER}}),
        ([], ACCOUNT, {"vaultAddress": VAULT, "setLeverage": {"subAccountAddress": PART}}),
    ],
    ids=str,
)
def test_options_that_send_orders_elsewhere_are_misconfigured(
    answers: list[Any], wallet: str, options: dict[str, Any]
) -> None:
    found = finding(AGENT, *answers, wallet=wallet, **options)

    assert (found.name, found.outcome) == ("client-settings", Outcome.MISCONFIGURED)
    assert "subAccountAddress" in found.fix


@pytest.mark.parametrize("option", ["subAccountAddress", "vaultAddress", "setLeverage", None])
def test_ccxt_sends_orders_elsewhere_only_by_its_options(option: str | None) -> None:
    value = {"vaultAddress": PART} if option == "setLeverage" else PART
    sent: list[Any] = []
    with SimulatedHyperliquid([SimulatedHyperliquid.random_key()]) as exchange:
        client = ccxt_client(exchange, walletAddress=PART, options={option: value} if option else {})
        client.load_markets()
        answer = exchange.answer
        exchange.answer = lambda request: sent.append(request.json) or answer(request)  # type: ignore[func-returns-value, method-assign]

        client.set_leverage(2, "BTC/USDC:USDC")

    assert sent[-1].get("vaultAddress") == (PART[2:] if option else None)
