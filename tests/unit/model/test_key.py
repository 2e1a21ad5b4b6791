"""What is known of a key that the exchange lists once or twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from freqtrade_bitmex_guard.model.key import (
    KeyFacts,
    NotReported,
    NotSupported,
    RestrictedTo,
    RestrictedUndisclosed,
    Unrestricted,
    merge_entries,
)
from freqtrade_bitmex_guard.model.networks import parse_network
from tests.support.factories import facts
from tests.unit.rules.judging import NOW

UNDISCLOSED = RestrictedUndisclosed("limited")


NOON = NOW


def expiring(moment: datetime | None) -> KeyFacts:
    return replace(facts(), expires=moment)


ABOUT: dict[str, Any] = {"name": "x", "created": NOON - timedelta(days=1), "user_id": "7", "account_id": "8"}


OTHERWISE = {"name": "y", "created": NOON, "user_id": "8", "account_id": "9"}


@pytest.mark.parametrize(
    ("one", "other", "merged"),
    [
        (facts("order"), facts("withdraw"), facts("order", "withdraw")),
        (
            facts(addresses="203.0.113.7"),
            facts(addresses="203.0.113.8"),
            facts(addresses="203.0.113.7,203.0.113.8"),
        ),
        (facts(), facts(addresses=Unrestricted("x")), facts(addresses=Unrestricted("x"))),
        (facts(addresses=Unrestricted("x")), facts(), facts(addresses=Unrestricted("x"))),
        (facts(addresses=Unrestricted("x")), facts(addresses=NotReported("y")), facts(addresses=Unrestricted("x"))),
        (facts(addresses=NotReported("y")), facts(addresses=Unrestricted("x")), facts(addresses=Unrestricted("x"))),
        (facts(), facts(addresses=NotReported("x")), facts(addresses=NotReported("x"))),
        (facts(addresses=NotReported("x")), facts(), facts(addresses=NotReported("x"))),
        (
            facts(addresses=RestrictedTo((), ("a",))),
            facts(addresses=RestrictedTo((), ("b", "a"))),
            facts(addresses=RestrictedTo((), ("a", "b"))),
        ),
        (facts(addresses=UNDISCLOSED), facts(), facts(addresses=UNDISCLOSED)),
        (facts(), facts(addresses=UNDISCLOSED), facts(addresses=UNDISCLOSED)),
        (facts(addresses=UNDISCLOSED), facts(addresses=NotReported("x")), facts(addresses=NotReported("x"))),
        (facts(addresses=NotSupported("y")), facts(addresses=NotReported("x")), facts(addresses=NotReported("x"))),
        (facts(addresses=NotSupported("y")), facts(addresses=Unrestricted("x")), facts(addresses=Unrestricted("x"))),
        (expiring(NOW), expiring(None), expiring(NOW)),
        (expiring(NOW + timedelta(days=1)), expiring(NOW), expiring(NOW)),
        (facts(enabled=True), facts(enabled=False), facts(enabled=False)),
        (facts(enabled=False), facts(enabled=True), facts(enabled=False)),
        (facts("order"), KeyFacts(None, facts().ip_restriction), KeyFacts(None, facts().ip_restriction)),
    ],
)
def test_a_key_listed_twice_can_do_what_either_entry_grants(one: KeyFacts, other: KeyFacts, merged: KeyFacts) -> None:
    assert merge_entries([one, other]) == merged


@pytest.mark.parametrize("name", ABOUT)
def test_entries_that_disagree_count_as_not_reported(name: str) -> None:
    one, other = replace(facts(), **ABOUT), replace(facts(), **{**ABOUT, name: OTHERWISE[name]})
    silent = replace(facts(), **{**ABOUT, name: None})
    assert merge_entries([one, one]) == one
    for entries in ([one, other], [other, one], [one, silent], [silent, one], [one, other, one]):
        assert merge_entries(entries) == silent


def test_the_name_of_a_key_is_not_in_its_repr() -> None:
    assert "what was pasted" not in repr(replace(facts("order"), name="what was pasted"))


def test_blocks_of_a_key_are_read_or_kept_as_unreadable() -> None:
    restriction = RestrictedTo.from_texts(["203.0.113.7", "2001:db8::/32", "local\x1bhost", "", "x" * 100])
    assert restriction.networks == (parse_network("203.0.113.7"), parse_network("2001:db8::/32"))
    assert restriction.unreadable[:2] == ("local?host", "")
    assert len(restriction.unreadable[2]) <= 41
