"""Runs mutmut, and mutates what it leaves alone: tables, fields and decorated functions; see docs/mutation.md.

mutmut 3 changes plain functions and methods only. Rules are listed in a table, the policy's limits are arguments of
pydantic fields, and its validators, the properties and the context managers are decorated: here is where they are
changed, one place at a time. Each mutant is one forked process that has loaded everything but the guard before.

    python -m tests.mutation [-j WORKERS] [--only mutmut|rest] [AREA...]
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGE = "freqtrade_bitmex_guard"
LONGEST_SECONDS = 240
# What is mutated, and the tests that have to notice.
AREAS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "rules": (("rules/*.py", "policy.py"), ("rules", "posture", "wording", "config")),
    "venues": (("venues/__init__.py", "venues/bitmex/*.py"), ("bitmex", "bitmex_account", "rules", "wording")),
    "guard": (("guard.py", "inquiry.py"), ("guard", "inquiry", "account")),
    "hook": (("freqtrade_hook.py", "freqtrade_loop.py"), ("hook", "hook_placed", "loop", "bypass")),
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
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.BitOr: ast.BitAnd,
}
WORDING = ("description", "examples")  # what `schema` shows
# Loaded before the first fork. Not freqtrade's bot module: the guard waits for its import.
HEAVY = ("ccxt", "ccxt.async_support", "freqtrade.exchange", "hypothesis", "keyring", "pydantic", "pytest", "trustme")


@dataclass(frozen=True)
class Mutant:
    """One change of one file."""

    file: str
    line: int
    change: str
    tree: ast.Module


def is_left_out_by_mutmut(function: ast.FunctionDef) -> bool:
    """Whether mutmut 3 changes nothing in it, because it is decorated."""
    names = [ast.unparse(decorator) for decorator in function.decorator_list]
    return bool(names) and names not in (["staticmethod"], ["classmethod"])


def places(node: ast.AST, *, inside: bool = False) -> Iterator[ast.AST]:
    """Every node that mutmut leaves alone, save annotations and docstrings."""
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or name in ("annotation", "returns", "decorator_list"):
                continue
            if isinstance(child, ast.FunctionDef) and not inside and not is_left_out_by_mutmut(child):
                continue
            if isinstance(child, ast.Import | ast.ImportFrom) or ast.unparse(child).startswith("__all__ ="):
                continue
            if isinstance(child, ast.keyword) and child.arg in WORDING:
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            yield child
            yield from places(child, inside=inside or isinstance(child, ast.FunctionDef))


def changes(node: Any) -> Iterator[tuple[str, Callable[[Any], None]]]:  # noqa: C901, PLR0912
    """What can be changed about one node: a description, and what does it to that node of a copy."""
    value: Any = getattr(node, "value", None)
    match node:
        case ast.Constant(value=bool()):
            yield f"{value} -> {not value}", lambda n: setattr(n, "value", not n.value)
        case ast.Constant(value=int() | float()):
            yield f"{value} -> {value + 1}", lambda n: setattr(n, "value", n.value + 1)
        case ast.Constant(value=str()) if value and " " not in value:  # with a space it is wording
            yield f"{value!r} -> XX", lambda n: setattr(n, "value", f"XX{n.value}XX")
        case ast.Compare():
            for i, operator in enumerate(node.ops):
                swapped = SWAPS[type(operator)]
                yield f"-> {swapped.__name__}", lambda n, i=i, swapped=swapped: n.ops.__setitem__(i, swapped())  # type: ignore[misc]
        case ast.BoolOp() | ast.BinOp() if type(node.op) in SWAPS:
            yield f"-> {SWAPS[type(node.op)].__name__}", lambda n: setattr(n, "op", SWAPS[type(n.op)]())
        case ast.UnaryOp(op=ast.Not()):
            yield "not removed", lambda n: setattr(n, "op", ast.UAdd())
        case ast.If() | ast.IfExp():
            for always in (True, False):
                yield f"condition -> {always}", lambda n, always=always: setattr(n, "test", ast.Constant(always))  # type: ignore[misc]
        case ast.Return() if value is not None:
            yield "returns None", lambda n: setattr(n, "value", ast.Constant(None))
        case ast.Tuple() | ast.List() | ast.Set():
            for i, element in enumerate(node.elts):
                yield f"without {ast.unparse(element)[:40]}", lambda n, i=i: n.elts.pop(i)  # type: ignore[misc]
        case ast.Call():
            for i, keyword in enumerate(node.keywords):
                if keyword.arg not in (None, *WORDING):
                    yield f"without {keyword.arg}=", lambda n, i=i: n.keywords.pop(i)  # type: ignore[misc]
        case ast.Dict():
            for i, entry in enumerate(node.keys):
                what = ast.unparse(entry) if entry else "**"
                yield f"without {what}", lambda n, i=i: (n.keys.pop(i), n.values.pop(i))  # type: ignore[misc]
    for block in ("body", "orelse", "finalbody"):
        for i, statement in enumerate(getattr(node, block, []) if isinstance(node, ast.stmt) else []):
            if isinstance(statement, ast.Raise) or (
                isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
            ):
                described = ast.unparse(statement).partition("\n")[0][:50]
                yield f"without {described}", lambda n, block=block, i=i: getattr(n, block).__setitem__(i, ast.Pass())  # type: ignore[misc]
    if isinstance(node, ast.FunctionDef) and any("validator" in ast.unparse(each) for each in node.decorator_list):
        yield "not a validator", lambda n: n.decorator_list.clear()


def mutants(file: str) -> Iterator[Mutant]:
    """All mutants of one file of the package."""
    tree = ast.parse((ROOT / PACKAGE / file).read_text())
    for number, node in enumerate(places(tree)):
        for change, do in changes(node):
            changed = copy.deepcopy(tree)
            do(next(each for i, each in enumerate(places(changed)) if i == number))
            yield Mutant(file, getattr(node, "lineno", 0), change, ast.fix_missing_locations(changed))


class Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Has the import system load the mutant instead of the file."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant
        self._name = f"{PACKAGE}.{mutant.file.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}"

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        file = ROOT / PACKAGE / self._mutant.file
        folders = [str(file.parent)] if file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(name, file, loader=self, submodule_search_locations=folders)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._mutant.tree, str(module.__file__), "exec"), module.__dict__)


def run(mutant: Mutant | None, tests: Sequence[str]) -> int:
    """Run the tests in a new process, on a mutant or else on the guard as it is; returns that process."""
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
            sys.meta_path.insert(0, Instead(mutant))
        import pytest

        code = int(pytest.main(["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", *tests]))
    finally:
        os._exit(code)


def tests_of(area: str) -> list[str]:
    """The files with the tests of an area."""
    names = AREAS[area][1]
    return [str(path.relative_to(ROOT)) for name in names for path in sorted((ROOT / "tests").rglob(f"test_{name}.py"))]


def run_mutmut(area: str, workers: int) -> None:
    """Run mutmut on a copy of what git knows, with the copy on the path from the first moment on.

    The line that arms the guard imports the package when the interpreter starts; without PYTHONPATH that would be the
    installed one, and no mutant would ever run.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"mutmut-{area}-"))
    for name in subprocess.run(["git", "ls-files"], check=True, capture_output=True, text=True).stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    files = [f"{PACKAGE}/{pattern}" for pattern in AREAS[area][0]]
    written = MUTMUT.format(files="\n    ".join(files), tests="\n    ".join(tests_of(area)))
    (folder / "setup.cfg").write_text(written)
    mutated = folder / "mutants"
    (mutated / PACKAGE).mkdir(parents=True)
    shutil.copy2(ROOT / PACKAGE / "__init__.py", mutated / PACKAGE)
    mutmut = [str(Path(sys.executable).with_name("mutmut"))]
    environment = {**os.environ, "PYTHONPATH": str(mutated)}
    subprocess.run([*mutmut, "run", "--max-children", str(workers)], cwd=folder, env=environment, check=True)
    subprocess.run([*mutmut, "results"], cwd=folder, env=environment, check=True)
    print(f"`mutmut show NAME` in {folder} shows a mutant", flush=True)


