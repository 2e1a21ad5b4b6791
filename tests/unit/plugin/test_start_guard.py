"""The hook's own decisions, without a freqtrade process around them; tests/processes has those."""

from __future__ import annotations

import logging
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import ccxt
import pytest
from freqtrade.exceptions import ConfigurationError, OperationalException
from freqtrade.exchange import Exchange
from freqtrade.freqtradebot import FreqtradeBot

from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin import bot_hook, install, start_guard
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, error
from tests.support.factories import KEY_ID, SECRET, bot_config, facts, key


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> StartGuard:
    gate = StartGuard()
    monkeypatch.setattr(start_guard, "START_GUARD", gate)
    return gate


def test_freqtrades_shape_is_the_one_this_was_written_for() -> None:
    original = getattr(FreqtradeBot.__init__, "__wrapped__", FreqtradeBot.__init__)
    install._check_shape(type("Bot", (), {"__init__": original, "cleanup": FreqtradeBot.cleanup}))


def load_exchange_elsewhere(self: Any, config: Any) -> None:
    """A bot that builds its exchange in another way."""


def more_arguments(self: Any, config: Any, exchange: Any) -> None:
    self.load_exchange(config)


def usual(self: Any, config: Any) -> None:
    self.load_exchange(config)


@pytest.mark.parametrize(
    "bot",
    [
        type("Bot", (), {"__init__": load_exchange_elsewhere, "cleanup": usual}),
        type("Bot", (), {"__init__": more_arguments, "cleanup": usual}),
        type("Bot", (), {"__init__": usual}),
        usual,
        None,
    ],
)
def test_any_other_shape_of_the_bot_is_not_guessed_at(bot: Any) -> None:
    with pytest.raises((GuardError, AttributeError)):
        install._check_shape(bot)
    module = ModuleType("freqtrade.freqtradebot")
    module.FreqtradeBot = bot  # type: ignore[attr-defined]
    with pytest.raises((GuardError, AttributeError)):
        install.install_hooks(module)


USUAL = type("Bot", (), {"__init__": usual, "cleanup": usual})


def test_the_usual_shape_is_taken() -> None:
    install._check_shape(USUAL)


