"""What the watch makes of what it sees, and when it looks."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard.check.monitor import KeyMonitor
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report import chat
from tests.support.factories import facts

FINE = Verdict(findings=(), facts=(facts("order"),))


def bad(rule: str) -> Verdict:
    return Verdict(findings=(error(rule, "what", "fix"),))


class Day:
    """A watch, a clock that is turned by hand, and what the exchange tells next."""

    def __init__(self, **written: Any) -> None:
        self.now = 1_000.0
        self.told = FINE
        self.looks = 0
        self.watch = KeyMonitor(self.ask, parse_section(written, PROFILE), clock=lambda: self.now)

    def ask(self) -> Verdict:
        self.looks += 1
        return self.told

    def after(self, minutes: float, told: Verdict = FINE) -> Any:
        self.told = told
        self.now += 60 * minutes
        return self.watch.poll()


def test_it_looks_once_in_every_interval_and_not_at_once() -> None:
    day = Day()
    looked = []
    for minute in range(1, 241):
        before = day.looks
        assert day.after(1) is None
        if day.looks > before:
            looked.append(minute)
    assert looked == [60, 120, 180, 240]


def test_zero_minutes_turn_it_off() -> None:
    day = Day(recheck_minutes=0)
    assert day.after(10_000, bad("withdraw-permission")) is None
    assert day.looks == 0


@pytest.mark.parametrize(
    "rule",
    [
        *("withdraw-permission", "ip-unrestricted", "key-disabled", "account"),
        *("key-unknown", "signature-invalid", "address-not-allowed", "access-denied", "account-restricted"),
        *("clock-skew", "address-banned", "tls-failed", "redirected", "response-invalid", "internal-error"),
    ],
)
def test_what_does_not_pass_by_itself_is_told_at_once_and_once(rule: str) -> None:
    day = Day()
    news = day.after(60, bad(rule))
    assert (news.recovered, news.unreachable_minutes, news.verdict.findings[0].name) == (False, None, rule)
    assert day.watch.violation is news.verdict
    for _ in range(100):
        assert day.after(5, bad(rule)) is None
    assert day.looks == 101
    news = day.after(5)
    assert (news.recovered, news.verdict) == (True, FINE)
    assert day.watch.violation is None
    assert day.after(5) is None
    assert day.looks == 102, "fine again, so the next look comes after a whole interval"


@pytest.mark.parametrize(
    "rule", ["maintenance", "overloaded", "server-error", "unreachable", "timed-out", "rate-limited"]
)
def test_a_passing_cause_is_tolerated_for_the_grace_and_then_is_a_violation(rule: str) -> None:
    day = Day()
    assert day.after(60, bad(rule)) is None
    for _ in range(35):
        assert day.after(5, bad(rule)) is None
    news = day.after(5, bad(rule))
    assert news is not None
    assert news.unreachable_minutes == 180
    assert "no check for 180 minutes" in chat.violation(
        news.verdict, chat.BotState.PAUSED, silent_minutes=news.unreachable_minutes
    )
    assert day.after(5, bad(rule)) is None
    assert day.after(5).recovered


def test_one_good_look_starts_the_grace_anew() -> None:
    day = Day()
    for _ in range(4):
        assert day.after(60, bad("maintenance")) is None
        assert day.after(170, bad("maintenance")) is None
        assert day.after(5) is None


def test_without_grace_a_passing_cause_is_a_violation_at_once() -> None:
    assert Day(recheck_grace_minutes=0).after(60, bad("maintenance")) is not None


def test_during_an_outage_a_real_violation_is_told_at_once() -> None:
    day = Day()
    assert day.after(60, bad("maintenance")) is None
    news = day.after(5, bad("withdraw-permission"))
    assert news.unreachable_minutes is None


def test_what_is_found_out_after_an_outage_that_took_too_long_is_told_as_well() -> None:
    day = Day(recheck_grace_minutes=0)
    assert day.after(60, bad("maintenance")).unreachable_minutes == 0
    assert day.after(5, bad("maintenance")) is None
    assert day.after(5, bad("withdraw-permission")).unreachable_minutes is None
    assert day.after(5, bad("withdraw-permission")) is None
    assert day.after(5, bad("maintenance")) is None
    assert day.after(5).recovered


def test_it_can_be_told_to_look_at_once() -> None:
    day = Day()
    assert day.after(1) is None
    day.watch.poll_soon()
    assert day.after(0, bad("withdraw-permission")) is not None
    off = Day(recheck_minutes=0)
    off.watch.poll_soon()
    assert off.after(60, bad("withdraw-permission")) is None


def test_an_outage_does_not_end_a_violation() -> None:
    day = Day()
    assert day.after(60, bad("withdraw-permission")) is not None
    assert day.after(5, bad("maintenance")) is None
    assert day.watch.violation is not None
    assert day.after(5).recovered


def test_a_verdict_that_says_nothing_is_no_passing_cause() -> None:
    assert Day().after(60, Verdict(findings=())) is not None


def test_a_watch_that_fails_itself_holds_the_bot_and_says_so_once() -> None:
    day = Day()
    finding = error("internal-error", "what", "fix")
    news = day.watch.fail(finding)
    assert news is not None
    assert news.verdict.findings == (finding,)
    assert day.watch.fail(finding) is None
    assert day.watch.violation is not None


def test_a_look_that_fails_itself_is_not_repeated_in_every_iteration() -> None:
    day = Day()

    def fail() -> Verdict:
        raise RuntimeError

    watch = KeyMonitor(fail, parse_section({}, PROFILE), clock=lambda: day.now)
    looked = []
    for minute in range(1, 71):
        day.now += 60
        try:
            assert watch.poll() is None
        except RuntimeError:
            looked.append(minute)
    assert looked == [60, 65, 70]


@pytest.mark.parametrize(
    ("written", "stops"), [({}, False), ({"on_violation": "pause"}, False), ({"on_violation": "stop"}, True)]
)
def test_the_bot_is_stopped_only_where_the_operator_says_so(written: dict[str, Any], stops: bool) -> None:
    assert Day(**written).watch.stops is stops


def test_what_the_operator_is_told_fits_a_chat() -> None:
    long = Verdict(findings=tuple(error("ip-outside", f"`{number}`" * 200, "fix") for number in range(9)))
    for message in (
        chat.violation(long, chat.BotState.STOPPED_ALREADY, silent_minutes=None),
        chat.start_refused(long, "my bot"),
        chat.reload_refused(long, stopped=False),
        chat.key_recovered(),
    ):
        assert len(message) <= 1_000
        assert "`" not in message
    assert "Open trades stay" in chat.start_refused(long, "my bot"), "what is cut off is the reasons"


@pytest.mark.parametrize(
    "written",
    [
        {"recheck_minutes": -1},
        {"recheck_minutes": "60"},
        {"recheck_minutes": 1e9},
        {"recheck_grace_minutes": -1},
        {"on_violation": "ignore"},
        {"on_violation": None},
    ],
)
def test_an_odd_setting_is_misconfigured(written: Any) -> None:
    with pytest.raises(Exception, match="section-invalid"):
        parse_section(written, PROFILE)
