"""The pages beside the README name what exists: modules in the map, folders with code."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest
from freqtrade import constants

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "freqtrade_bitmex_guard"
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAP = re.findall(r"^\| (`.+?) \| (.+) \|$", PAGE.split("\n## The map\n")[1].split("\n## ")[0], re.MULTILINE)
FILE = re.compile(r"`([\w/]+(?:\.(?:py|pth|start)|/))`")


@pytest.mark.parametrize(("places", "meaning"), MAP)
def test_the_map_names_only_what_exists(places: str, meaning: str) -> None:
    named = FILE.findall(places)
    assert len(named) == places.count("`") / 2
    folders = [PACKAGE, *(PACKAGE / name for name in named if name.endswith("/"))]
    for name in named:
        assert (PACKAGE / name).exists()
    for name in FILE.findall(meaning):
        assert any((folder / name).exists() for folder in folders), name


def test_the_map_has_every_module_and_folder_of_the_package() -> None:
    there = {f"{path.name}/" if path.is_dir() else path.name for path in PACKAGE.iterdir()}
    assert {name for places, _ in MAP for name in FILE.findall(places)} == there - {"__pycache__/", "py.typed"}


@pytest.mark.parametrize("file", re.findall(r"`((?:tests|docs|benchmarks|example_config)/[\w/.-]+)`", PAGE))
def test_the_page_names_only_files_that_exist(file: str) -> None:
    assert (ROOT / file).exists() or "test_<" in file


def test_each_recipe_stays_under_ten_lines() -> None:
    recipes = re.findall(r"^## A new .+?$\n\n(.+?)(?=\n\n## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert len(recipes) == 3
    assert all(len(recipe.splitlines()) < 10 for recipe in recipes)


def test_each_folder_from_which_freqtrade_loads_code_of_the_operators_is_named() -> None:
    sources = [file.read_text() for file in files("freqtrade.resolvers").iterdir() if file.name.endswith(".py")]
    folder = re.compile(r"^    user_subdir = (USERPATH_\w+)$", re.MULTILINE)
    folders = {getattr(constants, name) for source in sources for name in folder.findall(source)}
    assert folders >= {"strategies", "freqaimodels"}
    page = (ROOT / "docs" / "pages" / "evidence" / "adversarial.md").read_text(encoding="utf-8")
    assert {folder for folder in folders if f"`user_data/{folder}`" not in page} == set()
    assert "FreqAI model" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
