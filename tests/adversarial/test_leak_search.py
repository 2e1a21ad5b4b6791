"""The search of all test output finds what it should; see `tests/support/leak_search.py`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adversarial.encodings import ROOT
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in

LEAKING = (Path(__file__).parent / "leak_samples.py").read_text(encoding="utf-8")
OUTCOME = re.compile(r"^(PASSED|FAILED|ERROR|the secret in a warning of) \S*?::(test_.*?)(?: - .*)?$", re.MULTILINE)


def searched(folder: Path, tests: str, *options: str) -> tuple[int, str]:
    """Run tests like our own.

    Returns:
        The exit code and the output.
    """
    (folder / "test_leaking.py").write_text(tests)
    allow_secrets_in(folder)
    around = [
        "-p",
        "tests.support.leak_search",
        "-p",
        "no:cacheprovider",
        f"--rootdir={folder}",
        f"--basetemp={folder / 'its own'}",
    ]
    with (folder / "printed").open("w+") as printed:
        command = [sys.executable, "-m", "pytest", "-q", "--tb=no", *around, *options, str(folder)]
        plain = {
            name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"
        }  # CI spreads its own run
        done = subprocess.run(command, cwd=ROOT, env=plain, stdout=printed, timeout=120, check=False)
        printed.seek(0)
        return done.returncode, printed.read()


def test_a_test_that_brings_a_secret_out_fails(tmp_path: Path) -> None:
    code, output = searched(tmp_path, LEAKING, "-rA")
    passed = {name for outcome, name in OUTCOME.findall(output) if outcome == "PASSED"}
    caught = {name for outcome, name in OUTCOME.findall(output) if outcome != "PASSED"}
    assert {name.split("[")[0] for name in passed | caught} == set(re.findall(r"def (test_\w+)", LEAKING))
    assert passed - caught == {name for name in passed | caught if name.startswith("test_innocent")}
    assert code == pytest.ExitCode.TESTS_FAILED


def test_a_run_that_brings_a_secret_out_beside_its_tests_fails(tmp_path: Path) -> None:
    warns = f"import warnings\ndef test_warns(): warnings.warn({SECRET!r})\n"
    shows = f"def pytest_terminal_summary(terminalreporter): terminalreporter.write({KEY_ID!r})\n"
    (tmp_path / "conftest.py").write_text(shows)
    code, output = searched(tmp_path, warns, "-n1")
    assert "1 passed" in output
    assert "the secret in a warning of" in output
    assert "the key id in what the terminal shows" in output
    assert code == pytest.ExitCode.TESTS_FAILED


def test_a_collection_that_prints_a_secret_fails(tmp_path: Path) -> None:
    code, output = searched(tmp_path, f"print({SECRET!r})\ndef test_nothing(): pass\n", "--tb=short")
    assert "Secrets came out" in output
    assert code == pytest.ExitCode.INTERRUPTED
