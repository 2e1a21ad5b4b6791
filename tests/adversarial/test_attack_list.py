"""The list of attacks names tests that exist, and has every attack in this folder."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.adversarial import without_defence
from tests.adversarial.test_both_ways import ATTACKS
from tests.adversarial.without_defence import NEEDS_NONE, WITHOUT, Without

ROOT = Path(__file__).parents[2]


PAGE = (ROOT / "docs" / "pages" / "evidence" / "adversarial.md").read_text(encoding="utf-8")


ROWS = [row for row in PAGE.splitlines() if row.startswith("| ") and not row.startswith("| attack")]


TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


NAMED = TEST.findall(PAGE)


BOTH_WAYS = re.compile(r" \| both ways: (.+) \|$")


# What shows that an attack would be noticed, or that nothing else suffers from its defence.
NO_ATTACK = {
    "test_the_start_that_the_attacks_below_spoil_gets_through_when_nothing_is_wrong",
    "test_the_search_finds_what_is_not_redacted",
    "test_a_record_without_a_secret_stays_as_it_was",
    "test_installing_again_stacks_no_filter_and_redacts_new_secrets",
    "test_an_error_without_a_secret_is_shown_as_ever",
    "test_standard_output_stays_a_stream",
    "test_the_documented_table_holds_every_fault_and_its_measured_bounds",
}


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_an_attack_is_a_test_that_exists(file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_row_names_its_test_and_every_test_here_is_listed() -> None:
    assert [row for row in ROWS if len(TEST.findall(row)) + len(BOTH_WAYS.findall(row)) != 1] == []
    files = [path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__)]
    tried = {
        node.name
        for path in files
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    assert len(files) > 3
    assert tried - {name for _, name in NAMED} == NO_ATTACK


def test_every_attack_that_is_tried_both_ways_has_a_row() -> None:
    listed = [name for row in ROWS for names in BOTH_WAYS.findall(row) for name in re.findall(r"`(\w+)`", names)]
    assert sorted(listed) == sorted(attack.__name__ for attack, _, _ in ATTACKS)


@pytest.mark.parametrize("attack", WITHOUT, ids=lambda attack: f"{attack.name} {attack.defence}")
def test_every_removed_defence_is_a_function_of_the_package(attack: Without) -> None:
    for cut in attack.cuts:
        assert (ROOT / without_defence.PACKAGE / cut.file).read_text(encoding="utf-8").count(cut.old) == 1


def test_every_other_attack_succeeded_without_its_defence() -> None:
    page = (ROOT / "docs" / "pages" / "evidence" / "without.md").read_text(encoding="utf-8")
    assert page.startswith(without_defence.HEAD)
    rows = [f"| `{attack.name}` | {attack.defence} | gets by |" for attack in WITHOUT]
    assert page.removeprefix(without_defence.HEAD).split("\n\n")[0].splitlines() == rows
    assert {name for _, name in NAMED} - {"test_what_gets_by_freqtrade_alone_does_not_get_by_the_guard"} == {
        *(attack.name for attack in WITHOUT),
        *NEEDS_NONE,
    }
