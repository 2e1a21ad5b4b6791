"""Somebody else's package brings an exchange and a store: found by entry point, and used like ours."""

from __future__ import annotations

import importlib.metadata
import subprocess
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.config import stores
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.config.stores import FileStoreConfig, ForeignStoreConfig
from freqtrade_bitmex_guard.credentials import access, open_store
from freqtrade_bitmex_guard.credentials.writable import open_writable_store
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.manage import instructions
from freqtrade_bitmex_guard.model.credentials import KEY, Credentials, Secret
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.exchanges.foreign import examplex
from tests.support.factories import pair

PACKAGE = Path(__file__).parent / "foreign" / "package"
BOT = """
import json, sys
from pathlib import Path
from guard_extras.simulator import SimulatedBitstamp
from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.keys import Kind
with SimulatedBitstamp([SimulatedBitstamp.random_key()]) as exchange:
    bot = DemoBot(Path(sys.argv[1]), exchange)
    box = Path(sys.argv[1], "box.json")
    box.write_text(json.dumps(exchange.credentials(exchange.keys[0])))
    bot.config["api_key_guard"]["credentials"] = {"store": "box", "path": str(box)}
    for exchange.keys[0].permissions in ([Kind.TRADE], [Kind.TRADE, Kind.WITHDRAW]):
        verdict = LocalCheck(bot.config).run().verdict
        print(verdict.outcome.value, [finding.name for finding in verdict.findings if finding.severity == "error"])
    box.unlink()
"""


class BoxConfig(ForeignStoreConfig):
    path: str

    def open_store(self, exchange: str) -> Any:
        if self.path == "broken":
            raise RuntimeError("the secret of somebody")
        return Box(self.path)


class Box:
    def __init__(self, path: str) -> None:
        self.path = path

    def load(self, fields: Any) -> Any:
        return {"pair": pair(), "one part": Credentials({KEY: Secret("x")}), "text": "x"}[self.path]

    def cancel(self) -> None: ...


