"""What others rely on is as it was published.

`published.json` has three parts. `frozen` is the surface when it was first published; nobody changes it, and `FROZEN`
is the digest of it. `renamed` has the only words in it that may change. `added` is what came later: after an addition,
run `GUARD_PUBLISHED=write .venv/bin/python -m pytest tests/test_published.py`, and read the diff. New command lines are
added by hand, under `commands`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.machine import Machine
from tests.support.surface import SURFACE, TABLE

FROZEN = "603448ee5457d300"


@pytest.fixture
def machine(
    tmp_path: Path,
    exchange: SimulatedBitMEX,
    vault: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Machine:
    return Machine(tmp_path, exchange, vault, monkeypatch, capfd)


def compared(live: set[str], frozen: set[str], renamed: dict[str, str]) -> tuple[list[str], set[str]]:
    """Compare a part of the surface with what was frozen.

    Returns:
        What is wrong, and what is there beside the frozen.
    """
    wrong, kept = [], set()
    for line in frozen:
        words = [(word, renamed.get(word, word)) for word in re.split(r"([\w-]+)", line)]
        found = {"".join(form) for form in product(*map(dict.fromkeys, words))} & live
        kept |= found
        if len(found) != 1:
            wrong.append(f"{'renamed and kept' if found else 'gone or changed'}: {line}")
    return wrong, live - kept


def table() -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return read


@pytest.mark.parametrize("part", SURFACE)
def test_the_surface_is_what_was_frozen_and_what_was_written_down_since(part: str, machine: Machine) -> None:
    whole = table()

    live = set(SURFACE[part](machine))
    wrong, more = compared(live, set(whole["frozen"].get(part, ())), whole["renamed"].get(part, {}))
    if os.environ.get("GUARD_PUBLISHED") == "write":
        whole["added"] = {name: lines for name, lines in {**whole["added"], part: sorted(more)}.items() if lines}
        TABLE.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    assert wrong == []
    assert sorted(more) == table()["added"].get(part, [])


def test_what_was_frozen_stays_frozen() -> None:
    whole = table()
    content = json.dumps([whole["frozen"], whole["renamed"]], sort_keys=True)
    assert set(whole["frozen"]) <= set(SURFACE)
    assert hashlib.blake2b(content.encode(), digest_size=8).hexdigest() == FROZEN


@pytest.mark.parametrize(
    ("live", "wrong", "more"),
    [
        ({"a.old: text", "b: 1"}, [], set()),
        ({"a.new: text", "b: 1"}, [], set()),
        ({"a.old: text", "b: 1", "c: 1"}, [], {"c: 1"}),
        ({"a.old: text"}, ["gone or changed: b: 1"], set()),
        ({"a.old: text", "b: 2"}, ["gone or changed: b: 1"], {"b: 2"}),
        ({"a.other: text", "b: 1"}, ["gone or changed: a.old: text"], {"a.other: text"}),
        ({"a.old: text", "a.new: text", "b: 1"}, ["renamed and kept: a.old: text"], set()),
    ],
)
def test_only_additions_and_agreed_renames_pass(live: set[str], wrong: list[str], more: set[str]) -> None:
    assert compared(live, {"a.old: text", "b: 1"}, {"old": "new"}) == (wrong, more)
