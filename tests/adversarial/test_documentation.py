"""The list of attacks names tests that exist, and has every attack in this folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "adversarial.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_an_attack_is_a_test_that_exists(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_row_names_its_test_and_every_bypass_is_listed() -> None:
    rows = [row for row in PAGE.splitlines() if row.startswith("| ") and not row.startswith("| attack")]
    assert len(rows) == len(NAMED)
    here = (ROOT / "tests/adversarial/test_bypass.py").read_text(encoding="utf-8")
    listed = {name for file, name in NAMED if file.endswith("test_bypass.py")}
    tried = set(re.findall(r"def (test_\w+)\(", here))
    assert tried - listed == {"test_the_start_that_the_attacks_below_spoil_gets_through_when_nothing_is_wrong"}
