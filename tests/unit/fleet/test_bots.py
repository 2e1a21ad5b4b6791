"""Bots are found by patterns and told apart by the shortest names."""

from __future__ import annotations

from pathlib import Path

import pytest

from freqtrade_bitmex_guard.fleet.bots import distinct_names, find_bots
from freqtrade_bitmex_guard.model.findings import GuardError


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["bots/a/config.json", "bots/b/config.json"], ["a", "b"]),
        (["configs/a.json", "configs/b.json"], ["a", "b"]),
        (["x/a/config.json", "x/a/other.json", "x/b/config.json"], ["a/config", "a/other", "b/config"]),
        (["x/a/config.json", "y/a/config.json"], ["x/a/config.json", "y/a/config.json"]),
        (["bots/[red]/config.json", "bots/b/config.json"], ["?red?", "b"]),
        (["same.json", "same.json"], ["1 same.json", "2 same.json"]),
        ([], []),
    ],
)
def test_names_are_the_shortest_that_differ(files: list[str], names: list[str]) -> None:
    assert distinct_names(files) == names


def test_a_file_that_two_patterns_match_is_one_bot(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").touch()

    bots = find_bots([f"{tmp_path}/*/config.json", f"{tmp_path}/**/*.json"], ".env")

    assert [(bot.name, bot.env_file) for bot in bots] == [("a", ".env"), ("b", ".env")]


def test_a_pattern_without_a_match_is_an_error_a_missing_file_not(tmp_path: Path) -> None:
    with pytest.raises(GuardError, match="No config file matches"):
        find_bots([f"{tmp_path}/*.json"])

    assert len(find_bots([f"{tmp_path}/missing.json"])) == 1
