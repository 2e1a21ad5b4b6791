"""Whole checks with real ccxt on the simulated Bitget, with both kinds of account."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.simulator.bitget import SimulatedBitget, error
from freqtrade_bitmex_guard.simulator.keys import Kind
from tests.exchanges.contract import BasicContract, ExchangeContract
from tests.exchanges.contract_cases import TRADES, check, errors, prepare_bot

CLASSIC, UNIFIED = "/api/v2/spot/account/info", "/api/v3/account/info"


class UnifiedBitget(SimulatedBitget):
    """Bitget with a unified account."""

    unified = True


class TestClassicSpot(ExchangeContract):
    """A bot on spot with a classic account."""

    simulator: ClassVar = SimulatedBitget
    requests = 2
    reports_key_id = False
    other_mode: ClassVar = ["coow", "cpow"]

    def test_a_key_that_trades_the_other_mode_too_is_admitted(self, exchange: SimulatedBitget, tmp_path: Path) -> None:
        exchange.keys[0].permissions = [*TRADES, *self.other_mode]

        assert check(exchange, tmp_path).admitted

    def test_a_key_for_the_other_mode_lacks_its_own(self, exchange: SimulatedBitget, tmp_path: Path) -> None:
        exchange.keys[0].permissions = [Kind.READ, *self.other_mode]

        verdict = check(exchange, tmp_path)

        assert errors(verdict) == ["permission-missing"]
        assert "uta" not in verdict.findings[0].message

    def test_an_account_that_is_neither_kind_is_not_verified(self, exchange: SimulatedBitget, tmp_path: Path) -> None:
        exchange.respond_always(CLASSIC, error("40085", "You are in Unified Account mode"))

        verdict = check(exchange, tmp_path)

        assert errors(verdict) == ["exchange-error"]
        assert "switching" in verdict.findings[0].message

    def test_the_classic_call_is_tried_before_a_passphrase_is_wrong(
        self, exchange: SimulatedBitget, tmp_path: Path
    ) -> None:
        exchange.respond_always(UNIFIED, error("40012", "apikey/password is incorrect"))

        assert check(exchange, tmp_path / "good").admitted

        exchange.keys[0].permissions = [*TRADES, Kind.WITHDRAW]
        assert errors(check(exchange, tmp_path / "bad")) == ["withdraw-permission"]

        exchange.unified = True
        assert errors(check(exchange, tmp_path / "unified")) == ["signature-invalid"]

    def test_a_key_of_the_live_site_is_unknown_to_demo_trading(self, exchange: SimulatedBitget, tmp_path: Path) -> None:
        bot = prepare_bot(exchange, tmp_path)
        bot.config["exchange"]["ccxt_config"]["sandbox"] = True

        verdict = LocalCheck(bot.config).run().verdict

        assert errors(verdict) == ["key-unknown"]
        assert "demo trading" in verdict.findings[0].message


class TestClassicFutures(TestClassicSpot):
    """The same on futures."""

    trading_mode = "futures"
    other_mode: ClassVar = ["stow"]

    @pytest.mark.parametrize("permissions", [["coow"], ["cpow"]])
    def test_futures_need_orders_and_holdings(
        self, exchange: SimulatedBitget, tmp_path: Path, permissions: list[str]
    ) -> None:
        exchange.keys[0].permissions = [Kind.READ, *permissions]

        assert errors(check(exchange, tmp_path)) == ["permission-missing"]


class TestUnifiedSpot(ExchangeContract):
    """A bot on spot with a unified account, of whose key one call is enough."""

    simulator: ClassVar = UnifiedBitget
    reports_key_id = False

    def test_what_managing_opens_is_noted_and_not_refused(self, exchange: SimulatedBitget, tmp_path: Path) -> None:
        verdict = check(exchange, tmp_path)

        notes = {permission.name: permission.note for permission in verdict.facts[0].permissions or ()}
        assert verdict.admitted
        assert "moves money between your own wallets" in notes["uta_mgt"]
        assert notes["uta_trade"] == ""

    @pytest.mark.parametrize(
        ("permissions", "finding", "message"),
        [
            (["uta_mgt"], "permission-missing", "the permission 'uta_trade'"),
            (["uta_trade"], "permission-missing", "the permission 'uta_mgt'"),
            (["uta_mgt", "uta_trade", "withdraw"], "withdraw-permission", "'withdraw'"),
            (["uta_mgt", "uta_trade", "copy_futures_order"], "permission-not-allowed", "'copy_futures_order'"),
        ],
    )
    def test_the_permissions_are_those_of_a_unified_account(
        self, exchange: SimulatedBitget, tmp_path: Path, permissions: list[str], finding: str, message: str
    ) -> None:
        exchange.keys[0].permissions = permissions

        verdict = check(exchange, tmp_path)

        assert errors(verdict) == [finding]
        assert message in verdict.findings[0].message

    @pytest.mark.parametrize("kind", ["read_only", "read-only"])
    def test_a_key_that_only_reads_lacks_what_it_lists(
        self, exchange: SimulatedBitget, tmp_path: Path, kind: str
    ) -> None:
        exchange.keys[0].overrides = {"permType": kind}

        verdict = check(exchange, tmp_path)

        assert verdict.outcome is Outcome.REFUSED
        assert errors(verdict) == ["permission-missing"]


class TestUnifiedFutures(BasicContract):
    """A bot on futures with a unified account."""

    simulator: ClassVar = UnifiedBitget
    trading_mode = "futures"


def test_the_kind_of_account_is_asked_at_each_check(tmp_path: Path) -> None:
    with SimulatedBitget([SimulatedBitget.random_key()]) as exchange:
        check(exchange, tmp_path / "classic")
        exchange.unified = True

        verdict = check(exchange, tmp_path / "unified")

    assert verdict.admitted
    assert {permission.name for permission in verdict.facts[0].permissions or ()} == {"uta_mgt", "uta_trade"}
    assert _paths(exchange) == [UNIFIED, CLASSIC, UNIFIED]


def _paths(exchange: SimulatedBitget) -> list[Any]:
    return [recorded.route for recorded in exchange.requests]
