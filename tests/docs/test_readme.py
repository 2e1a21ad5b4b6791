"""The README is short, and what it shows is what happens."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.audit import snapshot
from freqtrade_bitmex_guard.model.catalogue import FINDINGS
from freqtrade_bitmex_guard.model.verdict import EXIT_CODES, EXIT_INTERNAL_ERROR, EXIT_INTERRUPTED
from freqtrade_bitmex_guard.plugin.start_guard import StartGuard
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.docs.pages import README, ROOT, anchors, blocks, page
from tests.docs.simulated import run
from tests.support.factories import bot_config, key

LINKS = re.findall(r"\]\(([^)]+)\)", README)


def test_it_is_read_in_three_minutes() -> None:
    lines = README.splitlines()
    assert len(lines) <= 170
    assert lines.index("## Install") < len(lines) / 3


@pytest.mark.parametrize("link", LINKS)
def test_it_links_to_files_and_headings_that_exist(link: str) -> None:
    file, _, anchor = link.partition("#")
    assert (ROOT / file).exists()
    assert not anchor or anchor in anchors((ROOT / file).read_text(encoding="utf-8"))


def test_it_names_every_page_for_its_reader() -> None:
    linked = {link.partition("#")[0].removeprefix("docs/pages/") for link in LINKS}
    for name in (
        "installation",
        "quickstart",
        "configuration",
        "credentials",
        "running",
        "troubleshooting",
        "findings",
    ):
        assert f"{name}.md" in linked


def test_the_findings_that_it_names_are_published() -> None:
    named = re.findall(r"^\| \[`([\w-]+)`\]", README, re.MULTILINE)
    assert len(named) >= 4
    assert set(named) <= set(FINDINGS)


def test_two_commands_set_everything_up_and_ci_runs_both() -> None:
    demo, tests = (block.strip() for block in blocks(README, "sh") if "venv" in block and "&&" in block)
    assert demo.endswith("/freqtrade-bitmex-guard demo")
    assert tests.endswith("/python -m pytest")
    script = (ROOT / ".ci" / "run").read_text()
    assert "README.md" in script
    for end in ("guard demo", "-m pytest"):
        assert end in script


def test_the_exit_codes_on_the_pages_are_those_of_the_help() -> None:
    told = run("--help")
    for code in (*EXIT_CODES.values(), EXIT_INTERNAL_ERROR, EXIT_INTERRUPTED):
        assert f"\n| {code} |" in page("running.md")
        assert re.search(rf"\b{code}\b", told)


def test_an_admitted_start_logs_what_the_pages_say(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert "An admitted start logs one line, and its warnings before it." in page("running.md")
    for age_days, warnings in ((20, 0), (200, 1)):
        caplog.clear()
        with SimulatedBitMEX([key(age_days=age_days)]) as exchange:
            StartGuard().admit(bot_config(tmp_path, exchange))
        assert [line.levelno for line in caplog.records] == [*[logging.WARNING] * warnings, logging.INFO]


def test_what_stays_after_an_uninstall_is_named() -> None:
    uninstall = page("installation.md").split("\n## Uninstall\n")[1]
    folder = snapshot.snapshot_path(Path("user_data"), "bitmex", "1").parent
    assert f"`{folder}/` stays" in uninstall
    assert "ccxt stays" in uninstall


def test_it_says_the_truth_about_bitmex_and_ccxt() -> None:
    assert "BitMEX closed on 2026-09-23" in README
    project = (ROOT / "pyproject.toml").read_text()
    assert '"ccxt>=4.5.76",\n' in project
    assert 'bitmex = ["ccxt<4.5.84"]\n' in project
    assert "takes ccxt **down** to 4.5.83" in README
    assert "any ccxt from 4.5.76 on is kept" in page("installation.md")
    assert "needs a ccxt below 4.5.84" in page("installation.md")
