"""What BitMEX tells of the account around a key, read as hostile input. The answers come from the test."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from freqtrade_bitmex_guard import exchanges
from freqtrade_bitmex_guard.client.calls import ApiCall
from freqtrade_bitmex_guard.exchanges.interface import EventPage
from freqtrade_bitmex_guard.model.account import BEGINNING, AccountEvent, EventLog, WithdrawalAddress
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.model.key import NotReported
from tests.support.factories import KEY_ID
from tests.support.scripted_session import ScriptedSession, response

VENUE = exchanges.get_adapter("bitmex")


FLAGS = {"skipConfirm": False, "skipConfirmVerified": False, "skip2FA": False, "skip2FAVerified": False}


NEW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def says(content: Any, status: int = 200) -> ScriptedSession:
    """Return a session with one answer."""
    return ScriptedSession([response(content, status)])


def event(number: Any = 7, word: Any = "login", minute: int = 0, **what: Any) -> dict[str, Any]:
    return {"id": number, "type": word, "created": f"2026-11-23T12:{minute:02}:00.000Z", **what}


def page(number: int, last: int = 1) -> list[dict[str, Any]]:
    """That many events, the newest first, all numbered; the last one has number `last` and was at noon."""
    return [event(last + number - 1 - n, minute=min(number - 1 - n, 59)) for n in range(number)]


def test_each_question_asks_its_own_path() -> None:
    for read, content, path, query in (
        (VENUE.read_two_factor, {"TFAEnabled": "GA"}, "user", {}),
        (VENUE.read_withdrawal_addresses, [], "address", {}),
        (lambda ask: VENUE.read_events(ask, None), [], "userEvent", {"count": 150}),
        (lambda ask: VENUE.read_events(ask, 7), [], "userEvent", {"count": 150, "startId": 7}),
    ):
        session = says(content)
        read(session)
        assert session.calls == [ApiCall(path, params=query)]


@pytest.mark.parametrize(
    "read", [VENUE.read_two_factor, VENUE.read_withdrawal_addresses, lambda ask: VENUE.read_events(ask, None)]
)
@pytest.mark.parametrize(("content", "status"), [({"error": {"message": "no"}}, 403), ("text", 200), (None, 200)])
def test_an_error_or_another_shape_ends_the_question(read: Any, content: Any, status: int) -> None:
    with pytest.raises(GuardError) as stopped:
        read(says(content, status))
    assert stopped.value.findings[0].name == ("response-invalid" if status == 200 else "exchange-error")


@pytest.mark.parametrize(
    ("user", "told"),
    [
        ({"TFAEnabled": None}, False),
        ({"TFAEnabled": False}, False),
        ({"TFAEnabled": ""}, False),
        ({"TFAEnabled": "GA"}, True),
        ({"TFAEnabled": "Yubikey"}, True),
        *(
            ({"TFAEnabled": word}, NotReported("TFAEnabled is not what BitMEX documents"))
            for word in (
                "false",
                "no",
                "None",
                "off",
                "0",
                "disabled",
                "null",
                "\u200b",
                "true",
                "GA ",
                "ga",
                "G",
                "SMS",
            )
        ),
        ({"TFAEnabled": " "}, NotReported("TFAEnabled is not what BitMEX documents")),
        ({"TFAEnabled": True}, NotReported("TFAEnabled is not what BitMEX documents")),
        ({"TFAEnabled": 0}, NotReported("TFAEnabled is not what BitMEX documents")),
        ({"TFAEnabled": ["GA"]}, NotReported("TFAEnabled is not what BitMEX documents")),
        ({}, NotReported("BitMEX left TFAEnabled out")),
    ],
)
def test_two_factor_is_on_off_or_not_told(user: dict[str, Any], told: Any) -> None:
    assert VENUE.read_two_factor(says(user)) == told


ODD_LIST = NotReported("the list is not what BitMEX documents")


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ([], ()),
        ([{**FLAGS, "name": "cold"}], (WithdrawalAddress("cold", ()),)),
        ([{"skip2FA": False, "note": "a note"}], (WithdrawalAddress("a note", ()),)),
        ([{**FLAGS, "name": " ", "note": "a note"}], (WithdrawalAddress("a note", ()),)),
        ([{**FLAGS, "name": "cold", "note": "a note", "address": "x"}], (WithdrawalAddress("cold", ()),)),
        ([{**FLAGS, "name": 7, "address": "0123456789"}], (WithdrawalAddress("01234567…", ()),)),
        ([{**FLAGS, "address": 7}], (WithdrawalAddress("without a name", ()),)),
        *(([{**FLAGS, flag: True, "name": "x"}], (WithdrawalAddress("x", (flag,)),)) for flag in FLAGS),
        ([{flag: None, "name": "x"} for flag in FLAGS], tuple(WithdrawalAddress("x", (flag,)) for flag in FLAGS)),
        ([{"name": "x"}], ODD_LIST),
        ([FLAGS, {"name": "x"}], ODD_LIST),
        ([FLAGS, "skip2FA"], ODD_LIST),
        ([FLAGS] * 1_001, NotReported("BitMEX listed 1,001 of them, more than 1,000")),
        ([FLAGS] * 1_000, (WithdrawalAddress("without a name", ()),) * 1_000),
    ],
    ids=range(17),
)
def test_a_saved_address_has_a_name_and_the_safeguards_it_skips(listed: Any, told: Any) -> None:
    assert VENUE.read_withdrawal_addresses(says(listed)) == told


@pytest.mark.parametrize("shape", [lambda events: events, lambda events: {"userEvents": events}])
def test_events_are_told_with_what_is_known_of_them_the_newest_first(shape: Any) -> None:
    listed = [
        event(1, "login", 1, ip="198.51.100.9", status="success"),
        event(2, "PasswordChanged", 3, ip="", status=7),
        event(None, "withdrawalPlease", 2),
    ]
    assert VENUE.read_events(says(shape(listed)), None) == EventPage(
        EventLog(
            (
                AccountEvent("PasswordChanged", NEW.replace(minute=3), None, None, True),
                AccountEvent("withdrawalPlease", NEW.replace(minute=2), None, None, True),
                AccountEvent("login", NEW.replace(minute=1), "198.51.100.9", "success", False),
            ),
            BEGINNING,
        ),
        None,
    )


@pytest.mark.parametrize(
    ("word", "weighty"),
    [
        ("apiKeyCreated", True),
        ("APIKEYCREATED", True),
        ("twoFactorDisabled", True),
        ("passwordChanged", True),
        ("addressSkipConfirmVerified", True),
        ("withdrawalCanceled", True),
        ("apiKeyDisabled", False),
        ("cancelled withdrawal", False),
        ("", False),
    ],
)
def test_what_an_event_weighs_is_told_by_its_word(word: str, weighty: bool) -> None:
    told = VENUE.read_events(says([event(word=word)]), None)
    assert isinstance(told, EventPage)
    assert told.event_log.events[0].security_relevant is weighty
    assert told.event_log.events[0].creates_key is (word.lower() == "apikeycreated")


def test_what_an_event_says_is_cut_where_it_is_far_too_long() -> None:
    long = event(word="withdrawal" + "x" * 90, ip="7" * 99, status="s" * 99)
    told = VENUE.read_events(says([long]), None)
    assert isinstance(told, EventPage)
    (only,) = told.event_log.events
    assert (only.type, only.ip, only.status) == ("withdrawal" + "x" * 54, "7" * 64, "s" * 64)
    assert only.security_relevant


def test_a_full_page_in_order_tells_since_when_nothing_is_missing_and_where_the_next_begins() -> None:
    for number in (25, 50, 150):
        told = VENUE.read_events(says(page(number, last=90)), None)
        assert isinstance(told, EventPage)
        assert told.cursor == 90
        assert len(told.event_log.events) == number
        assert told.event_log.complete_since == told.event_log.events[-1].time == NEW


@pytest.mark.parametrize("number", [0, 1, 24, 26, 149])
def test_a_page_that_no_limit_has_cut_is_all_there_is(number: int) -> None:
    told = VENUE.read_events(says(page(number)), None)
    assert isinstance(told, EventPage)
    assert (told.event_log.complete_since, told.cursor) == (BEGINNING, None)


def spoil(listed: list[dict[str, Any]], place: int, **changed: Any) -> list[dict[str, Any]]:
    return [{**entry, **changed} if n == place else entry for n, entry in enumerate(listed)]


@pytest.mark.parametrize(
    "listed",
    [
        page(25)[::-1],
        spoil(page(25), 7, id=None),
        spoil(page(25), 24, id=True),
        spoil(page(25), 7, id="7"),
        spoil(page(25), 24, id=2),
        spoil(page(25), 24, id=3),
        spoil(page(25), 24, created="2026-11-23T12:59:00.000Z"),
        spoil(page(25), 0, created="2026-11-23T11:59:00.000Z"),
        [{**entry, "id": n} for n, entry in enumerate(page(25))],
    ],
    ids=range(9),
)
def test_a_full_page_out_of_order_shows_nothing_about_what_is_missing(listed: Any) -> None:
    told = VENUE.read_events(says(listed), None)
    assert isinstance(told, EventPage)
    assert (told.event_log.complete_since, told.cursor) == (None, None)
    moments = [each.time for each in told.event_log.events]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize(
    ("listed", "cursor", "why"),
    [
        ({}, None, "the events are not what BitMEX documents"),
        ({"userEvents": {}}, None, "the events are not what BitMEX documents"),
        ([event(), 7], None, "the events are not what BitMEX documents"),
        (page(151), None, "more events came than were asked for"),
        ([event(8)], 7, "an older page of events holds newer ones"),
        ([event(7), event(8)], 7, "an older page of events holds newer ones"),
        ([event(None)], 7, "an older page of events holds newer ones"),
        ([event(True)], 7, "an older page of events holds newer ones"),
        ([event(word=7)], None, "an event is not what BitMEX documents"),
        ([event(), {"id": 1, "type": "login"}], None, "an event is not what BitMEX documents"),
        ([event(created="2026-11-23T12:00:00")], None, "an event is not what BitMEX documents"),
        ([event(created="0001-01-01T00:00:00+14:00")], None, "an event is not what BitMEX documents"),
        ([event(created=7)], None, "an event is not what BitMEX documents"),
    ],
    ids=range(13),
)
def test_a_page_that_cannot_be_relied_on_is_not_told(listed: Any, cursor: int | None, why: str) -> None:
    assert VENUE.read_events(says(listed), cursor) == NotReported(why)


def test_an_older_page_may_begin_at_its_cursor() -> None:
    assert isinstance(VENUE.read_events(says([event(7), event(6)]), 7), EventPage)


OWN = {"id": KEY_ID, "permissions": ["order"], "cidr": "203.0.113.7"}


def others(*listed: Any) -> Any:
    return VENUE.read_key(says([OWN, *listed]), KEY_ID).siblings()


def test_another_key_is_told_by_mask_mark_and_facts_or_none_if_it_is_odd() -> None:
    good, odd = others({**OWN, "id": "AnotherKeyOfTheAccount", "name": "old"}, {"id": "OddKeyOfTheAccount"})
    assert (good.masked_id, good.facts.name) == ("Anot…", "old")
    assert good.facts.ip_restriction.networks != ()
    assert (odd.masked_id, odd.facts) == ("OddK…", None)
    assert good.fingerprint != odd.fingerprint
    assert "Anot" not in good.fingerprint


SMALL = {**OWN, "id": "x", "permissions": ["order", "position"]}


def test_as_many_other_keys_with_as_many_rights_as_any_account_has_are_told() -> None:
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
def test_more_than_any_account_has_are_not_told(listed: list[Any], keys: int, of_them: int) -> None:
    assert others(*listed) == NotReported(f"BitMEX listed {keys:,} of them, with {of_them:,} rights and address blocks")


@pytest.mark.parametrize(
    "odd", [{"permissions": ["w" * 65]}, {"permissions": ["order"] * 51}, {"cidrs": ["::1"] * 251}, {"w" * 65: 0}]
)
def test_a_longer_word_or_list_than_any_key_has_is_odd(odd: dict[str, Any]) -> None:
    assert [other.facts for other in others({**OWN, "id": "x", **odd})] == [None]
    with pytest.raises(GuardError, match="describes the key"):
        VENUE.read_key(says([{**OWN, **odd}]), KEY_ID)


@pytest.mark.parametrize("most", [{"permissions": ["w" * 64] * 50}, {"cidrs": ["::1"] * 250}])
def test_the_longest_words_and_lists_are_read(most: dict[str, Any]) -> None:
    (other,) = others({**OWN, "id": "x", **most})
    assert other.facts is not None


def test_a_key_that_only_tells_of_itself_tells_of_no_others() -> None:
    listing = VENUE.read_key(ScriptedSession([response([]), response(OWN)]), KEY_ID)
    assert listing.siblings() == NotReported("BitMEX showed this key only")


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
def test_the_number_of_an_account_is_told_as_text_or_not_at_all(number: Any, told: str | None) -> None:
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
def test_when_a_key_was_made_is_told_in_utc_or_not_at_all(created: str | None, told: datetime | None) -> None:
    (known,) = VENUE.read_key(says([{**OWN, "created": created}]), KEY_ID).entries
    assert known.created == told
    assert told is None or (known.created is not None and known.created.tzinfo is UTC)
