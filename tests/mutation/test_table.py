"""The table of evidence/mutation.md: rows as printed, and the sums that follow from them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.mutation.run import AREAS, files_of, run_mutmut
from tests.mutation.table import Row, Tally, one, parse_table, table

PAGE = (Path(__file__).parents[2] / "docs" / "pages" / "evidence" / "mutation.md").read_text(encoding="utf-8")


def test_the_page_has_every_module_of_every_area() -> None:
    assert {area: list(files) for area, files in parse_table(PAGE).items()} == {area: files_of(area) for area in AREAS}


def test_each_sum_and_score_of_the_page_follows_from_its_rows() -> None:
    assert "\n".join(["", *table(parse_table(PAGE)), ""]) in PAGE


def test_every_other_outcome_counts_as_survived() -> None:
    tally = sum((one("mutmut", outcome) for outcome in ("killed", "survived", "no tests", "timeout")), Tally())
    tally += one("rest", "killed")
    rows = {"rules": {"config/policy.py": Row(tally, "2026-11-26"), "new.py": Row()}}

    lines = table(rows)

    assert lines[2:4] == [
        "| `config/policy.py` | 4 | 1 | 1 | 1 | 2 | 1 | 40.0 % | 2026-11-26 |",
        "| `new.py` | – | – | – | – | 0 | 0 | – | not run |",
    ]
    assert parse_table("\n".join([*lines, ""])) == rows


def test_a_missing_mutmut_names_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(SystemExit, match="pip install mutmut"):
        next(run_mutmut("rules", ["config/policy.py"], 1))
