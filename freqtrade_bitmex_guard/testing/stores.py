"""What every store owes.

Subclass `StoreContract` in the store's own test module, and write its `section` and its `put`. A store that is written,
too, passes `WritableStoreContract`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from secrets import token_bytes
from typing import Any, ClassVar

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.config.stores import StoreConfig
from freqtrade_bitmex_guard.credentials import access, open_store
from freqtrade_bitmex_guard.credentials.interface import WritableStore
from freqtrade_bitmex_guard.credentials.writable import open_writable_store
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.model.credentials import (
    KEY,
    PASSWORD,
    PEM_SECRET,
    PRIVATE_KEY,
    SECRET,
    WALLET_ADDRESS,
    CredentialField,
    Credentials,
    Secret,
)
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.simulator.asymmetric import random_ed25519_secret
from freqtrade_bitmex_guard.simulator.keys import random_text

EXCHANGE = "okx"
PARTS: dict[str, tuple[CredentialField, ...]] = {
    "a pair": (KEY, SECRET),
    "a password": (KEY, SECRET, PASSWORD),
    "a wallet": (WALLET_ADDRESS, PRIVATE_KEY),
    "a PEM text": (KEY, PEM_SECRET),
}
BAD_VALUES = {"empty": "", "with a space": "made up", "two lines": "made\nup", "no ASCII": "m\u00e4de-up-and-long"}
UNKNOWN_FIELD = "no_such_field"


class StoreContract:
    """The tests that a store must pass that is read."""

    parts: ClassVar[Mapping[str, tuple[CredentialField, ...]]] = PARTS

    @pytest.fixture(params=PARTS)
    def fields(self, request: pytest.FixtureRequest) -> tuple[CredentialField, ...]:
        """Return the parts that an exchange issues."""
        return self.parts[request.param]

    @pytest.fixture
    def values(self, fields: tuple[CredentialField, ...]) -> dict[str, str]:
        """Return a value for each part, drawn anew each time."""
        return {field.name: _random_value(field) for field in fields}

    def section(self, fields: tuple[CredentialField, ...]) -> dict[str, Any]:
        """Return `api_key_guard.credentials` as an operator writes it for these parts."""
        raise NotImplementedError

    def put(self, values: Mapping[str, str]) -> None:
        """Put values into the store as an operator does, by the names of the parts, in the place of all others."""
        raise NotImplementedError

    def config(self, fields: tuple[CredentialField, ...], **changed: Any) -> StoreConfig:
        """Return the parsed section, with something changed."""
        section = {"credentials": {**self.section(fields), **changed}}
        return parse_section(section, _profile(fields)).credentials

    def load(self, fields: tuple[CredentialField, ...]) -> Credentials:
        """Open the store, and load what is in it."""
        return access.load(open_store(self.config(fields), EXCHANGE), _profile(fields))

    def test_it_returns_what_was_put_into_it(self, fields: tuple[CredentialField, ...], values: dict[str, str]) -> None:
        self.put(values)

        assert self.load(fields).matches(_credentials(fields, values))

    def test_each_start_reads_the_store_anew(self, fields: tuple[CredentialField, ...], values: dict[str, str]) -> None:
        self.put(values)
        self.load(fields)
        changed = {**values, fields[0].name: _random_value(fields[0])}
        self.put(changed)

        assert self.load(fields).matches(_credentials(fields, changed))

    def test_a_missing_part_is_a_finding_without_a_value(
        self, fields: tuple[CredentialField, ...], values: dict[str, str]
    ) -> None:
        for name in values:
            self.put({other: value for other, value in values.items() if other != name})

            shown = self._finding(fields)

            assert [value for value in values.values() if value in shown] == []

    @pytest.mark.parametrize("bad", BAD_VALUES)
    def test_a_damaged_part_is_a_finding_without_a_value(
        self, fields: tuple[CredentialField, ...], values: dict[str, str], bad: str
    ) -> None:
        for name in values:
            self.put({**values, name: BAD_VALUES[bad]})

            shown = self._finding(fields)

            assert [value for value in (*values.values(), BAD_VALUES[bad]) if value and value in shown] == []

    def test_nothing_shows_a_value(
        self,
        fields: tuple[CredentialField, ...],
        values: dict[str, str],
        capfd: pytest.CaptureFixture[str],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        self.put(values)
        caplog.set_level(logging.DEBUG)
        store = open_store(self.config(fields), EXCHANGE)
        loaded = access.load(store, _profile(fields))

        printed = capfd.readouterr()
        shown = f"{printed.out}{printed.err}{caplog.text}{store!r}{vars(store)!r}{loaded!r}"
        assert [value for value in values.values() if value in shown] == []

    def test_a_field_that_it_does_not_have_is_misconfigured(self) -> None:
        with pytest.raises(GuardError, match=f"section-invalid.*{UNKNOWN_FIELD}"):
            self.config(PARTS["a pair"], **{UNKNOWN_FIELD: "x"})

    def test_a_load_that_has_ended_can_be_cancelled(self) -> None:
        open_store(self.config(PARTS["a pair"]), EXCHANGE).cancel()

    def _finding(self, fields: tuple[CredentialField, ...]) -> str:
        """Return everything that is shown of a load that fails."""
        with pytest.raises(GuardError) as raised:
            self.load(fields)
        assert Verdict(findings=raised.value.findings).outcome is Outcome.MISCONFIGURED
        return f"{raised.value!r}{raised.value.findings}"


class WritableStoreContract(StoreContract):
    """The tests that a store must pass that this project writes, too."""

    @pytest.fixture
    def store(self, fields: tuple[CredentialField, ...]) -> WritableStore:
        """Return the store, without an entry."""
        self.put({})
        store = open_writable_store(self.config(fields), EXCHANGE)
        assert store is not None
        return store

    def test_it_returns_what_was_added(
        self, store: WritableStore, fields: tuple[CredentialField, ...], values: dict[str, str]
    ) -> None:
        access.write(store, lambda: store.add(_credentials(fields, values)))

        assert self.load(fields).matches(_credentials(fields, values))
        assert store.stored_at() is not None

    def test_nothing_is_added_to_a_store_that_has_an_entry(
        self, store: WritableStore, fields: tuple[CredentialField, ...], values: dict[str, str]
    ) -> None:
        first, second = _credentials(fields, values), _changed(fields, values)
        access.write(store, lambda: store.add(first))

        with pytest.raises(GuardError):
            access.write(store, lambda: store.add(second))
        assert self.load(fields).matches(first)

    def test_only_what_is_stored_can_be_replaced(
        self, store: WritableStore, fields: tuple[CredentialField, ...], values: dict[str, str]
    ) -> None:
        first, second = _credentials(fields, values), _changed(fields, values)
        access.write(store, lambda: store.add(first))

        with pytest.raises(GuardError):
            access.write(store, lambda: store.replace(second, first))
        assert self.load(fields).matches(first)
        access.write(store, lambda: store.replace(first, second))
        assert self.load(fields).matches(second)

    def test_everything_is_deleted(
        self, store: WritableStore, fields: tuple[CredentialField, ...], values: dict[str, str]
    ) -> None:
        access.write(store, lambda: store.add(_credentials(fields, values)))

        assert access.write(store, store.delete)
        assert not access.write(store, store.delete)
        assert access.load_if_present(store, _profile(fields)) is None


def _profile(fields: tuple[CredentialField, ...]) -> ExchangeProfile:
    return replace(exchanges.get_adapter(EXCHANGE).profile, credentials=fields, shapes={})


def _random_value(field: CredentialField) -> str:
    if field.multiline:
        return random_ed25519_secret()
    digits = {WALLET_ADDRESS: 20, PRIVATE_KEY: 32}.get(field)
    return f"0x{token_bytes(digits).hex()}" if digits else f"{field.name}-{random_text(24)}"


def _credentials(fields: tuple[CredentialField, ...], values: Mapping[str, str]) -> Credentials:
    return Credentials({field: Secret(values[field.name]) for field in fields})


def _changed(fields: tuple[CredentialField, ...], values: Mapping[str, str]) -> Credentials:
    return _credentials(fields, {**values, fields[0].name: _random_value(fields[0])})
