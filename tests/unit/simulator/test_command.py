"""The states of a simulated exchange that a user can ask for, each as the guard sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.simulator import __main__ as command
from freqtrade_bitmex_guard.testing.exchange_cases import check, errors

STATES = {
    "": set(),
    "trade withdraw": {"withdraw-permission"},
    "--no-ip-limit": {"ip-unrestricted"},
    "--no-two-factor": {"two-factor"},
    "--disabled": {"key-disabled"},
    "--maintenance": {"overloaded"},
    "--exchange kraken read trade cancel withdraw": {"withdraw-permission"},
    "--exchange kraken --days-left 0": {"key-unknown"},
    "--exchange kraken --maintenance": {"maintenance"},
    "--exchange okx --no-ip-limit": {"ip-unrestricted"},
    "--exchange binance --clock 60": {"clock-skew"},
    "--exchange bybit --clock 60": {"clock-skew"},
    "--exchange gate --trading-mode futures": set(),
}


def judged(typed: str, folder: Path) -> Verdict:
    with command.make_exchange(command.parse(typed.split())) as exchange:
        return check(exchange, folder)


@pytest.mark.parametrize("typed", STATES)
def test_each_switch_makes_the_state_that_it_names(typed: str, tmp_path: Path) -> None:
    assert set(errors(judged(typed, tmp_path))) == STATES[typed]


def test_a_key_that_ends_tomorrow_is_warned_of(tmp_path: Path) -> None:
    verdict = judged("--exchange kraken --days-left 1", tmp_path)

    assert verdict.admitted
    assert "key-expiry" in {finding.name for finding in verdict.findings}


def test_a_key_that_somebody_adds_is_found_beside_the_own_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with command.make_exchange(command.parse([])) as exchange:
        before = check(exchange, tmp_path / "before")
        command._add_key(exchange)
        after = check(exchange, tmp_path / "after")

    assert "can withdraw" in capsys.readouterr().out
    names = [{finding.name for finding in verdict.findings} for verdict in (before, after)]
    assert ["sibling-keys" in found for found in names] == [False, True]


def test_its_help_names_each_switch(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        command.parse(["--help"])

    printed = capsys.readouterr().out
    assert end.value.code == 0
    switches = ("no-ip-limit", "no-two-factor", "disabled", "maintenance", "clock", "days-left", "new-key", "exchange")
    assert [switch for switch in switches if f"--{switch}" not in printed] == []
    assert "withdraw" in printed