class WritableBoxConfig(BoxConfig):
    is_writable = True


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have packages bring things by entry point: a group, and the values by names."""

    def bring(group: str, **values: str) -> None:
        entries = EntryPoints(EntryPoint(name, value, group) for name, value in values.items())
        monkeypatch.setattr(importlib.metadata, "entry_points", entries.select)

    return bring


def config(**written: Any) -> stores.StoreConfig:
    return parse_section({"credentials": written}, PROFILE).credentials


def box(path: str) -> stores.StoreConfig:
    return config(store="box", path=path)


@pytest.fixture
def box_is_brought(brought: Callable[..., None]) -> None:
    brought(stores.ENTRY_POINTS, box=f"{__name__}:BoxConfig", files=f"{__name__}:BoxConfig")


@pytest.mark.usefixtures("box_is_brought")
def test_a_store_of_another_package_is_opened_by_its_word() -> None:
    assert access.load(open_store(box("pair"), "bitmex"), PROFILE).matches(pair())
    assert open_writable_store(box("pair"), "bitmex") is None


@pytest.mark.usefixtures("box_is_brought")
def test_it_never_takes_the_place_of_a_built_in_store() -> None:
    assert isinstance(config(store="files"), FileStoreConfig)
    with pytest.raises(GuardError, match="section-invalid"):
        config(store="files", path="pair")


@pytest.mark.usefixtures("box_is_brought")
@pytest.mark.parametrize("path", ["one part", "text", "broken"])
def test_a_store_that_returns_something_else_is_a_finding(path: str) -> None:
    with pytest.raises(GuardError, match="store-unavailable") as raised:
        access.load(open_store(box(path), "bitmex"), PROFILE)
    assert "secret of" not in str(raised.value.findings)


@pytest.mark.usefixtures("box_is_brought")
def test_its_fields_are_validated_like_ours() -> None:
    for problem in ({}, {"path": None}, {"path": 3}, {"path": "x", "pth": "y"}):
        with pytest.raises(GuardError, match=r"section-invalid.*api_key_guard\.credentials"):
            config(store="box", **problem)


@pytest.mark.usefixtures("box_is_brought")
def test_a_word_that_nobody_brings_names_all_stores() -> None:
    with pytest.raises(GuardError, match="'keyring', 'files', 'command', 'agent' or 'box'"):
        config(store="bax")


@pytest.mark.usefixtures("box_is_brought")
def test_what_to_do_with_a_store_that_is_read_only_here() -> None:
    store = instructions.require_read_only(box("pair"))

    steps = [
        *instructions.store_steps(store, PROFILE),
        *instructions.replace_steps(store, PROFILE, "-c x"),
        *instructions.delete_steps(store, PROFILE),
    ]
    assert [step.startswith("with the program of the store 'box', ") for step in steps] == [True, True, False, True]


def test_a_store_can_be_written_if_its_model_says_so(brought: Callable[..., None]) -> None:
    brought(stores.ENTRY_POINTS, box=f"{__name__}:WritableBoxConfig")

    assert isinstance(open_writable_store(box("pair"), "bitmex"), Box)


@pytest.mark.parametrize("value", ["no_such_module:X", f"{__name__}:nothing", f"{__name__}:Box", f"{__name__}:BOT"])
def test_a_broken_package_is_misconfigured(brought: Callable[..., None], value: str) -> None:
    brought(stores.ENTRY_POINTS, box=value)
    with pytest.raises(GuardError, match="section-invalid.*another package"):
        box("pair")

    brought(exchanges.ENTRY_POINTS, examplex=value)
    with pytest.raises(GuardError, match="exchange-unsupported.*another package"):
        exchanges.get_adapter("examplex")


def test_two_packages_with_one_name_are_misconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    values = (f"{__name__}:BoxConfig", f"{__name__}:WritableBoxConfig")
    entries = EntryPoints(EntryPoint("box", value, stores.ENTRY_POINTS) for value in values)
    monkeypatch.setattr(importlib.metadata, "entry_points", entries.select)

    with pytest.raises(GuardError, match="several packages"):
        box("pair")


def test_an_exchange_of_another_package_is_found_by_its_own_id(brought: Callable[..., None]) -> None:
    adapter = f"{examplex.__name__}:ADAPTER"
    brought(exchanges.ENTRY_POINTS, examplex=adapter, other=adapter, okx=adapter)

    assert exchanges.get_adapter("ExampleX") is examplex.ADAPTER
    assert exchanges.get_adapter("okx") is not examplex.ADAPTER
    with pytest.raises(GuardError, match="exchange-unsupported"):
        exchanges.get_adapter("other")
    with pytest.raises(GuardError) as raised:
        exchanges.get_adapter("nobody")
    assert "other" in raised.value.findings[0].fix


@pytest.mark.slow
def test_a_package_of_somebody_else_is_installed_and_used(environment: Callable[[str], Path], tmp_path: Path) -> None:
    python = environment("extras")
    done = subprocess.run(
        [python, "-c", BOT, str(tmp_path / "bot")], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.stdout.splitlines() == ["admitted []", "refused ['withdraw-permission']"], done.stderr


@pytest.mark.slow
def test_somebody_else_runs_the_contracts_of_the_installed_package(
    environment: Callable[[str], Path], tmp_path: Path
) -> None:
    # Their own folder: nothing of ours is on the path but what is installed.
    (tmp_path / "test_extras.py").write_text((PACKAGE / "contract" / "extras.py").read_text("utf-8"), "utf-8")
    command = [
        str(environment("extras")),
        "-m",
        "pytest",
        "-q",
        "-m",
        "not slow",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    ]
    done = subprocess.run(
        [*command, f"--basetemp={tmp_path / 'theirs'}", "-W", "ignore::pytest.PytestUnknownMarkWarning"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.splitlines()[-1].split(" passed")[0].split()[-1]) > 60
