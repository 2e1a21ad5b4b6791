"""The other keys of the account, read as hostile input."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.key import NotReported
from tests.support.factories import KEY_ID
from tests.support.scripted_session import ScriptedSession, response

VENUE = exchanges.get_adapter("bitmex")


def says(content: Any, status: int = 200) -> ScriptedSession:
    """Return a session with one answer."""
    return ScriptedSession([response(content, status)])


NEW = datetime(2026, 11, 23, 12, tzinfo=UTC)


OWN = {"id": KEY_ID, "permissions": ["order"], "cidr": "203.0.113.7"}


def others(*listed: Any) -> Any:
    return VENUE.read_key(says([OWN, *listed]), KEY_ID).siblings()


def test_a_sibling_has_a_masked_id_a_fingerprint_and_facts() -> None:
    good, odd = others({**OWN, "id": "AnotherKeyOfTheAccount", "name": "old"}, {"id": "OddKeyOfTheAccount"})
    assert (good.masked_id, good.facts.name) == ("Anot…", "old")
    assert good.facts.ip_restriction.networks != ()
    assert (odd.masked_id, odd.facts) == ("OddK…", None)
    assert good.fingerprint != odd.fingerprint
    assert "Anot" not in good.fingerprint


SMALL = {**OWN, "id": "x", "permissions": ["order", "position"]}


def test_as_many_siblings_as_any_account_has_are_reported() -> None:
    assert len(others(*[{**SMALL, "permissions": ["order"] * 3}] * 2_000)) == 2_000


@pytest.mark.parametrize(
    ("listed", "keys", "of_them"),
    [
        ([SMALL] * 2_000 + [{**SMALL, "permissions": []}], 2_001, 4_000),
        ([SMALL] * 1_000 + [{**SMALL, "permissions": ["order"] * 4_001}], 1_001, 6_001),
        ([SMALL] * 1_000 + [{**SMALL, "cidrs": ["::1"] * 3_999}], 1_001, 6_001),
        ([{**SMALL, "cidrs": ["203.0.113.7"] * 250, "permissions": "?"}] * 25, 25, 6_250),
        ([{**SMALL, "permissions": ["\ufdfa" * 60] * 50}] * 121, 121, 6_050),
    ],
    ids=["keys", "rights", "blocks", "blocks alone", "rights alone"],
)
def test_more_siblings_than_any_account_has_are_not_reported(listed: list[Any], keys: int, of_them: int) -> None:
    assert others(*listed) == NotReported(
        f"BitMEX listed {keys:,} of them, with {of_them:,} permissions and address blocks"
    )


@pytest.mark.parametrize(
    "odd", [{"permissions": ["w" * 65]}, {"permissions": ["order"] * 51}, {"cidrs": ["::1"] * 251}, {"w" * 65: 0}]
)
def test_a_longer_name_or_list_than_any_key_has_is_odd(odd: dict[str, Any]) -> None:
    assert [other.facts for other in others({**OWN, "id": "x", **odd})] == [None]
    with pytest.raises(GuardError, match="describes the key"):
        VENUE.read_key(says([{**OWN, **odd}]), KEY_ID)


@pytest.mark.parametrize("most", [{"permissions": ["w" * 64] * 50}, {"cidrs": ["::1"] * 250}])
def test_the_longest_names_and_lists_are_read(most: dict[str, Any]) -> None:
    (other,) = others({**OWN, "id": "x", **most})
    assert other.facts is not None


def test_a_key_that_reports_on_itself_reports_no_siblings() -> None:
    listing = VENUE.read_key(ScriptedSession([response([]), response(OWN)]), KEY_ID)
    assert listing.siblings() == NotReported("BitMEX reports this key only")


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (395724, "395724"),
        ("395724", "395724"),
        ("a-b_C", "a-b_C"),
        ("x" * 64, "x" * 64),
        ("x" * 65, None),
        ("a b", None),
        ("", None),
        (True, None),
        (None, None),
        (3.5, None),
        ([1], None),
    ],
)
def test_the_number_of_an_account_is_text_or_not_reported(number: Any, told: str | None) -> None:
    own = {**OWN, "userId": number, "targetAccountId": 1}
    (known,) = VENUE.read_key(says([own]), KEY_ID).entries
    assert (known.user_id, known.account_id) == (told, "1")
    (known,) = VENUE.read_key(says([{**own, "userId": 1, "targetAccountId": number}]), KEY_ID).entries
    assert (known.user_id, known.account_id) == ("1", told)


@pytest.mark.parametrize(
    ("created", "told"),
    [
        ("2026-11-23T12:00:00.000Z", NEW),
        ("2026-11-23T14:00:00+02:00", NEW),
        ("2026-11-23T12:00:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_when_a_key_was_created_is_in_utc_or_not_reported(created: str | None, told: datetime | None) -> None:
    (known,) = VENUE.read_key(says([{**OWN, "created": created}]), KEY_ID).entries
    assert known.created == told
    assert told is None or (known.created is not None and known.created.tzinfo is UTC)
