"""What a command reads of the bot that it is about, and what nobody hears of it from then on."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.manage.bot_context import BotContext
from freqtrade_bitmex_guard.redaction import output, registry
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in
from tests.support.leak_search import secrets_in

NAMES = [("key", "secret"), ("apiKey", "apiSecret"), ("api_key", "password"), ("uid", "privateKey")]


def written(folder: Path, content: str) -> list[str]:
    path = folder / "config.json"
    path.write_text(content)
    allow_secrets_in(path)
    return [str(path)]


@pytest.mark.parametrize("block", ["", "ccxt_config", "ccxt_sync_config", "ccxt_async_config"])
@pytest.mark.parametrize(("key", "secret"), NAMES)
def test_credentials_in_a_config_are_hidden_as_soon_as_it_is_read(
    tmp_path: Path, key: str, secret: str, block: str, caplog: pytest.LogCaptureFixture
) -> None:
    pair = f'"{key}": "{KEY_ID}", "{secret}": "{SECRET}"'
    pair = f'"{block}": {{{pair}}}' if block else pair
    subject = BotContext.read(written(tmp_path, f'{{"exchange": {{"name": "bitmex", {pair}}}}}'))
    output.install()
    logging.getLogger("anybody").warning("%r %s", subject.config, f"{KEY_ID}:{SECRET}".encode().hex())
    assert secrets_in(caplog.text) == []
    assert "LAqU" not in caplog.text  # nobody has shown yet that the two were not swapped


def test_so_are_those_in_variables_and_in_a_name_that_stands_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREQTRADE__EXCHANGE__SECRET", SECRET)
    twice = f'{{"exchange": {{"name": "bitmex", "key": "{KEY_ID}", "key": "another-key-id"}}}}'
    subject = BotContext.read(written(tmp_path, twice))
    assert registry.redact(f"{SECRET} another-key-id") == "… …"
    subject.config_files()
    assert registry.redact(KEY_ID) == "…"


def test_a_credential_that_is_no_text_is_read_all_the_same(tmp_path: Path) -> None:
    odd = r'{"exchange": {"name": "bitmex", "key": {"a": ["long enough to hide"]}, "uid": 7, "token": null}}'
    BotContext.read(written(tmp_path, odd)).config_files()
    assert registry.redact("long enough to hide") == "long enough to hide"


@pytest.mark.parametrize("exchange", ["null", "[]", '"bitmex"', "{}"])
def test_an_exchange_section_of_another_shape_is_for_others_to_judge(tmp_path: Path, exchange: str) -> None:
    with pytest.raises(Exception, match="exchange-unsupported"):
        BotContext.read(written(tmp_path, f'{{"exchange": {exchange}}}'))
