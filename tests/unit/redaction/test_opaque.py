"""Objects that hold secrets of a config or a store, and the comparison of what they hold."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.config.edit import FileEdit
from freqtrade_bitmex_guard.config.jsonc import Node, Span
from freqtrade_bitmex_guard.config.stores import KeyringStoreConfig
from freqtrade_bitmex_guard.credentials.keyring_writer import WritableKeyringStore
from freqtrade_bitmex_guard.exchanges.bitmex import keys
from freqtrade_bitmex_guard.manage import migration
from freqtrade_bitmex_guard.manage.bot_context import BotContext
from freqtrade_bitmex_guard.model.credentials import KEY, CredentialField
from freqtrade_bitmex_guard.model.credentials import SECRET as SECRET_FIELD
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.redaction.opaque import constant_time_equal
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in, bot_config, pair, store_config
from tests.support.file_keyring import Vault
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
    assert constant_time_equal(left, right) is (left == right)
    assert constant_time_equal(left, left + right) is (right == "")


def test_half_a_character_and_none_are_compared_too() -> None:
    assert constant_time_equal("\ud800", "\ud800")
    assert not constant_time_equal("\ud800", "\ud801")
    assert not constant_time_equal("\ud800", "?")
    assert constant_time_equal(None, None)
    assert not constant_time_equal(None, "")
    assert not constant_time_equal("None", None)
    assert not constant_time_equal(b"x", b"x")


class StrictText(str):
    """A text that fails if it is compared or hashed other than by `hmac.compare_digest`."""

    def _fail(self, *_: object) -> Any:
        raise AssertionError("compared without hmac.compare_digest")

    __eq__ = __ne__ = _fail
    __hash__ = _fail


def test_key_ids_of_an_answer_are_compared_in_constant_time() -> None:
    entry = {"id": KEY_ID, "permissions": ["order"], "cidr": "203.0.113.7/32"}
    answers = {"apiKey": [entry, {**entry, "id": KEY_ID[::-1]}], "apiKey/self": entry}
    for bodies in (answers, {**answers, "apiKey": []}):
        session: Any = SimpleNamespace(
            request=lambda path, bodies=bodies: Response(200, {}, json.dumps(bodies[path]).encode(), 0.0)
        )
        listing = keys.read_keys(session, StrictText(KEY_ID))
        assert len(listing.entries) == 1
        listing.siblings()


def test_what_a_keyring_holds_is_compared_in_constant_time(vault: Path) -> None:
    config = store_config(service="x")
    assert isinstance(config, KeyringStoreConfig)
    store = WritableKeyringStore(config)
    backend = Vault()  # type: ignore[no-untyped-call]
    backend.get_password = lambda *entry: StrictText(text) if (text := Vault.get_password(backend, *entry)) else None  # type: ignore[method-assign]
    store.add(pair())
    before = backend.get_password("x", "credentials")
    assert before
    for stored in (before, None):
        assert store._roll_back([backend], backend, stored, ["key", "secret"])


def test_what_a_config_holds_is_compared_in_constant_time(tmp_path: Path, vault: Path) -> None:
    (tmp_path / "config.json").write_text('{"exchange": {"name": "bitmex"}}')
    bot = BotContext.read([str(tmp_path / "config.json")])
    (file,) = bot.config_files()

    def in_config(field: CredentialField, value: str) -> migration.PlaintextCredential:
        return migration.PlaintextCredential(file, Node(("exchange", field.name), Span(0, 0), StrictText(value)), field)

    stored, _ = migration._collect_credentials(
        bot, [in_config(KEY, KEY_ID), in_config(SECRET_FIELD, SECRET), in_config(SECRET_FIELD, SECRET)]
    )
    assert stored.part("secret").matches(SECRET)
    with pytest.raises(GuardError, match="different values"):
        migration._collect_credentials(bot, [in_config(KEY, KEY_ID), in_config(KEY, KEY_ID[::-1])])


def test_a_value_of_another_kind_is_not_blanked() -> None:
    config = {"exchange": {"key": 7}}
    migration._blank_value(config, ("exchange", "key"), "7")
    assert config == {"exchange": {"key": 7}}
