"""The package as an environment sees it."""

from __future__ import annotations

import importlib.metadata
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import freqtrade_bitmex_guard
from freqtrade_bitmex_guard import exchanges

PACKAGE = Path(freqtrade_bitmex_guard.__file__).parent


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


def test_ccxt_stays_below_the_version_that_dropped_bitmex() -> None:
    needed = importlib.metadata.requires("freqtrade-bitmex-guard") or []
    assert [each.replace(" ", "") for each in needed if each.startswith("ccxt")] == ["ccxt<4.5.84,>=4.5.76"]


def test_the_contract_on_exchanges_lists_every_exchange() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (
        contract
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["name"] == "Exchanges know neither each other nor a store"
    )

    modules = [f"{PACKAGE.name}.exchanges.{name}" for name in exchanges.supported_ids()]
    assert sorted(contract["modules"]) == sorted([*modules, f"{PACKAGE.name}.credentials"])


def test_the_contracts_know_every_room() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = (item for item in project["tool"]["importlinter"]["contracts"] if item["type"] == "layers")

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
