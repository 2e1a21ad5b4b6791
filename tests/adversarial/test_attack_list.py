"""The list of attacks names tests that exist, and has every attack in this folder."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from tests.adversarial import without_defence
from tests.adversarial.removals import NOT_REMOVABLE, REMOVALS
from tests.adversarial.removals.removal import ROOT, Removal, Replacement
from tests.adversarial.test_both_ways import ATTACKS

PAGE = (ROOT / "docs" / "pages" / "evidence" / "adversarial.md").read_text(encoding="utf-8")
ROWS = [row for row in PAGE.splitlines() if row.startswith("| ") and not row.startswith("| attack")]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
NAMED = TEST.findall(PAGE)
BOTH_WAYS = re.compile(r" \| both ways: (.+) \|$")

# Tests which show that an attack would be noticed, or that nothing else suffers from its defence.
NO_ATTACK = {
    "test_the_start_that_is_attacked_below_builds_a_bot",
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


@pytest.mark.parametrize("removal", REMOVALS, ids=lambda removal: f"{removal.name}: {removal.defence}")
def test_every_removed_defence_is_a_function_of_the_package(removal: Removal) -> None:
    for replacement in removal.replacements:
        replacement.check()


@pytest.mark.parametrize(
    ("function", "definition", "problem"),
    [
        ("client.http:BoundedSession.gone", "def gone(self): ...", "does not exist"),
        ("client.http:BoundedSession", "def BoundedSession(): ...", "is no function"),
        ("client.http:BoundedSession.hosts", "def hosts(self): ...", "does not exist"),
        ("client.http:_read_body", "def _body(response, limit): ...", "of another function"),
        ("client.http:_read_body", "def _read_body(response): ...", "of another function"),
        ("client.http:_read_body", "limit = 0", "not exactly one function"),
        ("client.http:_read_body", "def _read_body(response, limit): return gone", "which its module has not"),
    ],
)
def test_a_replacement_of_another_function_is_noticed(function: str, definition: str, problem: str) -> None:
    with pytest.raises(LookupError, match=problem):
        Replacement(function, definition).check()


def test_a_replacement_takes_the_place_of_its_function_and_nothing_else() -> None:
    source = """
class Key:
    @property
    def name(self) -> str:
        return "key"

    def other(self) -> str:
        return "other"

def name() -> str:
    return "name"
"""
    replaced = Replacement(
        "module:Key.name",
        """
        @property
        def name(self):
            return f"not {self.original_name}"
        """,
    ).apply(source)

    names: dict[str, Any] = {}
    exec(replaced, names)
    key = names["Key"]()
    assert (key.name, key.other(), names["name"]()) == ("not key", "other", "name")


def test_no_other_attack_held_without_its_defence() -> None:
    page = (ROOT / "docs" / "pages" / "evidence" / "without.md").read_text(encoding="utf-8")
    rows = [without_defence.row(removal, without_defence.BYPASSES) for removal in REMOVALS]
    both_ways = {"test_what_gets_by_freqtrade_alone_does_not_get_by_the_guard"}

    assert page.startswith(without_defence.HEAD)
    listed = page.removeprefix(without_defence.HEAD).split("\n\n")[0].splitlines()
    assert listed == rows
    assert {name for _, name in NAMED} - both_ways == {*(removal.name for removal in REMOVALS), *NOT_REMOVABLE}
