"""What the guard admits, what it refuses, and that every failure is a refusal."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ccxt
import pytest
from freqtrade.exceptions import ConfigurationError, OperationalException

from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.findings import GuardError, error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin import start_guard
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard, StartRefused, fail_closed
from freqtrade_bitmex_guard.report import text
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, SECRET, bot_config, key

REFUSED = Verdict(findings=(error("withdraw-permission", "it can withdraw", "make a new key"),))


def test_a_guard_begins_with_nothing_admitted_and_no_wait() -> None:
    guard = StartGuard()

    assert (guard.require_guard, guard.admission, guard.clients, guard.last_refusal) == (False, None, [], None)
    assert guard.wait_seconds == 0.0


@pytest.mark.bitmex
@pytest.mark.parametrize("dry_run", [False, None, 0, 1, "true", "no", [], "missing"])
def test_everything_but_true_counts_as_live(tmp_path: Path, guard: StartGuard, dry_run: Any) -> None:
    with SimulatedBitMEX([key()]) as exchange:
        config = bot_config(tmp_path, exchange)
        config["dry_run"] = dry_run
        if dry_run == "missing":
            del config["dry_run"]

        assert guard.admit(config) is not None
        config["dry_run"] = True
        assert guard.admit(config) is None
        assert guard.admission is None


@pytest.mark.parametrize(
    ("name", "action"), [("binance", "setup -c a.json -c b.json"), ("nosuch", "does not support its exchange")]
)
def test_a_live_start_without_the_section_says_so_in_one_line(
    guard: StartGuard, caplog: pytest.LogCaptureFixture, name: str, action: str
) -> None:
    config = {"dry_run": False, "exchange": {"name": name}, "config_files": ["b.json", "a.json"]}

    assert guard.admit(config) is None

    (record,) = caplog.records
    assert "this bot is NOT guarded" in record.getMessage()
    assert action in record.getMessage()


def test_an_invalid_section_in_dry_run_is_one_warning(guard: StartGuard, caplog: pytest.LogCaptureFixture) -> None:
    assert guard.admit({"dry_run": True, "api_key_gaurd": {}}) is None

    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "section-misnamed" in caplog.text


def test_a_credential_that_ccxt_signs_with_in_dry_run_is_a_warning(
    guard: StartGuard, caplog: pytest.LogCaptureFixture
) -> None:
    exchange = {"name": "bitmex", "ccxt_config": {"apiKey": "a1" * 12}}

    assert guard.admit({"dry_run": True, "api_key_guard": {}, "exchange": exchange}) is None

    assert "credentials-in-config: A credential was found at exchange.ccxt_config.apiKey" in caplog.text


@pytest.mark.parametrize(
    ("section", "rule", "fix"),
    [
        ({}, "section-missing", "Run `freqtrade-bitmex-guard setup -c CONFIG`, which writes it; or add "),
        ({"api_key_guard": {"enabled": False}}, "guard-disabled", "Set it to true, or start plain `freqtrade trade`"),
    ],
)
def test_a_required_guard_refuses_an_unguarded_config(
    guard: StartGuard, section: dict[str, Any], rule: str, fix: str
) -> None:
    assert guard.admit({"dry_run": False, **section}) is None
    guard.require_guard = True
    assert guard.admit({"dry_run": True, **section}) is None

    with pytest.raises(StartRefused) as refusal:
        guard.admit({"dry_run": False, **section})

    (finding,) = refusal.value.verdict.findings
    assert finding.name == rule
    assert finding.message.startswith("A guarded bot was requested, but ")
    assert finding.fix.startswith(fix)


@pytest.mark.parametrize("decide", [StartGuard.admit, StartGuard.precheck])
def test_a_refusal_without_a_check_names_the_bot_too(guard: StartGuard, decide: Any) -> None:
    config = {"dry_run": False, "api_key_gaurd": {}, "bot_name": "the third bot"}

    with pytest.raises(StartRefused) as refusal:
        decide(guard, config)

    assert refusal.value.verdict.bot == BotLabel.of(config)


def test_a_key_that_does_not_pass_is_refused_with_its_verdict(
    tmp_path: Path, guard: StartGuard, exchange: SimulatedBitMEX
) -> None:
    exchange.keys[0] = key(permissions=["order", "withdraw"])

    with pytest.raises(StartRefused, match="withdraw-permission") as refusal:
        guard.admit(bot_config(tmp_path, exchange))

    assert [finding.name for finding in refusal.value.verdict.findings] == ["withdraw-permission"]
    assert guard.admission is None


def test_a_refusal_does_not_outlast_the_next_admission(
    tmp_path: Path, guard: StartGuard, exchange: SimulatedBitMEX
) -> None:
    guard.last_refusal = REFUSED

    assert guard.admit(bot_config(tmp_path, exchange)) is not None

    assert guard.last_refusal is None


def test_a_refusal_is_the_report_of_its_verdict() -> None:
    refusal = StartRefused(REFUSED)

    assert str(refusal) == text.render_plain(REFUSED)
    assert refusal.verdict is REFUSED


def test_a_report_that_fails_is_a_refusal_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freqtrade_bitmex_guard.report.text.render_plain", lambda verdict: 1 / 0)

    refusal = StartRefused(REFUSED)

    assert str(refusal) == "API key guard: nothing was started, and the report about it failed, too."
    assert refusal.verdict is REFUSED


@pytest.mark.parametrize(
    "raised",
    [ConfigurationError("x"), OperationalException("x"), SystemExit(0), AttributeError(), ImportError(), GuardError()],
)
def test_every_failure_is_a_refusal(raised: BaseException) -> None:
    with pytest.raises(StartRefused) as refusal, fail_closed():
        raise raised

    names = [finding.name for finding in refusal.value.verdict.findings]
    assert names == ([] if isinstance(raised, GuardError) else ["internal-error"])
    assert not refusal.value.verdict.admitted


def test_a_refusal_passes_the_boundary_unchanged() -> None:
    raised = StartRefused(REFUSED)

    with pytest.raises(StartRefused) as refusal, fail_closed():
        raise raised

    assert refusal.value is raised


@pytest.mark.parametrize("raised", [GuardError(*REFUSED.findings), AttributeError()])
@pytest.mark.parametrize("place", ["sort_findings", "internal_error"])
def test_a_failure_that_cannot_be_judged_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, place: str, raised: BaseException
) -> None:
    monkeypatch.setattr(start_guard, place, lambda _: 1 / 0)

    with pytest.raises(StartRefused) as refusal, fail_closed():
        raise raised

    assert not refusal.value.verdict.admitted


def test_ctrl_c_is_never_a_refusal(
    tmp_path: Path, guard: StartGuard, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("freqtrade_bitmex_guard.report.text.render_plain", interrupted)
    with pytest.raises(KeyboardInterrupt):
        StartRefused(REFUSED)
    with pytest.raises(KeyboardInterrupt), fail_closed():
        raise AttributeError
    monkeypatch.setattr("freqtrade_bitmex_guard.exchanges.bitmex.BitMEX.read_key", interrupted)
    with pytest.raises(KeyboardInterrupt):
        guard.admit(bot_config(tmp_path, exchange))
    monkeypatch.setattr(start_guard, "internal_error", interrupted)
    with pytest.raises(KeyboardInterrupt), fail_closed():
        raise AttributeError


@pytest.mark.bitmex
def test_a_client_that_can_sign_is_compared_and_others_are_not(tmp_path: Path, guard: StartGuard) -> None:
    with SimulatedBitMEX([key()]) as exchange:
        guard.admit(bot_config(tmp_path, exchange))
        settings = exchange.ccxt_config()

        guard.verify_client(ccxt.bitmex({"apiKey": KEY_ID, "secret": SECRET, **settings}))
        others: list[dict[str, Any]] = [{"apiKey": KEY_ID}, {"apiKey": "x", "secret": SECRET}, {"secret": SECRET}]
        for other in (*others, {"token": "x"}, {"headers": {"api-key": "x"}}):
            with pytest.raises(GuardError):
                guard.verify_client(ccxt.bitmex({**other, **settings}))
        guard.verify_client(ccxt.bitmex(settings))

    assert len(guard.clients) == 1, "a bot with any other is refused"


def test_clients_compared_with_an_older_admission_do_not_count(
    tmp_path: Path, guard: StartGuard, exchange: SimulatedBitMEX
) -> None:
    config = bot_config(tmp_path, exchange)
    guard.admit(config)
    older = ccxt.bitmex({"apiKey": KEY_ID, "secret": SECRET, **exchange.ccxt_config()})
    guard.verify_client(older)
    guard.verify_bot_clients(SimpleNamespace(_api=older, _api_async=older))

    guard.admit(config)

    with pytest.raises(
        GuardError, match="freqtrade-unsupported: freqtrade built a client in a way that the guard did not see\\.$"
    ):
        guard.verify_bot_clients(SimpleNamespace(_api=older, _api_async=older))
