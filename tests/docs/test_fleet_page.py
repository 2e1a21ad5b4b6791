"""Every command on the page about fleets is run, with the files that the page shows."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.fleet.across import DEFAULT_SEVERITIES
from freqtrade_bitmex_guard.fleet.prometheus import PREFIX
from tests.docs.pages import blocks, page
from tests.docs.simulated import GUARD
from tests.support.farm import farm

PAGE = page("fleet.md")
COMMANDS = [line for block in blocks(PAGE, "sh") for line in block.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with the two bots of the page."""
    with farm(tmp_path, "kraken", "okx") as bots:
        bots.add("btc")
        bots.add("eth", "okx")
        (bots.folder / "shared.json").write_text("{}")
        (bots.folder / "eth" / ".env").write_text("FREQTRADE__API_KEY_GUARD__TIMEOUT_SECONDS=20\n")
        (listed,) = (block for block in blocks(PAGE, "text") if block.startswith("# bots.txt"))
        (tmp_path / "bots.txt").write_text(listed)
        yield tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_on_the_page_of_the_fleet_ends_well(command: str, folder: Path) -> None:
    environment = {**os.environ, "PATH": f"{GUARD.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        shlex.split(command), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if "--output" in command:
        assert (folder / command.rsplit(maxsplit=1)[-1]).stat().st_size > 500
    else:
        assert "btc" in done.stdout
        assert "eth" in done.stdout


def test_the_alerts_use_metrics_that_there_are(folder: Path) -> None:
    done = subprocess.run(
        [GUARD, "fleet", "bots/*/config.json", "--format", "prometheus"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    (alerts,) = (block for block in blocks(PAGE, "text") if PREFIX in block)
    used = re.findall(rf"{PREFIX}_\w+", alerts)
    assert len(used) == 4
    assert [name for name in used if f"# TYPE {name} gauge" not in done.stdout] == []


def test_the_table_has_every_rule_and_its_default() -> None:
    rows = re.findall(r"^\| \[`([\w-]+)`\]\(findings.md#\1\) \| `(\w+)` \|", PAGE, re.MULTILINE)
    assert dict(rows) == DEFAULT_SEVERITIES


def test_the_program_on_the_page_runs(folder: Path) -> None:
    (program,) = blocks(PAGE, "python")
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, *others = done.stdout.splitlines()
    assert first.startswith("admitted [")
    assert set(others) >= {"btc admitted", "eth admitted"}
