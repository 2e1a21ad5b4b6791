"""Runs mutmut, and mutates what it leaves alone: tables, fields and decorated functions; see evidence/mutation.md.

mutmut 3 changes plain functions and methods only. Rules are listed in a table, the policy's limits are arguments of
pydantic fields, and its validators, the properties and the context managers are decorated. This module changes these,
one place at a time. Each mutant is one forked process, which has everything loaded but the guard.

At the end it prints the table of evidence/mutation.md.

    python -m tests.mutation.run [-j WORKERS] [--only mutmut|rest] [--file FILE]... [AREA...]
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.mutation.mutants import PACKAGE, ROOT, Mutant, mutants
from tests.mutation.table import Row, Tally, one, table

MAX_SECONDS = 240

# What is mutated, and the tests that have to notice.
AREAS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rules": (
        ("rules/*.py", "config/policy.py"),
        ("unit/rules", "docs/test_wording.py", "unit/config/test_section.py", "unit/config/test_policy.py"),
    ),
    "exchanges": (
        ("exchanges/__init__.py", "exchanges/bitmex/*.py", "client/errors.py"),
        ("exchanges/test_*.py", "unit/rules", "docs/test_wording.py"),
    ),
    "check": (
        ("check/*.py",),
        (
            "unit/check",
            "integration/test_account.py",
            "integration/test_recheck_silence.py",
            "adversarial/test_listed_twice.py",
            "unit/client/test_limits.py",
            "agent/test_agents_*.py",
            "agent/test_bots_side.py",
        ),
    ),
    "plugin": (
        ("plugin/import_hook.py", "plugin/install.py", "plugin/shape.py", "plugin/*_guard.py", "plugin/*_hook.py"),
        ("unit/plugin", "adversarial/test_bypass.py", "adversarial/test_messages.py", "agent/test_bots_side.py"),
    ),
    "model": (
        ("model/*.py", "exchanges/interface.py"),
        (
            "unit/model",
            "unit/rules",
            "exchanges/test_*.py",
            "unit/check",
            "docs/test_wording.py",
            "docs/test_readme.py",
        ),
    ),
    "agent": (
        ("agent/*.py", "agent/routes/*.py", "signing/*.py", "client/carrier.py", "config/agent.py"),
        ("agent", "unit/config/test_agent_section.py"),
    ),
}

MUTMUT = r"""[mutmut]
source_paths=freqtrade_bitmex_guard
only_mutate=
    {files}
do_not_mutate_patterns=
    ^\s*(fix = )?f?"[^"]* .*"[,)]*$
    ^\s*logger\.
also_copy=
    README.md
    CONTRIBUTING.md
    .ci
    SECURITY.md
    NOTICE
    benchmarks
    docs
    example_config
pytest_add_cli_args=
    -m
    not slow
    -p
    no:cacheprovider
timeout_multiplier=3
timeout_constant=8
pytest_add_cli_args_test_selection=
    {tests}
