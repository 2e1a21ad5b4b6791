"""What a recheck forgives, and what it reports of a bot that is held already."""

from __future__ import annotations

import pytest

from freqtrade_bitmex_guard.model.findings import error, warning
from freqtrade_bitmex_guard.model.verdict import Verdict
from tests.unit.check.watched_key import ODD, Day, bad, page


@pytest.mark.parametrize("odd", [*map(bad, ODD), page(), page("exchange-error"), bad("maintenance")], ids=range(10))
def test_one_odd_answer_is_looked_at_again_after_a_minute(odd: Verdict) -> None:
    day = Day()
    assert day.after(60, odd) is None
    assert day.monitor.violation is None
    assert day.after(0.9) is None
    assert day.checks == 1
    assert day.after(0.1) is None
    assert day.checks == 2, "it was looked at again"
    assert day.after(59) is None
    assert day.checks == 2, "the key passes, so the next recheck comes after a whole interval"


@pytest.mark.parametrize("odd", [*map(bad, ODD), page(), page("exchange-error")], ids=range(9))
def test_without_grace_a_second_odd_answer_is_a_violation(odd: Verdict) -> None:
    day = Day(recheck_grace_minutes=0)
    assert day.after(60, odd) is None
    assert day.after(1, odd).unreachable_minutes == 1
    day = Day(recheck_grace_minutes=0)
    assert day.after(60, odd) is None
    assert day.after(1, bad("withdraw-permission")).unreachable_minutes is None


def test_one_clear_word_beside_an_odd_answer_is_a_violation_at_once() -> None:
    both = (*page().findings, *bad("key-unknown").findings)
    assert Day().after(60, Verdict(findings=both)) is not None


def test_an_odd_answer_hides_no_violation_and_no_recovery() -> None:
    day = Day()
    assert day.after(60, bad("withdraw-permission")) is not None
    for _ in range(50):
        assert day.after(5, page()) is None
    assert day.monitor.violation is not None
    assert day.after(5).recovered


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("exchange-error", "withdraw-permission"),
        ("response-invalid", "ip-unrestricted"),
        ("ip-unrestricted", "withdraw-permission"),
        ("withdraw-permission", "ip-unrestricted"),
        ("withdraw-permission", "key-unknown"),
        ("key-unknown", "client-settings"),
    ],
)
def test_a_reason_that_was_not_reported_is_news_once(first: str, then: str) -> None:
    day = Day()
    assert day.after(60, bad(first)) is not None
    news = day.after(5, bad(then))
    assert (news.recovered, news.verdict.findings[0].name) == (False, then)
    assert day.monitor.violation is news.verdict
    for rule in (then, first, then):
        assert day.after(5, bad(rule)) is None
    both = Verdict(findings=(*bad(first).findings, *bad(then).findings))
    assert day.after(5, both) is None
    assert day.after(5, Verdict(findings=(*both.findings, *bad("account").findings))) is not None
    assert day.after(5).recovered
    assert day.after(60, bad(first)) is not None, "after a recovery everything is news again"


@pytest.mark.parametrize(
    ("reported", "then", "is_news"),
    [
        (("ip-unrestricted",), ("ip-unrestricted",), False),
        (("ip-unrestricted", "account"), ("account",), False),
        (("ip-unrestricted",), ("account",), True),
        (("ip-unrestricted",), ("ip-unrestricted", "account"), True),
        (("ip-unrestricted",), (), True),
        ((), ("ip-unrestricted",), True),
    ],
    ids=str,
)
def test_what_the_operator_was_just_notified_of_is_no_news(
    reported: tuple[str, ...], then: tuple[str, ...], is_news: bool
) -> None:
    day = Day()
    day.monitor.poll_soon(Verdict(findings=tuple(bad(rule).findings[0] for rule in reported)))
    verdict = Verdict(findings=tuple(bad(rule).findings[0] for rule in then))
    assert (day.after(0, verdict) is not None) is is_news
    assert day.monitor.violation is verdict
    assert day.after(5).recovered
    assert day.after(60, bad("ip-unrestricted")) is not None


def test_the_same_answer_from_the_exchange_itself_is_news() -> None:
    day = Day(recheck_grace_minutes=0)
    assert day.after(60, page()) is None
    assert day.after(1, page()).unreachable_minutes == 1
    assert day.after(5, bad("response-invalid")).unreachable_minutes is None


def test_silence_during_a_violation_is_not_looked_at_sooner() -> None:
    day = Day()
    assert day.after(60, bad("withdraw-permission")) is not None
    assert day.after(5, bad("maintenance")) is None
    assert day.after(1, bad("maintenance")) is None
    assert day.checks == 2


@pytest.mark.parametrize(("seconds", "is_over"), [(59, False), (60, True)])
def test_the_grace_ends_to_the_second(seconds: int, is_over: bool) -> None:
    day = Day(recheck_grace_minutes=2)
    assert day.after(60, bad("maintenance")) is None
    assert day.after(1, bad("maintenance")) is None
    day.monitor.poll_soon()
    day.now += seconds
    assert (day.after(0, bad("maintenance")) is not None) is is_over


def test_a_new_warning_beside_a_reported_reason_is_no_news() -> None:
    day = Day()
    assert day.after(60, bad("ip-unrestricted")) is not None
    noted = (*bad("ip-unrestricted").findings, warning("key-age", "old", "renew"))
    assert day.after(5, Verdict(findings=noted)) is None


def test_what_follows_a_failure_of_the_monitor_is_news() -> None:
    day = Day()
    assert day.monitor.fail(error("internal-error", "what", "fix")) is not None
    assert day.after(60, bad("withdraw-permission")) is not None
