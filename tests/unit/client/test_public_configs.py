"""Settings as people publish them: each shape has the outcome that was recorded with it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client import exchange_client
from freqtrade_bitmex_guard.client.settings import credential_field_at
from freqtrade_bitmex_guard.exchanges.binance import PROFILE as BINANCE
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from tests.support.public_configs import PUBLIC

# The option api-expires is BitMEX's own.
OF_BITMEX = "ccxt/ccxt#6178"


def findings_of(exchange: dict[str, Any], profile: ExchangeProfile) -> set[str]:
    try:
        exchange_client.build_client(exchange, profile, list(profile.hosts))
    except GuardError as stopped:
        assert all("TypeError" not in finding.message for finding in stopped.findings)
        return {finding.name for finding in stopped.findings}
    return set()


def is_as_recorded(found: set[str], recorded: str) -> bool:
    if recorded == "depends":  # on the process's variables, which the next start may find changed: none rests on them
        return found == {"proxy-mismatch"}
    return (found == set()) is (recorded == "safe")


def profile_of(name: str) -> ExchangeProfile:
    """Return the profile of an exchange; of another one, if the guard does not support it: its settings are ccxt's."""
    return exchanges.get_adapter(name).profile if name in exchanges.supported_ids() else BINANCE


@pytest.mark.parametrize("shape", PUBLIC["shapes"], ids=lambda shape: str(shape["files"]))
def test_each_public_config_has_its_recorded_outcome(shape: dict[str, Any]) -> None:
    exchange = copy.deepcopy(shape["exchange"])
    for name in list(exchange):
        if credential_field_at(("exchange", name)):
            del exchange[name]
    found = findings_of(exchange, profile_of(exchange["name"]))
    assert is_as_recorded(found, shape["expected_without_credentials"]), found


@pytest.mark.parametrize("name", ["binance", "bybit", "kraken", "okx"])
@pytest.mark.parametrize(
    "case",
    [case for case in PUBLIC["from_issues_and_manuals"] if case["source"] != OF_BITMEX],
    ids=lambda c: c["source"],
)
def test_each_setting_of_an_issue_has_its_outcome(case: dict[str, Any], name: str) -> None:
    written = {block: dict(settings) for block, settings in case.items() if block.startswith("ccxt")}
    if name == "kraken":
        written["ccxt_config"].pop("sandbox", None)  # Kraken has none
    found = findings_of({"name": name, **written}, profile_of(name))
    assert is_as_recorded(found, case["expected"]), found


@pytest.mark.bitmex
def test_a_signature_that_is_valid_for_a_day_is_misconfigured() -> None:
    (case,) = (case for case in PUBLIC["from_issues_and_manuals"] if case["source"] == OF_BITMEX)
    exchange = {"name": "bitmex", "ccxt_config": case["ccxt_config"]}
    assert findings_of(exchange, profile_of("bitmex")) == {"client-settings"}
    assert case["expected"] == "unsafe"
