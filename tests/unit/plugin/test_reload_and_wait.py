"""The check before a reload, and the wait of a first start for its exchange."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.plugin.start_guard import StartGuard, StartRefused
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, error
from tests.support.factories import bot_config, key


def test_the_next_admit_of_a_prechecked_config_sends_nothing(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard
) -> None:
    config = bot_config(tmp_path, exchange)
    prechecked = guard.precheck(config)
    sent = len(exchange.requests)

    with guard.handing_on(config, prechecked):
        admission = guard.admit(config)

    assert admission is prechecked is guard.admission is not None
    assert len(exchange.requests) == sent > 0


@pytest.mark.parametrize("which", ["the second admit", "another config", "after a reload that built no bot"])
def test_nothing_else_takes_a_prechecked_admission(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard, which: str
) -> None:
    config = bot_config(tmp_path, exchange)
    prechecked = guard.precheck(config)
    sent = len(exchange.requests)

    with guard.handing_on(config, prechecked):
        if which == "the second admit":
            guard.admit(config)
        admission = None if which.startswith("after") else guard.admit(config if "second" in which else {**config})
    admission = admission or guard.admit(config)

    assert admission not in (None, prechecked)
    assert len(exchange.requests) == 2 * sent


def test_a_handed_on_none_does_not_admit(tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard) -> None:
    config = bot_config(tmp_path, exchange)
    exchange.keys[0].permissions.append("withdraw")

    with guard.handing_on(config, None), pytest.raises(StartRefused, match="withdraw-permission"):
        guard.admit(config)


def test_a_precheck_that_fails_hands_nothing_on(tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard) -> None:
    config = bot_config(tmp_path, exchange)
    guard.precheck(config)
    exchange.keys[0].permissions.append("withdraw")

    with pytest.raises(StartRefused, match="withdraw-permission") as refusal:
        guard.precheck(config)
    with pytest.raises(StartRefused, match="withdraw-permission"):
        guard.admit(config)

    assert not refusal.value.verdict.admitted
    assert guard.admission is None


def test_a_precheck_leaves_the_running_bots_admission(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard
) -> None:
    config = bot_config(tmp_path, exchange)
    admission = guard.admit(config)

    guard.precheck(config)

    assert guard.admission is admission


def test_only_an_explicit_switch_lets_a_reload_go_unguarded(
    tmp_path: Path, guard: StartGuard, exchange: SimulatedBitMEX
) -> None:
    config = bot_config(tmp_path, exchange)
    guard.admit(config)
    unguarded = {name: value for name, value in config.items() if name != "api_key_guard"}

    with pytest.raises(StartRefused, match="section-missing"):
        guard.precheck(unguarded)
    assert guard.precheck(unguarded | {"api_key_guard": {"enabled": False}}) is None
    assert guard.precheck(unguarded | {"dry_run": True}) is None


@pytest.mark.parametrize("between", ["dry-run", "dry-run without the section", "disabled", "refused", "several"])
def test_no_reload_makes_the_process_forget_that_it_was_guarded(
    tmp_path: Path, guard: StartGuard, exchange: SimulatedBitMEX, between: str
) -> None:
    config = bot_config(tmp_path, exchange)
    unguarded = {name: value for name, value in config.items() if name != "api_key_guard"}
    guard.admit(config)
    steps: dict[str, list[dict[str, Any]]] = {
        "dry-run": [config | {"dry_run": True}],
        "dry-run without the section": [unguarded | {"dry_run": True}],
        "disabled": [unguarded | {"api_key_guard": {"enabled": False}}],
        "refused": [config | {"api_key_guard": {"policy": {"required_permissions": ["no"]}}}],
    }
    for step in steps.get(between, [step for listed in steps.values() for step in listed]):
        try:
            with guard.handing_on(step, guard.precheck(step)):
                guard.admit(step)
        except StartRefused:
            assert between in ("refused", "several")

    for decide in (guard.precheck, guard.admit):
        with pytest.raises(StartRefused, match="section-missing"):
            decide(unguarded)


@pytest.mark.parametrize("section", [{"api_key_guard": {}}, {"api_key_gaurd": {}}], ids=["right", "misnamed"])
def test_a_section_in_dry_run_is_remembered_too(guard: StartGuard, section: dict[str, Any]) -> None:
    assert guard.admit({"dry_run": True, **section}) is None

    with pytest.raises(StartRefused, match="section-missing"):
        guard.precheck({"dry_run": False})


def test_a_process_that_was_never_guarded_starts_unguarded(guard: StartGuard) -> None:
    for config in ({"dry_run": True}, {"dry_run": False}, {"dry_run": False, "api_key_guard": {"enabled": False}}):
        assert guard.admit(config) is None
    assert guard.precheck({"dry_run": False}) is None


def test_a_precheck_does_not_wait_for_the_exchange(
    tmp_path: Path, exchange: SimulatedBitMEX, guard: StartGuard
) -> None:
    for config in ({"dry_run": True}, bot_config(tmp_path, exchange)):
        guard.wait_seconds = 60.0
        guard.precheck(config)
        assert guard.wait_seconds == 0.0


def waits(
    tmp_path: Path, guard: StartGuard, monkeypatch: pytest.MonkeyPatch, *answers: Any, minutes: float = 1
) -> list[float]:
    """Return how long a start slept between checks, by a clock that sleep alone moves; -1 is a refusal."""
    slept: list[float] = []
    now = [0.0]

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    guard.wait_seconds = minutes * 60
    with SimulatedBitMEX([key()]) as exchange:
        exchange.respond_next("/apiKey", *answers)
        config = bot_config(tmp_path, exchange, timeout_seconds=1)
        try:
            guard.admit(config)
        except StartRefused:
            slept.append(-1)
    assert guard.wait_seconds == 0.0, "only the first start may wait"
    return slept


@pytest.mark.bitmex
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
def test_a_start_waits_for_transient_causes_only_and_ever_longer(
    tmp_path: Path, guard: StartGuard, monkeypatch: pytest.MonkeyPatch, answers: list[Any], slept: list[float]
) -> None:
    # time is one module for all: with the clock standing still inside a check, nothing is retried there.
    minutes = sum(seconds for seconds in slept if seconds > 0) / 60 or 1
    if len(answers) > 1:
        answers *= 2

    assert waits(tmp_path, guard, monkeypatch, *answers, minutes=minutes)[: len(slept)] == slept


@pytest.mark.bitmex
def test_the_wait_says_when_it_ends(
    tmp_path: Path, guard: StartGuard, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    waits(tmp_path, guard, monkeypatch, error(503, "down for maintenance"))

    assert "Next check in 30 seconds; the guard keeps trying for another minute." in caplog.text
