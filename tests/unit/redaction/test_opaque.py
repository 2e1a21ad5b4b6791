"""Objects that hold what a config or a store said in plain text, and the values in them."""

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
from tests.support.factories import KEY_ID, SECRET, belongs, bot_config, pair, store_config
from tests.support.file_keyring import Vault
from tests.support.leak_search import secrets_in

TAKEN: dict[str, Callable[[Any], Any]] = {
    **{f"pickle {protocol}": lambda held, protocol=protocol: pickle.dumps(held, protocol) for protocol in range(6)},  # type: ignore[misc]
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "__reduce__": lambda held: held.__reduce__(),
    "__reduce_ex__": lambda held: held.__reduce_ex__(4),
    "__getstate__": lambda held: held.__getstate__(),
    "asdict": dataclasses.asdict,
    "astuple": dataclasses.astuple,
    "fields": dataclasses.fields,
}


@pytest.fixture
def holders(tmp_path: Path, exchange: SimulatedBitMEX) -> list[Any]:
    """One of every kind that holds key or secret, most of them as `credentials migrate` has them."""
    config = bot_config(tmp_path, exchange)
    check = LocalCheck(config)
    result = check.run()
    assert result.admission is not None
    assert check._prepared is not None
    plain = {**config, "exchange": {**config["exchange"], "key": KEY_ID, "secret": SECRET}}
    (tmp_path / "config.json").write_text(json.dumps(plain))
    belongs(tmp_path / "config.json")
    subject = BotContext.read([str(tmp_path / "config.json")])
    (file,) = subject.config_files()
    found = migration._find_in_file(file)
    assert len(found) == 2
    stored = pair()
    return [
        *(stored, stored.part("secret"), subject, file, file.document, found[1], found[1].node),
        *(file.document._tokens[-1], FileEdit(file, file.document.text, file.parsed())),
        *(check, check._prepared, check._prepared.client, result, result.admission),
    ]


def test_what_holds_a_secret_is_not_printed(holders: list[Any]) -> None:
    for held in holders:
        for shown in (repr(held), str(held), f"{held}", ascii([held])):
            assert secrets_in(shown) == []
            assert len(shown) < 100


def test_what_holds_a_secret_is_not_pickled_copied_or_taken_apart(holders: list[Any]) -> None:
    for held in holders:
        for way, take in TAKEN.items():
            with pytest.raises(TypeError, match="not pickled or copied|dataclass"):
                pytest.fail(f"{type(held).__name__} was taken by {way}: {len(str(take(held)))}")


def test_what_holds_a_secret_is_not_compared_by_what_it_holds(holders: list[Any]) -> None:
    for held in holders:
        kind: Any = type(held)
        assert kind.__eq__ in (object.__eq__, None), kind
        assert kind.__hash__ in (object.__hash__, None), kind


@given(st.text(st.characters()), st.text(st.characters()))
def test_values_are_the_same_where_python_says_so(one: str, other: str) -> None:
    assert constant_time_equal(one, other) is (one == other)
    assert constant_time_equal(one, one + other) is (other == "")


def test_half_a_character_and_nothing_are_values_like_any_other() -> None:
    assert constant_time_equal("\ud800", "\ud800")
    assert not constant_time_equal("\ud800", "\ud801")
    assert not constant_time_equal("\ud800", "?")
    assert constant_time_equal(None, None)
    assert not constant_time_equal(None, "")
    assert not constant_time_equal("None", None)
    assert not constant_time_equal(b"x", b"x")


class Loud(str):
    """A value that notices whether it is compared carelessly, or kept in a table."""

    def _fail(self, *_: object) -> Any:
        raise AssertionError("compared without hmac.compare_digest")

    __eq__ = __ne__ = _fail
    __hash__ = _fail


def test_key_ids_of_an_answer_are_compared_in_constant_time() -> None:
    entry = {"id": KEY_ID, "permissions": ["order"], "cidr": "203.0.113.7/32"}
    answers = {"apiKey": [entry, {**entry, "id": KEY_ID[::-1]}], "apiKey/self": entry}
    for told in (answers, {**answers, "apiKey": []}):
        session: Any = SimpleNamespace(
            request=lambda path, answer=told: Response(200, {}, json.dumps(answer[path]).encode(), 0.0)
        )
        listing = keys.read_keys(session, Loud(KEY_ID))
        assert len(listing.entries) == 1
        listing.siblings()


def test_what_a_keyring_holds_is_compared_in_constant_time(vault: Path) -> None:
    config = store_config(service="x")
    assert isinstance(config, KeyringStoreConfig)
    keeper = WritableKeyringStore(config)
    backend = Vault()  # type: ignore[no-untyped-call]
    backend.get_password = lambda *which: Loud(told) if (told := Vault.get_password(backend, *which)) else None  # type: ignore[method-assign]
    keeper.add(pair())
    before = backend.get_password("x", "credentials")
    assert before
    for now in (before, None):
        assert keeper._roll_back([backend], backend, now, ["key", "secret"])


def test_what_stands_in_a_config_is_compared_in_constant_time(tmp_path: Path, vault: Path) -> None:
    (tmp_path / "config.json").write_text('{"exchange": {"name": "bitmex"}}')
    subject = BotContext.read([str(tmp_path / "config.json")])
    (file,) = subject.config_files()

    def found(field: CredentialField, value: str) -> migration.PlaintextCredential:
        return migration.PlaintextCredential(file, Node(("exchange", field.name), Span(0, 0), Loud(value)), field)

    stored, _ = migration._collect_credentials(
        subject, [found(KEY, KEY_ID), found(SECRET_FIELD, SECRET), found(SECRET_FIELD, SECRET)]
    )
    assert stored.part("secret").matches(SECRET)
    with pytest.raises(GuardError, match="different values"):
        migration._collect_credentials(subject, [found(KEY, KEY_ID), found(KEY, KEY_ID[::-1])])


def test_a_value_of_another_kind_is_not_blanked() -> None:
    meaning = {"exchange": {"key": 7}}
    migration._blank_value(meaning, ("exchange", "key"), "7")
    assert meaning == {"exchange": {"key": 7}}
