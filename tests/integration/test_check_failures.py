"""A check that fails: by a wrong config, a failing store or a bug. None is an admission."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.check import prepare
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.credentials import access, interface
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.checks import run_check, summary
from tests.support.factories import SECRET, bot_config


def assert_misconfigured(config: dict[str, Any], rule: str) -> None:
    verdict = LocalCheck(config).run().verdict
    assert verdict.outcome is Outcome.MISCONFIGURED
    assert rule in [finding.name for finding in verdict.findings]
    assert verdict.requests == 0


def test_a_wrong_config_sends_no_request_and_opens_no_store(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_to_open(*args: Any) -> Any:
        raise AssertionError("the store was opened")

    monkeypatch.setattr(prepare, "open_store", fail_to_open)
    mistakes: list[tuple[Callable[[dict[str, Any]], Any], str]] = [
        (lambda config: config.pop("api_key_guard"), "section-missing"),
        (lambda config: config.update(api_key_guard=[]), "section-invalid"),
        (lambda config: config.update(api_key_gaurd=config.pop("api_key_guard")), "section-misnamed"),
        (lambda config: config["api_key_guard"].update(x=1), "section-invalid"),
        (lambda config: config.pop("exchange"), "exchange-unsupported"),
        (lambda config: config["exchange"].update(name="examplex"), "exchange-unsupported"),
        (lambda config: config["exchange"].update(key="x"), "credentials-in-config"),
        (lambda config: config["exchange"]["ccxt_config"].update(verify=False), "tls-not-verified"),
        (lambda config: config["api_key_guard"].update(allowed_hosts=["www.bitmex.com"]), "host-not-allowed"),
    ]
    for spoil, rule in mistakes:
        config = bot_config(tmp_path, exchange)
        spoil(config)
        assert_misconfigured(config, rule)
    assert exchange.requests == []


@pytest.mark.parametrize(
    "raised", [SystemExit(0), MemoryError(), RecursionError(), AttributeError(SECRET), ImportError()]
)
def test_everything_a_store_raises_is_misconfigured(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    class Broken:
        def load(self, fields: Any) -> Any:
            raise raised

        def cancel(self) -> None:
            """Do nothing; nothing hangs."""

    monkeypatch.setattr(prepare, "open_store", lambda *args: Broken())
    verdict = run_check(tmp_path, exchange)
    assert summary(verdict) == (Outcome.MISCONFIGURED, ["store-unavailable"], 0)
    assert SECRET not in str(verdict)


def test_a_store_has_thirty_seconds() -> None:
    assert interface.STORE_TIMEOUT_SECONDS == 30
    assert access._GRACE_SECONDS < 1


def test_a_store_that_hangs_is_given_up(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging:
        def load(self, fields: Any) -> Any:
            time.sleep(3)

    monkeypatch.setattr(prepare, "open_store", lambda *args: Hanging())
    monkeypatch.setattr(access, "STORE_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(Hanging, "cancel", lambda self: None, raising=False)
    assert summary(run_check(tmp_path, exchange)) == (Outcome.MISCONFIGURED, ["store-timed-out"], 0)


@pytest.mark.parametrize(
    "raised", [SystemExit(0), MemoryError(), AttributeError(SECRET), ImportError(), GeneratorExit()]
)
@pytest.mark.parametrize(
    "place",
    [
        "freqtrade_bitmex_guard.check.local.rules.evaluate",
        "freqtrade_bitmex_guard.check.local.merge_entries",
        "freqtrade_bitmex_guard.check.prepare.exchanges.get_adapter",
        "freqtrade_bitmex_guard.check.prepare.exchange_client.build_client",
        "freqtrade_bitmex_guard.check.local.Admission",
        "freqtrade_bitmex_guard.check.prepare.parse_section",
    ],
)
def test_a_bug_of_the_guard_is_never_an_admission(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch, raised: BaseException, place: str
) -> None:
    def broken(*args: Any, **options: Any) -> Any:
        raise raised

    monkeypatch.setattr(place, broken)
    result = LocalCheck(bot_config(tmp_path, exchange)).run()
    verdict = result.verdict
    assert (verdict.outcome, [finding.name for finding in verdict.findings]) == (Outcome.UNVERIFIED, ["internal-error"])
    assert verdict.is_internal_error
    assert result.admission is None
    assert SECRET not in str(verdict)


@pytest.mark.parametrize("raised", [AttributeError(SECRET), SystemExit(0), MemoryError(), RecursionError()])
def test_an_error_that_ccxt_raises_early_is_never_an_admission(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    import ccxt

    def broken(*args: Any, **options: Any) -> Any:
        raise raised

    monkeypatch.setattr(ccxt.bitmex, "sign", broken)
    verdict = run_check(tmp_path, exchange)
    assert verdict.outcome in (Outcome.MISCONFIGURED, Outcome.UNVERIFIED)
    assert verdict.findings[0].name in ("client-settings", "internal-error")
    assert SECRET not in str(verdict)


def test_ctrl_c_stays_ctrl_c(tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(prepare, "open_store", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_check(tmp_path, exchange)
