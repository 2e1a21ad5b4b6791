"""The preflight tells whether plain `freqtrade trade` in its environment is guarded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot

pytestmark = pytest.mark.slow


def found(python: Path, bot: DemoBot, path: Path | None = None) -> tuple[str, list[tuple[str, str]]]:
    """Return the verdict and the findings of a preflight whose package is on a path."""
    variables = {"PYTHONPATH": str(path)} if path else {}
    done = subprocess.run(
        [str(python), "-m", "freqtrade_bitmex_guard", "--check-only", "--format", "json", "-c", str(bot.write())],
        capture_output=True,
        text=True,
        check=False,
        cwd=bot.folder,
        env={**os.environ, **variables},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    return report["verdict"], [(finding["rule"], finding["severity"]) for finding in report["findings"]]


@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_an_installation_with_pip_is_armed(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path], kind: str
) -> None:
    assert found(environment(kind), bot) == ("admitted", [])


def test_an_installation_without_the_line_is_not_armed(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path]
) -> None:
    assert found(environment("no pth"), bot) == ("admitted", [("guard-not-armed", "warning")])


def test_an_installation_into_a_target_folder_is_not_armed(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path]
) -> None:
    python = environment("target")
    target = python.parent.parent / "target"
    assert (target / "freqtrade_bitmex_guard.pth").exists()
    assert found(python, bot, target) == ("admitted", [("guard-not-armed", "warning")])


def test_a_copy_of_the_package_alone_is_not_armed(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path], tmp_path: Path
) -> None:
    python = environment("target")
    package = "freqtrade_bitmex_guard"
    shutil.copytree(python.parent.parent / "target" / package, tmp_path / "image" / package)
    assert found(python, bot, tmp_path / "image") == ("admitted", [("guard-not-armed", "warning")])
