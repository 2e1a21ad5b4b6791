"""Secrets in memory."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from freqtrade_bitmex_guard.model.credentials import KEY, Secret, parse_credential
from freqtrade_bitmex_guard.model.credentials import SECRET as SECRET_FIELD
from freqtrade_bitmex_guard.model.findings import GuardError
from tests.support.factories import KEY_ID, SECRET, pair

PAIR = pair()


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


@pytest.mark.parametrize("value", [pytest.param(KEY_ID, id="key id"), "a", "!~", "x" * 4096])
def test_one_line_of_visible_ascii_is_taken(value: str) -> None:
    assert parse_credential(value, KEY, "a test").reveal() == value


@pytest.mark.parametrize(
    "value", ["", " ", "a b", "a\n", "\na", "a\nb", "a\t", "a\r", "ä", "\x00", "a\x7f", "\ufeffa", "x" * 4097]
)
def test_anything_else_is_misconfigured_and_not_shown(value: str) -> None:
    with pytest.raises(GuardError) as stopped:
        parse_credential(value, SECRET_FIELD, "a test")
    (finding,) = stopped.value.findings
    assert finding.name == "credentials-malformed"
    assert len(value) < 3 or value not in finding.message + finding.fix
