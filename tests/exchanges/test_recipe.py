"""An exchange is added by the recipe: four files of its own and the changelog; all else is generated or stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.factories import allow_secrets_in

ROOT = Path(__file__).parents[2]
EXTRAS = Path(__file__).parent / "foreign" / "package" / "guard_extras"
PAGE = """# Bitstamp

What this page says is made up for a test.

## Its permissions

<!-- generated: permissions -->
<!-- /generated -->
"""
TEST = '''"""Bitstamp, as a test of the recipe."""

from __future__ import annotations

from typing import Any

from freqtrade_bitmex_guard.simulator.bitstamp import SimulatedBitstamp
from tests.exchanges.contract import ExchangeContract
from tests.exchanges.oracles import allows_one_address, are_words, has_lookalike


class TestBitstamp(ExchangeContract):
    """A bot on spot."""

    simulator = SimulatedBitstamp
    has_test_network = False


def may_start(bodies: list[Any], key_id: str) -> bool:
    """Decide by the documentation alone."""
    (told,) = bodies
    return (
        isinstance(told, dict)
        and "code" not in told
        and told.get("key") == key_id
        and are_words(told.get("permissions"), {"view", "order"}, {"order"})
        and allows_one_address(told.get("addresses"))
        and not has_lookalike(told, {"key", "permissions", "addresses"}, "permission|address")
    )
'''
OWN_FILES = {
    "freqtrade_bitmex_guard/exchanges/bitstamp.py": (EXTRAS / "exchange.py").read_text(encoding="utf-8"),
    "freqtrade_bitmex_guard/simulator/bitstamp.py": (EXTRAS / "simulator.py").read_text(encoding="utf-8")
    + "\n\nSIMULATOR = SimulatedBitstamp\n",
    "tests/exchanges/test_bitstamp.py": TEST,
    "docs/pages/exchanges/bitstamp.md": PAGE,
}
GENERATED = {"README.md", "docs/pages/index.md", "docs/pages/exchanges/index.md"}
"""Written by `python -m tests.docs.generate`."""


def run(folder: Path, *command: str) -> str:
    """Run a command in the copy, with the package of the copy."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "NO_MKDOCS_2_WARNING": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
    return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of this repository with the new exchange in its four files."""
    folder = tmp_path / "copy"
    allow_secrets_in(tmp_path)  # the tests of the copy have the made-up keys of these
    listed = run(ROOT, "git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in (name for name in listed if (ROOT / name).is_file()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    run(folder, *git, "init", "--quiet")
    run(folder, *git, "add", "--all")
    run(folder, *git, "commit", "--quiet", "--message", "before")
    for name, text in OWN_FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_an_exchange_is_four_files_of_its_own(copy: Path) -> None:
    python = (sys.executable, "-m")
    run(copy, *python, "tests.docs.generate")
    run(copy, "git", "add", "--all")

    changed = {line[3:] for line in run(copy, "git", "status", "--porcelain").splitlines()}
    assert changed == {*OWN_FILES, *GENERATED}
    assert "[Bitstamp](docs/pages/exchanges/bitstamp.md)" in (copy / "README.md").read_text(encoding="utf-8")
    assert "| `payout` | Withdrawals | withdraw | never allowed |" in (
        copy / "docs/pages/exchanges/bitstamp.md"
    ).read_text(encoding="utf-8")

    pytest_options = ("-q", "-p", "no:cacheprovider", "-m", "not slow", f"--basetemp={copy.parent / 'inner'}")
    tests = ["test_bitstamp.py", "test_matrix.py", "test_every_call.py", "test_mutated_answers.py"]
    told = run(
        copy,
        *(*python, "pytest", *pytest_options, "-k", "bitstamp or every_exchange"),
        *(f"tests/exchanges/{name}" for name in tests),
    )
    assert int(told.splitlines()[-1].split(" passed")[0].split()[-1]) > 35
    run(copy, *python, "pytest", *pytest_options, "tests/test_package.py", "tests/docs/test_pages.py")
    run(copy, str(Path(sys.executable).with_name("lint-imports")))
    run(copy, *python, "ruff", "check", "--quiet", "freqtrade_bitmex_guard/exchanges")
    site = run(copy, *python, "mkdocs", "build", "--quiet", "--strict", "-f", "docs/mkdocs.yml")
    assert (copy / "build/site/exchanges/bitstamp.html").exists(), site