"""

# Loaded before the first fork. Not freqtrade's bot module: the guard waits for its import.
HEAVY = ("ccxt", "ccxt.async_support", "freqtrade.exchange", "hypothesis", "keyring", "pydantic", "pytest", "trustme")


class MutantFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Has the import system load a mutant instead of its file."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        self._name = module_of(mutant.file)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        file = ROOT / PACKAGE / self._mutant.file
        folders = [str(file.parent)] if file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(name, file, loader=self, submodule_search_locations=folders)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._mutant.tree, str(module.__file__), "exec"), module.__dict__)


def run(mutant: Mutant | None, tests: Sequence[str]) -> int:
    """Run the tests in a new process, on a mutant, or on the guard as it is.

    Returns:
        The process.
    """
    if process := os.fork():
        return process
    code = 3
    try:
        os.setpgid(0, 0)
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]
        sys.meta_path[:] = [each for each in sys.meta_path if getattr(each, "__module__", "") != PACKAGE]
        if mutant is not None:
            sys.meta_path.insert(0, MutantFinder(mutant))
        import pytest

        code = int(pytest.main(["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", *tests]))
    finally:
        os._exit(code)


def module_of(file: str) -> str:
    """Return the name by which a file of the package is imported."""
    return f"{PACKAGE}.{file.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}"


def files_of(area: str) -> list[str]:
    """Return the files of an area, from the package on, without those that hold a docstring only."""
    folder = ROOT / PACKAGE
    found = [path for pattern in AREAS[area][0] for path in sorted(folder.glob(pattern))]
    written = [path for path in found if ast.parse(path.read_text(encoding="utf-8")).body[1:]]
    return list(dict.fromkeys(str(path.relative_to(folder)) for path in written))


def tests_of(area: str) -> list[str]:
    """Return the files and folders with the tests of an area, from the root on."""
    folder = ROOT / "tests"
    found = [path for pattern in AREAS[area][1] for path in sorted(folder.glob(pattern))]
    return [str(path.relative_to(ROOT)) for path in found]


def run_mutmut(area: str, files: Sequence[str], workers: int) -> Iterator[tuple[str, Tally]]:
    """Run mutmut on a copy of what git knows, with the copy first on the path.

    The line that arms the guard imports the package when the interpreter starts. Without PYTHONPATH it would import the
    installed package, and no mutant would ever run. Mutants that are not killed are printed.

    Yields:
        The file of each mutant, and its tally.
    """
    mutmut = [str(Path(sys.executable).with_name("mutmut"))]
    if not Path(*mutmut).exists():
        sys.exit(
            "mutmut is not installed here: pip install mutmut, in the version of evidence/mutation.md, or --only rest"
        )
    folder = Path(tempfile.mkdtemp(prefix=f"mutmut-{area}-"))
    for name in subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    paths = [f"{PACKAGE}/{file}" for file in files]
    settings = MUTMUT.format(files="\n    ".join(paths), tests="\n    ".join(tests_of(area)))
    (folder / "setup.cfg").write_text(settings)
    mutated = folder / "mutants"
    (mutated / PACKAGE).mkdir(parents=True)
    shutil.copy2(ROOT / PACKAGE / "__init__.py", mutated / PACKAGE)
    environment = {**os.environ, "PYTHONPATH": str(mutated)}
    subprocess.run([*mutmut, "run", "--max-children", str(workers)], cwd=folder, env=environment, check=True)
    show_results = [*mutmut, "results", "--all", "true"]
    results = subprocess.run(
        show_results, cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout
    modules = {module_of(file): file for file in files}
    for name, outcome in re.findall(r"^ *(\S+): (.+)$", results, re.MULTILINE):
        if outcome != "killed":
            print(f"{outcome} {name}")
        yield modules[name.rpartition(".")[0].removesuffix(".__init__")], one("mutmut", outcome)
    print(f"`mutmut show NAME` in {folder} shows a mutant", flush=True)


def run_rest(file: str, tests: Sequence[str], workers: int) -> Tally:
    """Run all mutants of one file, and print those that are not killed.

    Returns:
        What became of them.
    """
    tally = Tally()
    running: dict[int, tuple[Mutant, float]] = {}
    waiting = list(mutants(file))[::-1]
    while waiting or running:
        while waiting and len(running) < workers:
            mutant = waiting.pop()
            running[run(mutant, tests)] = mutant, time.monotonic()
        process, status = os.waitpid(-1, os.WNOHANG)
        if not process:
            for late, (_, started) in running.items():
                if time.monotonic() - started > MAX_SECONDS:
                    os.killpg(late, signal.SIGKILL)
            time.sleep(0.02)
            continue
        mutant, _ = running.pop(process)
        outcome = "timeout" if os.WIFSIGNALED(status) else "killed" if status else "survived"
        tally += one("rest", outcome)
        if outcome != "killed":
            print(f"{outcome} {file}:{mutant.line} {mutant.change}", flush=True)
    return tally


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all mutants of the areas; print those that survive, and the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("areas", nargs="*", metavar="AREA", default=list(AREAS))
    parser.add_argument("-j", dest="workers", type=int, default=2)
    parser.add_argument("--only", choices=("mutmut", "rest"))
    parser.add_argument("--file", dest="files", action="append", metavar="FILE")
    given = parser.parse_args(arguments)
    os.chdir(ROOT)
    sys.dont_write_bytecode = False  # or every mutant compiles everything anew
    today = datetime.now(UTC).date().isoformat()
    rows = {
        area: {file: Row(date=today) for file in files_of(area) if file in (given.files or [file])}
        for area in given.areas
    }
    for area in given.areas if given.only != "rest" else ():
        for file, tally in run_mutmut(area, list(rows[area]), given.workers):
            rows[area][file].tally += tally
    for module in HEAVY if given.only != "mutmut" else ():
        importlib.import_module(module)
    for area in given.areas if given.only != "mutmut" else ():
        tests = tests_of(area)
        if os.waitpid(run(None, tests), 0)[1]:
            sys.exit(f"These tests fail on the guard as it is: {' '.join(tests)}")
        for file in rows[area]:
            rows[area][file].tally += run_rest(file, tests, given.workers)
    print("\n".join(table(rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
