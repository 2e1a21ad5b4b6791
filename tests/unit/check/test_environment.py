"""What makes a passing check worth little."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from freqtrade_bitmex_guard import BotModuleFinder
from freqtrade_bitmex_guard.check.environment import clock_warning, find_disabled, find_not_armed
from freqtrade_bitmex_guard.model.findings import Severity


@pytest.mark.parametrize(
    ("config", "is_found"),
    [
        ({"api_key_guard": {"enabled": False}}, True),
        ({"api_key_guard": {"enabled": True}}, False),
        ({"api_key_guard": {}}, False),
        ({"api_key_guard": {"enabled": "no"}}, False),  # the verdict refuses it
        ({}, False),
    ],
    ids=str,
)
def test_a_disabled_guard_is_a_warning(config: dict[str, Any], is_found: bool) -> None:
    findings = list(find_disabled(config))
    assert [(finding.name, finding.severity) for finding in findings] == [
        ("guard-disabled", Severity.WARNING)
    ] * is_found
    assert all(finding.fix == "Set it to true." for finding in findings)


def test_a_guard_that_is_not_armed_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [finder for finder in sys.meta_path if finder is not BotModuleFinder]
    monkeypatch.setattr(sys, "meta_path", [*others, BotModuleFinder])
    assert list(find_not_armed()) == []
    monkeypatch.setattr(sys, "meta_path", others)
    (finding,) = find_not_armed()
    assert (finding.name, finding.severity) == ("guard-not-armed", Severity.WARNING)
    assert finding.message.startswith("Plain `freqtrade trade` is not guarded in this environment")
    assert finding.fix.startswith("Start the bot with `freqtrade-bitmex-guard trade -c CONFIG`")


def test_a_clock_that_may_be_off_is_a_warning() -> None:
    finding = clock_warning("nothing keeps it")
    assert (finding.name, finding.severity) == ("clock-skew", Severity.WARNING)
    assert finding.message.startswith("The clock may be off: nothing keeps it. ")
    assert "timedatectl" in finding.fix
