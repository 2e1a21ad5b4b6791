"""The account around a key, read as hostile input."""

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


def test_each_query_has_its_own_path() -> None:
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
def test_an_error_or_another_shape_ends_the_query(read: Any, content: Any, status: int) -> None:
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
def test_two_factor_is_on_off_or_not_reported(user: dict[str, Any], told: Any) -> None:
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
def test_events_come_with_what_is_known_the_newest_first(shape: Any) -> None:
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


# The types of the API explorer's schema, in its versions of 2019, 2022 and 2025; then what nobody documents.
HARMLESS = (
    *("login", "depositPending", "depositConfirmed", "transferReceived", "banZeroVolumeApiUser"),
    *("deleverageExecution", "liquidationOrderPlaced", "positionStateLiquidated", "positionStateWarning"),
)
RELEVANT = (
    *("apiKeyCreated", "passwordChanged", "resetPasswordConfirmed", "resetPasswordRequest", "verify"),
    *("transferCanceled", "transferCompleted", "transferRequested", "twoFactorDisabled", "twoFactorEnabled"),
    *("withdrawalCanceled", "withdrawalCompleted", "withdrawalConfirmed", "withdrawalRequested"),
    *("addressSkipConfirmRequested", "addressSkipConfirmVerified", "pgpMaskedEmail", "pgpTestEmail"),
    *("existingAccountRegistrationAttempt", "addressCreated", "apiKeyDisabled", "APIKEYCREATED", "emailChanged"),
    *("cancelled withdrawal", "LOGIN", "login ", "loginAsOtherUser", "depositAddressChanged", "l\u043egin", "7", ""),
)


@pytest.mark.parametrize(
    ("word", "weighty"),
    [
        *((word, True) for word in RELEVANT),
        *((word, False) for word in HARMLESS),
    ],
)
def test_the_type_of_an_event_decides_whether_it_is_relevant(word: str, weighty: bool) -> None:
    told = VENUE.read_events(says([event(word=word)]), None)
    assert isinstance(told, EventPage)
    assert told.event_log.events[0].security_relevant is weighty
    assert told.event_log.events[0].creates_key is (word == "apiKeyCreated")


def test_the_texts_of_an_event_are_cut() -> None:
    long = event(word="withdrawal" + "x" * 90, ip="7" * 99, status="s" * 99)
    told = VENUE.read_events(says([long]), None)
    assert isinstance(told, EventPage)
    (only,) = told.event_log.events
    assert (only.type, only.ip, only.status) == ("withdrawal" + "x" * 54, "7" * 64, "s" * 64)
    assert only.security_relevant


def test_a_full_page_in_order_leads_to_the_next_one() -> None:
    for number in (25, 50, 150):
        told = VENUE.read_events(says(page(number, last=90)), None)
        assert isinstance(told, EventPage)
        assert told.cursor == 90
        assert len(told.event_log.events) == number
        assert told.event_log.complete_since == told.event_log.events[-1].time == NEW


@pytest.mark.parametrize("number", [0, 1, 24, 26, 149])
def test_a_page_that_no_limit_has_cut_is_the_last(number: int) -> None:
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
def test_a_full_page_out_of_order_proves_nothing(listed: Any) -> None:
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
        (page(151), None, "BitMEX sent more events than were requested"),
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
def test_a_page_that_cannot_be_relied_on_is_not_reported(listed: Any, cursor: int | None, why: str) -> None:
    assert VENUE.read_events(says(listed), cursor) == NotReported(why)


def test_an_older_page_may_begin_at_its_cursor() -> None:
    assert isinstance(VENUE.read_events(says([event(7), event(6)]), 7), EventPage)
