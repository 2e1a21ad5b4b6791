"""Credentials in memory, and the parts of which they consist."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import ccxt
import pytest

from freqtrade_bitmex_guard.model.credentials import (
    KEY,
    KNOWN_FIELDS,
    PASSWORD,
    PEM_SECRET,
    PRIVATE_KEY,
    STORED_FIELDS,
    WALLET_ADDRESS,
    Credentials,
    Secret,
    held_by_client,
    parse_credential,
)
from freqtrade_bitmex_guard.model.credentials import SECRET as SECRET_FIELD
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.redaction import registry
from tests.support.factories import (
    KEY_ID,
    NEW_SECRET,
    OTHER_ID,
    SECRET,
    WALLET,
    WALLET_KEY,
    pair,
)
from tests.support.factories import PASSWORD as PASSPHRASE
from tests.support.pem_key import PEM, PEM_SECRET_PART

PAIR = pair()


WITH_PASSWORD = Credentials({KEY: Secret(KEY_ID), SECRET_FIELD: Secret(SECRET), PASSWORD: Secret(PASSPHRASE)})


WALLET_PAIR = Credentials({WALLET_ADDRESS: Secret(WALLET), PRIVATE_KEY: Secret(WALLET_KEY)})


@pytest.mark.parametrize("show", [repr, str, lambda it: f"{it}", lambda it: f"{it!r}", lambda it: "%s" % it, ascii])
@pytest.mark.parametrize("holder", [Secret(SECRET), PAIR, [PAIR], {"x": Secret(SECRET)}])
def test_no_way_of_printing_shows_a_secret(show: Callable[[Any], str], holder: Any) -> None:
    assert SECRET[:4] not in show(holder)
    assert KEY_ID[:5] not in show(holder)


def test_an_unhandled_error_does_not_show_a_secret() -> None:
    try:
        parse_credential(SECRET + " ", SECRET_FIELD, "a test")
    except GuardError as stopped:
        assert SECRET[:4] not in "".join(traceback.format_exception(stopped))


@pytest.mark.parametrize("holder", [Secret(SECRET), PAIR])
@pytest.mark.parametrize("taken", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_not_pickled_or_copied(holder: Any, taken: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError):
        taken(holder)


def test_a_secret_has_no_equality_and_no_hash() -> None:
    with pytest.raises(TypeError):
        _ = Secret(SECRET) == Secret(SECRET)  # type: ignore[misc]
    with pytest.raises(TypeError):
        hash(Secret(SECRET))


def test_a_secret_says_whether_a_value_is_the_same() -> None:
    assert Secret(SECRET).matches(SECRET)
    assert not Secret(SECRET).matches(SECRET[:-1])
    assert not Secret(SECRET).matches(None)
    assert not Secret(SECRET).matches(Secret(SECRET))
    assert not Secret(SECRET).matches("\ud800")


def test_a_key_is_shown_by_its_first_four_characters(caplog: pytest.LogCaptureFixture) -> None:
    assert PAIR.masked_id == "LAqU…"
    logging.getLogger("test").warning("%s", PAIR)
    assert KEY_ID not in caplog.text


def test_credentials_are_named_as_their_reader_names_them() -> None:
    assert WITH_PASSWORD.for_store() == {"key": KEY_ID, "secret": SECRET, "password": PASSPHRASE}
    assert WITH_PASSWORD.for_ccxt() == {"apiKey": KEY_ID, "secret": SECRET, "password": PASSPHRASE}
    assert WITH_PASSWORD.for_freqtrade() == {"key": KEY_ID, "secret": SECRET, "password": PASSPHRASE}
    assert WALLET_PAIR.for_ccxt() == {"walletAddress": WALLET, "privateKey": WALLET_KEY}
    assert WALLET_PAIR.for_freqtrade() == {"wallet_address": WALLET, "private_key": WALLET_KEY}
    assert WALLET_PAIR.key_id.matches(WALLET)


def test_credentials_without_an_id_are_a_bug() -> None:
    with pytest.raises(ValueError, match="identifies"):
        Credentials({SECRET_FIELD: Secret(SECRET)})


def test_credentials_match_only_in_every_part() -> None:
    assert PAIR.matches(pair())
    assert not PAIR.matches(pair(secret=NEW_SECRET))
    assert not PAIR.matches(pair(key_id=OTHER_ID))
    assert not PAIR.matches(WITH_PASSWORD)
    assert not WITH_PASSWORD.matches(PAIR)


def test_a_wallets_address_alone_is_not_the_same_key() -> None:
    other = Credentials({WALLET_ADDRESS: Secret(WALLET), PRIVATE_KEY: Secret(WALLET_KEY[::-1])})
    assert not WALLET_PAIR.is_same_key(other)
    assert WALLET_PAIR.is_same_key(WALLET_PAIR)
    assert PAIR.is_same_key(pair(secret=NEW_SECRET))
    assert not PAIR.is_same_key(pair(key_id=OTHER_ID))


def test_a_client_differs_by_wrong_missing_and_foreign_parts() -> None:
    assert WITH_PASSWORD.differs_from(ccxt.okx(WITH_PASSWORD.for_ccxt())) == []
    assert WITH_PASSWORD.differs_from(ccxt.okx(PAIR.for_ccxt())) == ["password"]
    assert PAIR.differs_from(ccxt.okx(WITH_PASSWORD.for_ccxt())) == ["password"]
    assert PAIR.differs_from(ccxt.okx({**PAIR.for_ccxt(), "secret": "other", "uid": "x"})) == ["secret", "uid"]


def test_every_credential_that_ccxt_knows_is_a_known_field() -> None:
    names = set(ccxt.Exchange().requiredCredentials)
    assert names == {field.ccxt_name for field in KNOWN_FIELDS}
    assert held_by_client(ccxt.okx(dict.fromkeys(names, "x"))) == [field.ccxt_name for field in KNOWN_FIELDS]


def test_credentials_are_redacted_only_once_they_are_registered() -> None:
    fresh = Credentials({KEY: Secret(KEY_ID), PEM_SECRET: Secret(PEM), PASSWORD: Secret(PASSPHRASE)})
    assert registry.redact(KEY_ID) == KEY_ID
    fresh.register_for_redaction()
    assert registry.redact(f"{KEY_ID} {PASSPHRASE}") == "LAqU… …"


def test_every_line_of_a_pem_text_is_redacted_but_its_frame() -> None:
    Credentials({KEY: Secret(KEY_ID), PEM_SECRET: Secret(PEM)}).register_for_redaction()
    shown = registry.redact(PEM.replace("\n", "\\n") + PEM_SECRET_PART)
    pieces = [PEM_SECRET_PART[at : at + 8] for at in range(len(PEM_SECRET_PART) - 7)]
    assert not any(piece in shown for piece in pieces)
    assert "BEGIN PRIVATE KEY" in shown


@pytest.mark.parametrize("value", [pytest.param(KEY_ID, id="key id"), "a", "!~", "x" * 4096])
def test_one_line_of_visible_ascii_is_taken(value: str) -> None:
    assert parse_credential(value, KEY, "a test").reveal() == value
    assert parse_credential(value, PEM_SECRET, "a test").reveal() == value


@pytest.mark.parametrize(
    "value", ["", " ", "a b", "a\n", "\na", "a\nb", "a\t", "a\r", "ä", "\x00", "a\x7f", "\ufeffa", "x" * 4097]
)
@pytest.mark.parametrize("field", [SECRET_FIELD, PEM_SECRET], ids=["a line", "a line or PEM"])
def test_anything_else_is_misconfigured_and_not_shown(value: str, field: Any) -> None:
    with pytest.raises(GuardError) as stopped:
        parse_credential(value, field, "a test")
    (finding,) = stopped.value.findings
    assert finding.name == "credentials-malformed"
    assert len(value) < 3 or value not in finding.message + finding.fix


def test_names_of_fields_are_unique() -> None:
    assert len({field.name for field in KNOWN_FIELDS}) == len(KNOWN_FIELDS)
    assert set(STORED_FIELDS) <= set(KNOWN_FIELDS)
