"""The `credentials` part of the section, for exchanges whose keys have other parts."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard.config.stores import CommandStoreConfig, FileStoreConfig
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.credentials import STORED_FIELDS
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.profile import ExchangeProfile
from tests.support.factories import store_config
from tests.support.other_profiles import WITH_PASSWORD, WITH_PEM, WITH_WALLET

WRITTEN = ["pass", "show", "x"]


@pytest.mark.parametrize(("model", "ending"), [(FileStoreConfig, "_file"), (CommandStoreConfig, "_command")])
def test_a_store_has_a_field_for_every_part(model: Any, ending: str) -> None:
    assert set(model.model_fields) - {"file"} == {"store", *(f"{field.name}{ending}" for field in STORED_FIELDS)}


@pytest.mark.parametrize("profile", [PROFILE, WITH_PASSWORD, WITH_PEM, WITH_WALLET])
def test_the_command_store_needs_each_part_of_the_exchange(profile: ExchangeProfile) -> None:
    written: dict[str, Any] = {f"{field.name}_command": WRITTEN for field in profile.credentials}
    config = store_config(profile, store="command", **written)
    assert isinstance(config, CommandStoreConfig)
    assert all(config.command(field) == WRITTEN for field in profile.credentials)
    for name in written:
        rest = {other: command for other, command in written.items() if other != name}
        with pytest.raises(GuardError, match=f"api_key_guard.credentials.{name} is missing"):
            store_config(profile, store="command", **rest)


@pytest.mark.parametrize("profile", [PROFILE, WITH_PASSWORD, WITH_PEM, WITH_WALLET])
@pytest.mark.parametrize(("store", "ending", "value"), [("files", "_file", "/x"), ("command", "_command", WRITTEN)])
def test_a_part_that_the_exchange_does_not_issue_is_misconfigured(
    profile: ExchangeProfile, store: str, ending: str, value: Any
) -> None:
    ours = {field.name for field in profile.credentials}
    written = {f"{name}{ending}": value for name in ours}
    for field in STORED_FIELDS:
        if field.name not in ours:
            with pytest.raises(GuardError, match=f"{field.name}{ending} is not for BitMEX, whose keys consist of"):
                store_config(profile, store=store, **written, **{f"{field.name}{ending}": value})


def test_a_file_that_is_not_named_has_its_default() -> None:
    config = store_config(WITH_PASSWORD, store="files", password_file="/x")
    assert isinstance(config, FileStoreConfig)
    assert [config.part_file(field) for field in WITH_PASSWORD.credentials] == [None, None, "/x"]
