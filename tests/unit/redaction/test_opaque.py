"""Objects that hold secrets of a config or a store, and the comparison of what they hold."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.config.edit import FileEdit
from freqtrade_bitmex_guard.manage import migration
from freqtrade_bitmex_guard.manage.bot_context import BotContext
from freqtrade_bitmex_guard.redaction.opaque import same_text
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in, bot_config, pair
from tests.support.leak_search import secrets_in

TAKING: dict[str, Callable[[Any], Any]] = {
    **{f"pickle {protocol}": lambda holder, protocol=protocol: pickle.dumps(holder, protocol) for protocol in range(6)},  # type: ignore[misc]
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "__reduce__": lambda holder: holder.__reduce__(),
    "__reduce_ex__": lambda holder: holder.__reduce_ex__(4),
    "__getstate__": lambda holder: holder.__getstate__(),
    "asdict": dataclasses.asdict,
    "astuple": dataclasses.astuple,
    "fields": dataclasses.fields,
}


@pytest.fixture
def secret_holders(tmp_path: Path, exchange: SimulatedBitMEX) -> list[Any]:
    """Return one object of every kind that holds key or secret, most of them as `credentials migrate` makes them."""
    config = bot_config(tmp_path, exchange)
    check = LocalCheck(config)
    result = check.run()
    assert result.admission is not None
    assert check._prepared is not None
    plain = {**config, "exchange": {**config["exchange"], "key": KEY_ID, "secret": SECRET}}
    (tmp_path / "config.json").write_text(json.dumps(plain))
    allow_secrets_in(tmp_path / "config.json")
    bot = BotContext.read([str(tmp_path / "config.json")])
    (file,) = bot.config_files()
    moved = migration._find_in_file(file)
    assert len(moved) == 2
    stored = pair()
    return [
        *(stored, stored.part("secret"), bot, file, file.document, moved[1], moved[1].node),
        *(file.document._tokens[-1], FileEdit(file, file.document.text, file.parsed())),
        *(check, check._prepared, check._prepared.client, result, result.admission),
    ]


def test_what_holds_a_secret_is_not_printed(secret_holders: list[Any]) -> None:
    for holder in secret_holders:
        for text in (repr(holder), str(holder), f"{holder}", ascii([holder])):
            assert secrets_in(text) == []
            assert len(text) < 100


def test_what_holds_a_secret_is_not_pickled_copied_or_taken_apart(secret_holders: list[Any]) -> None:
    for holder in secret_holders:
        for way, take in TAKING.items():
            with pytest.raises(TypeError, match="not pickled or copied|dataclass"):
                pytest.fail(f"{type(holder).__name__} was taken by {way}: {len(str(take(holder)))}")


def test_what_holds_a_secret_is_not_compared_by_what_it_holds(secret_holders: list[Any]) -> None:
    for holder in secret_holders:
        kind: Any = type(holder)
        assert kind.__eq__ in (object.__eq__, None), kind
        assert kind.__hash__ in (object.__hash__, None), kind


@given(st.text(st.characters()), st.text(st.characters()))
def test_texts_are_equal_where_python_says_so(left: str, right: str) -> None:
    assert same_text(left, right) is (left == right)
    assert same_text(left, left + right) is (right == "")


def test_half_a_character_and_none_are_compared_too() -> None:
    assert same_text("\ud800", "\ud800")
    assert not same_text("\ud800", "\ud801")
    assert not same_text("\ud800", "?")
    assert same_text(None, None)
    assert not same_text(None, "")
    assert not same_text("None", None)
    assert not same_text(b"x", b"x")


def test_a_value_of_another_kind_is_not_blanked() -> None:
    config = {"exchange": {"key": 7}}
    migration._blank_value(config, ("exchange", "key"), "7")
    assert config == {"exchange": {"key": 7}}
