"""The key that is in the config now, checked without a section and without a store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.manage.as_is import NOT_GUARDED, SECTION_LEFT_ASIDE, check_as_is
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import GuardError, Severity
from freqtrade_bitmex_guard.report import advice
from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, OTHER_ID, SECRET, allow_secrets_in, key

LOOPBACK = ["127.0.0.1"]


def write(path: Path, exchange: dict[str, Any], **top: Any) -> str:
    allow_secrets_in(path)
    path.write_text(json.dumps({"exchange": exchange, **top}, indent=1))
    return str(path)


def section(exchange: Any, **values: Any) -> dict[str, Any]:
    return {"name": exchange.exchange_id, "ccxt_config": exchange.ccxt_config(), **values}


def names(verdict: Any, severity: Severity) -> set[str]:
    return {finding.name for finding in verdict.findings if finding.severity is severity}


@pytest.mark.parametrize("spelled", ["key", "apiKey", "api_key"])
def test_a_good_key_is_admitted_with_a_warning_of_plain_text(
    exchange: SimulatedBitMEX, tmp_path: Path, spelled: str
) -> None:
    config = write(tmp_path / "config.json", section(exchange, **{spelled: KEY_ID, "secret": SECRET}))

    guarded, verdict = check_as_is([config], LOOPBACK)

    assert guarded == NOT_GUARDED
    assert verdict.admitted
    assert names(verdict, Severity.WARNING) >= {"credentials-in-config", "section-missing"}
    (plain,) = (finding for finding in verdict.findings if finding.name == "credentials-in-config")
    assert f"exchange.{spelled} ({config}" in plain.message
    assert SECRET not in str(verdict.findings)


@pytest.mark.parametrize(
    ("changed", "finding"),
    [({"permissions": ["order", "withdraw"]}, "withdraw-permission"), ({"cidr": ""}, "ip-unrestricted")],
)
def test_a_bad_key_is_refused_by_the_default_policy(
    exchange: SimulatedBitMEX, tmp_path: Path, changed: dict[str, Any], finding: str
) -> None:
    exchange.keys[:] = [key(**changed)]
    config = write(tmp_path / "config.json", section(exchange, key=KEY_ID, secret=SECRET))

    _, verdict = check_as_is([config], LOOPBACK)

    assert verdict.outcome is Outcome.REFUSED
    assert finding in names(verdict, Severity.ERROR)


def test_several_files_and_a_variable_are_merged_as_freqtrade_does(
    exchange: SimulatedBitMEX, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREQTRADE__EXCHANGE__SECRET", SECRET)
    base = write(tmp_path / "base.json", section(exchange))
    private = write(tmp_path / "private.json", {"ccxt_config": {"apiKey": KEY_ID}, "key": OTHER_ID})

    _, verdict = check_as_is([base, private], LOOPBACK)

    assert verdict.admitted
    (plain,) = (finding.message for finding in verdict.findings if finding.name == "credentials-in-config")
    assert f"exchange.ccxt_config.apiKey ({private}" in plain
    assert "the variable FREQTRADE__EXCHANGE__SECRET" in plain


@pytest.mark.parametrize("name", ["okx", "hyperliquid", "kraken"])
def test_each_part_of_other_exchanges_is_found(name: str, tmp_path: Path) -> None:
    simulator = simulated(name)
    with simulator([simulator.random_key()]) as exchange:
        parts = exchange.credentials(exchange.keys[0])
        config = write(tmp_path / "config.json", section(exchange, **parts))

        _, verdict = check_as_is([config], LOOPBACK)

    assert verdict.admitted, verdict.findings
    assert not any(value in str(verdict.findings) for part, value in parts.items() if part != "wallet_address")


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"key": "", "secret": ""}, "credentials-missing"),
        ({"key": "your_exchange_key", "secret": "your_exchange_secret"}, "credentials-malformed"),
        ({"key": KEY_ID, "secret": SECRET, "ccxt_async_config": {"apiKey": OTHER_ID}}, "credentials-conflict"),
        ({"name": "no-such-exchange"}, "exchange-unsupported"),
    ],
)
def test_what_is_no_key_is_named_and_nothing_is_sent(
    exchange: SimulatedBitMEX, tmp_path: Path, changed: dict[str, Any], finding: str
) -> None:
    config = write(tmp_path / "config.json", {**section(exchange), **changed})

    try:
        _, verdict = check_as_is([config], LOOPBACK)
        found = names(verdict, Severity.ERROR)
    except GuardError as problem:
        found = {each.name for each in problem.findings}

    assert finding in found
    assert exchange.requests == []


def test_a_server_of_ones_own_has_to_be_named(exchange: SimulatedBitMEX, tmp_path: Path) -> None:
    config = write(tmp_path / "config.json", section(exchange, key=KEY_ID, secret=SECRET))

    _, verdict = check_as_is([config])

    assert names(verdict, Severity.ERROR) == {"host-not-allowed"}
    assert exchange.requests == []


def test_a_section_is_left_aside_and_said_to_be(exchange: SimulatedBitMEX, tmp_path: Path) -> None:
    policy = {"api_key_guard": {"policy": {"max_ip_addresses": 1, "allowed_permissions": ["order", "withdraw"]}}}
    config = write(tmp_path / "config.json", section(exchange, key=KEY_ID, secret=SECRET), **policy)

    guarded, verdict = check_as_is([config], LOOPBACK)

    assert guarded == SECTION_LEFT_ASIDE
    assert verdict.admitted
    assert "section-missing" not in names(verdict, Severity.WARNING)


def test_the_report_names_bot_files_and_the_real_place_of_the_key(exchange: SimulatedBitMEX, tmp_path: Path) -> None:
    config = write(tmp_path / "config.json", section(exchange, key=KEY_ID, secret=SECRET), bot_name="alpha")

    _, verdict = check_as_is([config], LOOPBACK)

    assert verdict.bot is not None
    assert (verdict.bot.name, verdict.bot.config_files) == ("alpha", (config,))
    last = len(Path(config).read_text().splitlines())
    places = [f"exchange.key ({config}, line {last - 4})", f"exchange.secret ({config}, line {last - 3})"]
    assert verdict.store == f"plain text: {', '.join(places)}"
    assert advice.command(verdict) == f"freqtrade-bitmex-guard setup -c {config}"


def test_another_host_is_allowed_by_the_command_that_is_named(exchange: SimulatedBitMEX, tmp_path: Path) -> None:
    config = write(tmp_path / "config.json", section(exchange, key=KEY_ID, secret=SECRET))

    _, verdict = check_as_is([config])

    command = f"freqtrade-bitmex-guard check --as-is -c {config} --allow-host 127.0.0.1"
    assert (verdict.findings[0].name, advice.command(verdict)) == ("host-not-allowed", command)
    assert check_as_is([config], [command.rpartition(" ")[2]])[1].admitted


def test_a_refused_key_in_the_config_is_not_sent_to_a_rotation(exchange: SimulatedBitMEX, tmp_path: Path) -> None:
    exchange.keys[:] = [key(permissions=["order", "withdraw"], cidr="")]
    config = write(tmp_path / "config.json", section(exchange, key=KEY_ID, secret=SECRET))

    _, verdict = check_as_is([config], LOOPBACK)

    assert verdict.outcome is Outcome.REFUSED
    assert "rotate" not in " ".join(advice.fixes(verdict))
    assert advice.command(verdict) == f"freqtrade-bitmex-guard setup -c {config}"
