"""Whole checks on the simulated Bybit."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from freqtrade_bitmex_guard.simulator.bybit import SimulatedBybit
from freqtrade_bitmex_guard.simulator.bybiteu import SIMULATOR as SIMULATED_BYBITEU
from tests.exchanges.contract import BasicContract, ExchangeContract
from tests.exchanges.contract_cases import check, errors


class TestBybit(ExchangeContract):
    """A bot on spot."""

    simulator = SimulatedBybit
    expired = "key-disabled"
    answers: ClassVar[dict[str, str]] = {"403": "address-banned", "maintenance": "server-error"}


class TestBybitFutures(BasicContract):
    """A bot on futures."""

    simulator = SimulatedBybit
    trading_mode: ClassVar[str] = "futures"


class TestBybitEU(BasicContract):
    """The site for Europe."""

    simulator = SIMULATED_BYBITEU


def test_a_rsa_key_of_ones_own_signs(tmp_path: Path) -> None:
    private = rsa.generate_private_key(65537, 2048)
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    with SimulatedBybit([SimulatedBybit.random_key(secret=secret)]) as exchange:
        assert errors(check(exchange, tmp_path)) == []


def test_the_end_of_a_key_without_ip_restriction_is_reported(tmp_path: Path) -> None:
    with SimulatedBybit([SimulatedBybit.random_key(networks=None)]) as exchange:
        verdict = check(exchange, tmp_path)

    assert "ip-unrestricted" in errors(verdict)
    assert verdict.facts[0].expires is not None


@pytest.mark.parametrize(("days", "findings"), [(3, ["key-expiry"]), (30, []), (-1, ["key-disabled"])])
def test_a_key_that_ends_soon_warns(tmp_path: Path, days: int, findings: list[str]) -> None:
    with SimulatedBybit([SimulatedBybit.random_key(days_left=days)]) as exchange:
        verdict = check(exchange, tmp_path, policy={"severity_not_reported": "ignore"})

    assert [finding.name for finding in verdict.findings] == findings
    assert verdict.admitted is (days > 0)
