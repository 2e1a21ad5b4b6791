"""The package as an environment sees it."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import freqtrade_bitmex_guard
from freqtrade_bitmex_guard import exchanges

PACKAGE = Path(freqtrade_bitmex_guard.__file__).parent
ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_interpreter_start_imports_nothing_but_the_finder(environment: Callable[[str], Path]) -> None:
    def imported(kind: str) -> set[str]:
        script = "import sys; print(*sys.modules)"
        done = subprocess.run([environment(kind), "-c", script], capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return set(done.stdout.split())

    assert imported("wheel") - imported("no pth") == {"freqtrade_bitmex_guard"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_both_forms_of_the_line_that_arms_the_guard_are_installed(
    environment: Callable[[str], Path], kind: str
) -> None:
    site = next(environment(kind).parent.parent.glob("lib/python*/site-packages"))
    # The same name before the ending: that is how Python 3.15 knows which `.pth` it need not read (PEP 829).
    assert (site / "freqtrade_bitmex_guard.pth").read_text().startswith("import freqtrade_bitmex_guard;")
    entry = (site / "freqtrade_bitmex_guard.start").read_text()
    assert entry == "freqtrade_bitmex_guard:arm\n"
    assert pkgutil.resolve_name(entry.strip()) is freqtrade_bitmex_guard.arm


def test_arming_twice_places_one_finder_before_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys, "meta_path", [each for each in sys.meta_path if each is not freqtrade_bitmex_guard.BotModuleFinder]
    )
    monkeypatch.delitem(sys.modules, freqtrade_bitmex_guard.BOT_MODULE, raising=False)
    for _ in range(2):
        freqtrade_bitmex_guard.arm()
    assert sys.meta_path.index(freqtrade_bitmex_guard.BotModuleFinder) == 0
    assert sys.meta_path.count(freqtrade_bitmex_guard.BotModuleFinder) == 1


def contracts() -> list[dict[str, Any]]:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    items: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    return items


def test_the_contract_on_exchanges_covers_every_exchange() -> None:
    (contract,) = (item for item in contracts() if item["name"] == "Exchanges know neither each other nor a store")

    modules = [f"{PACKAGE.name}.exchanges.{name}" for name in exchanges.supported_ids()]
    assert len(modules) > 1
    assert [module for module in modules if not any(fnmatch(module, name) for name in contract["modules"])] == []


def test_the_contracts_know_every_room() -> None:
    (layers,) = (item for item in contracts() if item["type"] == "layers")

    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms == {room.strip() for layer in layers["layers"] for room in layer.split("|")}


@pytest.mark.parametrize(
    "room", ["model", "config", "rules", "client", "credentials", "check", "report", "redaction", "util"]
)
def test_a_room_that_knows_no_exchange_names_none(room: str) -> None:
    named = [
        f"{path.relative_to(PACKAGE)}: {line.strip()}"
        for path in (PACKAGE / room).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "bitmex" in re.sub(r"freqtrade[-_]bitmex[-_]guard", "", line).lower()
    ]

    assert named == []


def ccxt_versions(extra: str) -> SpecifierSet:
    """Return the versions of ccxt that this package asks for, with one of its extras or none ("")."""
    needed = map(Requirement, importlib.metadata.requires("freqtrade-bitmex-guard") or [])
    asked = [one for one in needed if one.name == "ccxt" and (not one.marker or one.marker.evaluate({"extra": extra}))]
    return SpecifierSet(",".join(str(one.specifier) for one in asked))


def test_only_the_extra_of_a_dropped_exchange_bounds_ccxt() -> None:
    assert "999" in ccxt_versions("")
    assert "999" in ccxt_versions("dev")

    profiles = [exchanges.get_adapter(name).profile for name in exchanges.supported_ids()]
    dropped = {profile.id: profile.last_ccxt for profile in profiles if profile.last_ccxt}
    assert dropped["bitmex"] == "4.5.83"
    for name, last in dropped.items():
        major, minor, patch = map(int, last.split("."))
        assert last in ccxt_versions(name)
        assert f"{major}.{minor}.{patch + 1}" not in ccxt_versions(name)


@pytest.mark.slow
def test_a_plain_install_changes_neither_freqtrade_nor_the_newest_ccxt(
    environment: Callable[[str], Path], tmp_path: Path
) -> None:
    python = environment("newest ccxt")
    wheel = next(python.parents[2].glob("wheels-newest-ccxt/*.whl"))

    def pip_install(*arguments: str) -> None:
        command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(python)]
        subprocess.run([*command, "install", *arguments], capture_output=True, text=True, check=True)

    def installed() -> list[str]:
        script = "import importlib.metadata as m; print(*(m.version(n) for n in ('freqtrade', 'ccxt')))"
        return subprocess.run([python, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    def would_install(what: str) -> dict[str, str]:
        report = tmp_path / "report.json"
        pip_install("--dry-run", "--report", str(report), what)
        chosen = [each["metadata"] for each in json.loads(report.read_text())["install"]]
        return {each["name"]: each["version"] for each in chosen if each["name"] != "freqtrade-bitmex-guard"}

    before = installed()
    assert before[1] not in ccxt_versions("bitmex")

    assert would_install(str(wheel)) == {}
    assert would_install(f"{wheel}[bitmex]")["ccxt"] == "4.5.83"
    pip_install(str(wheel))

    assert installed() == before
    # In this environment itself, and not only seen from it.
    assert list(python.parent.parent.glob("lib/python*/site-packages/freqtrade_bitmex_guard-*.dist-info"))
    # The demo of a plain install has another exchange, for this ccxt has no BitMEX.
    demo = subprocess.run(
        [python.with_name("freqtrade-bitmex-guard"), "demo"], capture_output=True, text=True, check=False
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "This demo simulates Binance" in demo.stdout


TABLES = {"tests/adversarial/fault_table.py"}
"""Files that hold a table, and may be of any length."""


def test_no_python_file_is_longer_than_280_lines() -> None:
    files = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    lengths = {
        name: len((ROOT / name).read_text(encoding="utf-8").splitlines())
        for name in files.stdout.splitlines()
        if name not in TABLES
    }

    assert len(lengths) > 100
    assert {name: length for name, length in lengths.items() if length > 280} == {}


def test_no_test_name_has_more_than_twelve_words() -> None:
    names = {
        node.name.removeprefix("test_")
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }

    assert len(names) > 500
    assert [name for name in sorted(names) if name.count("_") + 1 > 12] == []


def test_the_readme_has_at_most_170_lines() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 170
