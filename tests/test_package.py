"""The package as an environment sees it."""

from __future__ import annotations

import importlib.metadata
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.slow
def test_interpreter_start_imports_nothing_but_the_finder(environment: Callable[[str], Path]) -> None:
    def imported(kind: str) -> set[str]:
        script = "import sys; print(*sys.modules)"
        done = subprocess.run([environment(kind), "-c", script], capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return set(done.stdout.split())

    assert imported("wheel") - imported("no pth") == {"freqtrade_bitmex_guard", "freqtrade_bitmex_guard.autoload"}


def test_ccxt_stays_below_the_version_that_dropped_bitmex() -> None:
    needed = importlib.metadata.requires("freqtrade-bitmex-guard") or []
    assert [each.replace(" ", "") for each in needed if each.startswith("ccxt")] == ["ccxt<4.5.84,>=4.5.76"]