@pytest.mark.parametrize("name", ["_init_ccxt", "_api", "_api_async"])
def test_nor_is_any_other_shape_of_the_exchange(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code = Exchange.__init__.__code__
    others = tuple("another" if used == name else used for used in code.co_names)
    monkeypatch.setattr(Exchange.__init__, "__code__", code.replace(co_names=others))
    with pytest.raises(GuardError):
        install._check_shape(USUAL)


@pytest.mark.parametrize("raised", [None, OperationalException("x"), ConfigurationError("x"), KeyboardInterrupt()])
def test_no_credential_stays_in_freqtrades_config_however_the_build_ends(
    tmp_path: Path, gate: StartGuard, raised: BaseException | None
) -> None:
    seen = {}

    def build(self: Any, config: dict[str, Any]) -> None:
        seen.update(config["exchange"])
        if raised:
            raise raised

    class Bot:
        exchange = None
        cleaned = 0

        def cleanup(self) -> None:
            self.cleaned += 1
            raise AttributeError("a bot that cannot be taken down is refused all the same")

    bot = Bot()
    with SimulatedBitMEX([key()]) as exchange:
        config = bot_config(tmp_path, exchange)
        with pytest.raises((OperationalException, KeyboardInterrupt)):
            bot_hook.wrap_init(build)(bot, config)
    assert (seen["key"], seen["secret"]) == (KEY_ID, SECRET)
    assert SECRET not in str(config)
    assert config["exchange"]["key"] is None
    # Without an exchange its clients cannot be confirmed: the bot that stands already is taken down again.
    assert bot.cleaned == (raised is None)


@pytest.mark.parametrize("dry_run", [False, None, 0, 1, "true", "no", [], "missing"])
def test_everything_but_true_counts_as_live(tmp_path: Path, gate: StartGuard, dry_run: Any) -> None:
    with SimulatedBitMEX([key()]) as exchange:
        config = bot_config(tmp_path, exchange)
        config["dry_run"] = dry_run
        if dry_run == "missing":
            del config["dry_run"]
        assert gate.admit(config) is not None
        config["dry_run"] = True
        assert gate.admit(config) is None
        assert gate.proven is None


def test_a_broken_section_in_dry_run_is_one_warning(gate: StartGuard, caplog: pytest.LogCaptureFixture) -> None:
    assert gate.admit({"dry_run": True, "api_key_gaurd": {}}) is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "section-misnamed" in caplog.text


def waited(
    tmp_path: Path, gate: StartGuard, monkeypatch: pytest.MonkeyPatch, *answers: Any, minutes: float = 1
) -> list[float]:
    """How long the gate slept between checks, with a clock that is turned forward instead of waiting."""
    slept: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    gate.wait_seconds = minutes * 60
    with SimulatedBitMEX([key()]) as exchange:
        exchange.respond_next("/apiKey", *answers)
        config = bot_config(tmp_path, exchange, timeout_seconds=1)
        try:
            gate.admit(config)
        except OperationalException:
            slept.append(-1)
    assert gate.wait_seconds == 0.0, "only the first start may wait"
    return slept


@pytest.mark.parametrize(
    ("answers", "slept"),
    [
        ([error(503, "down for maintenance")], [30]),
        ([error(503, "down for maintenance")] * 9, [30, 60, 120, 240, 300, 300, 300, 300, 150, -1]),
        ([error(503, "down for maintenance")] * 9, [30, 0.5, -1]),
        ([error(401, "Invalid API Key.")], [-1]),
        ([error(403, "Account is restricted")], [-1]),
        ([error(429, "Rate limit exceeded", {"Retry-After": "600"})], [-1]),
    ],
)
def test_only_a_passing_cause_is_waited_for_and_more_slowly_each_time(
    tmp_path: Path, gate: StartGuard, monkeypatch: pytest.MonkeyPatch, answers: list[Any], slept: list[float]
) -> None:
    # time is one module for all: with the clock standing still inside a check, nothing is retried there.
    minutes = sum(each for each in slept if each > 0) / 60 or 1
    if len(answers) > 1:
        answers *= 2
    assert waited(tmp_path, gate, monkeypatch, *answers, minutes=minutes)[: len(slept)] == slept


def test_a_gate_begins_shut_with_nothing_proven_and_waits_for_nobody() -> None:
    gate = StartGuard()
    assert (gate.require_guard, gate.stopped, gate.proven, gate.clients) == (False, None, None, [])
    assert gate.wait_seconds == 0.0


def test_a_verdict_that_admits_without_a_proof_is_refused(
    tmp_path: Path, gate: StartGuard, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "freqtrade_bitmex_guard.check.local.LocalCheck.run", lambda _: Verdict(findings=(), facts=(facts(),))
    )
    with pytest.raises(OperationalException):
        gate.admit(bot_config(tmp_path, exchange))


def test_a_proof_beside_a_verdict_that_does_not_admit_is_refused(
    tmp_path: Path, gate: StartGuard, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.keys[0] = key(permissions=["order", "withdraw"])
    proven = property(lambda _: object(), lambda *_: None)
    monkeypatch.setattr("freqtrade_bitmex_guard.check.local.LocalCheck.proven", proven, raising=False)
    with pytest.raises(OperationalException, match="withdraw-permission"):
        gate.admit(bot_config(tmp_path, exchange))


def test_a_reload_whose_section_is_gone_is_refused_and_one_that_switches_it_off_is_not(
    tmp_path: Path, gate: StartGuard, exchange: SimulatedBitMEX
) -> None:
    config = bot_config(tmp_path, exchange)
    gate.admit(config)
    unguarded = {name: value for name, value in config.items() if name != "api_key_guard"}
    with pytest.raises(OperationalException, match="section-missing"):
        gate.precheck(unguarded)
    gate.precheck(unguarded | {"api_key_guard": {"enabled": False}})
    gate.precheck(unguarded | {"dry_run": True})


@pytest.mark.parametrize("raised", [ConfigurationError("x"), SystemExit(0), AttributeError(), GuardError()])
def test_every_failure_is_the_one_exception_with_which_freqtrade_refuses(
    gate: StartGuard, raised: BaseException
) -> None:
    with pytest.raises(OperationalException) as refused, gate.fail_closed():
        raise raised
    assert type(refused.value) is OperationalException
    assert gate.stopped is not None
    assert not gate.stopped.admitted
    told = [finding.name for finding in gate.stopped.findings]
    assert told == ([] if isinstance(raised, GuardError) else ["internal-error"])


def test_a_report_that_fails_is_a_refusal_all_the_same(gate: StartGuard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freqtrade_bitmex_guard.report.text.render_plain", lambda verdict: 1 / 0)
    with pytest.raises(
        OperationalException, match=r"^API key guard: nothing was started, and the report about it failed, too\.$"
    ):
        gate.refuse(Verdict(findings=()))


def test_ctrl_c_stays_one_wherever_it_comes(
    tmp_path: Path, gate: StartGuard, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("freqtrade_bitmex_guard.report.text.render_plain", interrupted)
    with pytest.raises(KeyboardInterrupt):
        gate.refuse(Verdict(findings=()))
    monkeypatch.setattr("freqtrade_bitmex_guard.exchanges.bitmex.BitMEX.read_key", interrupted)
    with pytest.raises(KeyboardInterrupt), gate.fail_closed():
        gate.admit(bot_config(tmp_path, exchange))


def test_clients_that_were_compared_with_an_older_admission_count_no_more(
    tmp_path: Path, gate: StartGuard, exchange: SimulatedBitMEX
) -> None:
    config = bot_config(tmp_path, exchange)
    gate.admit(config)
    older = ccxt.bitmex({"apiKey": KEY_ID, "secret": SECRET, **exchange.ccxt_config()})
    gate.verify_client(older)
    gate.verify_bot_clients(SimpleNamespace(_api=older, _api_async=older))
    gate.admit(config)
    with pytest.raises(
        GuardError, match="freqtrade-unsupported: freqtrade built a client in a way that the guard did not see\\.$"
    ):
        gate.verify_bot_clients(SimpleNamespace(_api=older, _api_async=older))


def test_a_client_that_can_sign_is_judged_and_one_that_cannot_is_none_of_the_bots(
    tmp_path: Path, gate: StartGuard
) -> None:
    with SimulatedBitMEX([key()]) as exchange:
        config = bot_config(tmp_path, exchange)
        gate.admit(config)
        settings = exchange.ccxt_config()
        gate.verify_client(ccxt.bitmex({"apiKey": KEY_ID, "secret": SECRET, **settings}))
        others: list[dict[str, Any]] = [{"apiKey": KEY_ID}, {"apiKey": "x", "secret": SECRET}, {"secret": SECRET}]
        for other in (*others, {"token": "x"}, {"headers": {"api-key": "x"}}):
            with pytest.raises(GuardError):
                gate.verify_client(ccxt.bitmex({**other, **settings}))
        gate.verify_client(ccxt.bitmex(settings))
    assert len(gate.clients) == 1, "a bot with any other is not confirmed"


def test_a_bot_that_was_refused_is_no_reason_against_the_next(
    tmp_path: Path, gate: StartGuard, exchange: SimulatedBitMEX
) -> None:
    with pytest.raises(OperationalException):
        gate.refuse(Verdict(findings=()))
    assert gate.admit(bot_config(tmp_path, exchange)) is not None
    assert gate.stopped is None


def test_a_credential_that_ccxt_would_sign_with_in_dry_run_is_a_warning(
    gate: StartGuard, caplog: pytest.LogCaptureFixture
) -> None:
    exchange = {"name": "bitmex", "ccxt_config": {"apiKey": "x" * 24}}
    assert gate.admit({"dry_run": True, "api_key_guard": {}, "exchange": exchange}) is None
    assert "credentials-in-config: A credential stands at exchange.ccxt_config.apiKey" in caplog.text