def run_rest(file: str, tests: Sequence[str], workers: int) -> None:
    """Run all mutants of one file; prints those that survive, and how many there were."""
    counted = dict.fromkeys(("killed", "timeout", "survived"), 0)
    running: dict[int, tuple[Mutant, float]] = {}
    waiting = list(mutants(file))[::-1]
    while waiting or running:
        while waiting and len(running) < workers:
            mutant = waiting.pop()
            running[run(mutant, tests)] = mutant, time.monotonic()
        process, status = os.waitpid(-1, os.WNOHANG)
        if not process:
            for late, (_, began) in running.items():
                if time.monotonic() - began > LONGEST_SECONDS:
                    os.killpg(late, signal.SIGKILL)
            time.sleep(0.02)
            continue
        mutant, _ = running.pop(process)
        outcome = "timeout" if os.WIFSIGNALED(status) else "killed" if status else "survived"
        counted[outcome] += 1
        if outcome != "killed":
            print(f"{outcome} {file}:{mutant.line} {mutant.change}", flush=True)
    print(f"{file}: {sum(counted.values())} mutants, {counted}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all mutants of the areas; prints those that survive, and how many there were."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("areas", nargs="*", metavar="AREA", default=list(AREAS))
    parser.add_argument("-j", dest="workers", type=int, default=2)
    parser.add_argument("--only", choices=("mutmut", "rest"))
    given = parser.parse_args(arguments)
    os.chdir(ROOT)
    sys.dont_write_bytecode = False  # or every mutant compiles everything anew
    for area in given.areas if given.only != "rest" else ():
        run_mutmut(area, given.workers)
    for module in HEAVY if given.only != "mutmut" else ():
        importlib.import_module(module)
    for area in given.areas if given.only != "mutmut" else ():
        tests = tests_of(area)
        if os.waitpid(run(None, tests), 0)[1]:
            sys.exit(f"These tests fail on the guard as it is: {' '.join(tests)}")
        for file in sorted(path for pattern in AREAS[area][0] for path in (ROOT / PACKAGE).glob(pattern)):
            run_rest(str(file.relative_to(ROOT / PACKAGE)), tests, given.workers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
