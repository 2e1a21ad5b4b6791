"""`check_bot` and `check_fleet`: what the commands do, for programs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from freqtrade_bitmex_guard import check_bot, check_fleet
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.support.farm import Farm, farm


@pytest.fixture
def bots(tmp_path: Path) -> Iterator[Farm]:
    with farm(tmp_path, "kraken") as running:
        yield running


def test_a_bot_is_checked_by_its_file_its_files_or_its_config(bots: Farm, tmp_path: Path) -> None:
    bot, _ = bots.add("a")
    path = bot.folder / "config.json"
    (tmp_path / "more.json").write_text('{"api_key_guard": {"policy": {"max_key_age_days": 1}}}')

    assert check_bot(path).admitted
    assert check_bot(str(path)).admitted
    assert check_bot(json.loads(path.read_text())).admitted
    names = [finding.name for finding in check_bot([path, tmp_path / "more.json"]).findings]
    assert "key-age" in names


def test_a_config_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    verdict = check_bot(tmp_path / "missing.json")

    assert verdict.outcome is Outcome.MISCONFIGURED
    assert [finding.name for finding in verdict.findings] == ["config-unreadable"]


def test_a_fleet_is_checked_by_patterns_or_by_names(bots: Farm) -> None:
    for name in ("a", "b"):
        bots.add(name)
    seen: list[str] = []

    by_pattern = check_fleet(bots.pattern, on_checked=lambda name, verdict: seen.append(name))
    by_name = check_fleet({"x": bots.folder / "a" / "config.json", "y": [bots.folder / "b" / "config.json"]})

    assert by_pattern.exit_code == by_name.exit_code == 0
    assert sorted(seen) == ["a", "b"]
    assert [name for name, _ in by_name.bots] == ["x", "y"]


def test_a_fleet_of_no_bot_is_an_error() -> None:
    with pytest.raises(GuardError, match="No bot was named"):
        check_fleet([])
    with pytest.raises(ValueError, match="key-shared"):
        check_fleet("x.json", severities={"key-age": "error"})


def test_the_package_alone_imports_nothing() -> None:
    script = "import sys, freqtrade_bitmex_guard as g; before = set(sys.modules); g.check_fleet; print(*before)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert [name for name in done.stdout.split() if name.startswith("freqtrade_bitmex_guard.")] == []
    assert "pydantic" not in done.stdout.split()
