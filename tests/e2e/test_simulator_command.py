"""The simulator as a process of its own, used as its output says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bot import Process
from tests.support.pty import GUARD, environment

pytestmark = pytest.mark.slow


@contextmanager
def serving(folder: Path, variables: dict[str, str], *rights: str) -> Iterator[str]:
    """Return all of its output, once it serves."""
    process = Process([sys.executable, "-m", "freqtrade_bitmex_guard.simulator", *rights], folder, variables)
    try:
        assert process.wait_for_output(" trade -c ")
        yield process.output
    finally:
        code = process.stop()
    assert code == 0
    assert "Ended" in process.output


def told(printed: str, command: str) -> list[str]:
    (line,) = re.findall(rf"^  \S*freqtrade-bitmex-guard ({command} .+)$", printed, re.MULTILINE)
    return [*GUARD, *line.split()]


def run(folder: Path, variables: dict[str, str], *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, env=variables, input=given, capture_output=True, text=True, check=False)


def test_what_it_prints_checks_audits_and_starts_a_bot(tmp_path: Path, vault: Path) -> None:
    variables = environment(vault)
    with serving(tmp_path, variables) as printed:
        assert "worth nothing" in printed
        for command in ("--check-only", "audit"):
            done = run(tmp_path, variables, *told(printed, command))
            assert done.returncode == 0, done.stdout + done.stderr
            assert "ADMITTED" in done.stdout
        bot = Process(told(printed, "trade"), tmp_path, variables)
        assert bot.wait_for_output(), bot.output
        assert bot.stop() == 130
        place = Path(told(printed, "trade")[-1])
        assert place.exists()
    assert not place.parent.exists()


def test_a_key_with_more_rights_is_refused(tmp_path: Path, vault: Path) -> None:
    variables = environment(vault)
    with serving(tmp_path, variables, "order", "withdraw") as printed:
        assert run(tmp_path, variables, *told(printed, "--check-only")).returncode == 2


def test_the_printed_lines_connect_any_bot_to_the_simulator(tmp_path: Path, vault: Path) -> None:
    variables = environment(vault)
    with serving(tmp_path, variables) as printed:
        (more,) = re.findall(r"^  -c (\S+)$", printed, re.MULTILINE)
        pair = "".join(f"{value}\n" for value in re.findall(r"^  (?:key|secret): (\S+)$", printed, re.MULTILINE))
        for arguments in ("credentials set", "--check-only", "credentials delete --yes"):
            done = run(tmp_path, variables, *GUARD, *arguments.split(), "-c", more, given=pair)
            assert done.returncode == 0, done.stdout + done.stderr
        service = json.loads(Path(more).read_text())["api_key_guard"]["credentials"]["service"]
    assert service != "freqtrade-bitmex"


def test_it_fits_a_small_screen_and_the_commands_come_last(tmp_path: Path, vault: Path) -> None:
    with serving(tmp_path, environment(vault)) as printed:
        lines = printed.splitlines()

    assert len(lines) < 24
    assert [line.split()[1] for line in lines[-3:]] == ["--check-only", "audit", "trade"]
