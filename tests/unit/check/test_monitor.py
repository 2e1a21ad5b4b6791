"""When the monitor checks the key again, and what a verdict means for the bot."""

from __future__ import annotations

from typing import Any

import pytest

from freqtrade_bitmex_guard.check.monitor import KeyMonitor
from freqtrade_bitmex_guard.config.parse import parse_section
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report import chat
from tests.support.factories import BOT
from tests.unit.check.watched_key import GOOD, ODD, TRANSIENT, Day, bad


def test_the_key_is_checked_once_in_each_interval() -> None:
    day = Day()
    checked_at = []
    for minute in range(1, 241):
        before = day.checks
        assert day.after(1) is None
        if day.checks > before:
            checked_at.append(minute)
    assert checked_at == [60, 120, 180, 240]
    assert day.monitor.recheck_count == 4


def test_zero_minutes_switch_the_recheck_off() -> None:
    day = Day(recheck_minutes=0)
    assert day.after(10_000, bad("withdraw-permission")) is None
    assert day.checks == 0


@pytest.mark.parametrize(
    "rule",
    [
        *("withdraw-permission", "ip-unrestricted", "key-disabled", "account"),
        *("key-unknown", "signature-invalid", "address-not-allowed", "access-denied", "account-restricted"),
        *("exchange-error", "subaccount-key", "response-invalid", "internal-error", "client-settings"),
    ],
)
def test_a_lasting_cause_is_a_violation_at_once_and_once(rule: str) -> None:
    day = Day()
    news = day.after(60, bad(rule))
    assert (news.recovered, news.unreachable_minutes, news.verdict.findings[0].name) == (False, None, rule)
    assert day.monitor.violation is news.verdict
    for _ in range(100):
        assert day.after(5, bad(rule)) is None
    assert day.checks == 101
    news = day.after(5)
    assert (news.recovered, news.verdict) == (True, GOOD)
    assert day.monitor.violation is None
    assert day.after(5) is None
    assert day.checks == 102, "it passes again, so the next recheck comes after a whole interval"


@pytest.mark.parametrize("rule", [*TRANSIENT, *ODD])
def test_silence_is_a_violation_after_the_grace(rule: str) -> None:
    day = Day()
    assert day.after(60, bad(rule)) is None
    for _ in range(35):
        assert day.after(5, bad(rule)) is None
    news = day.after(5, bad(rule))
    assert news is not None
    assert news.unreachable_minutes == 180
    assert "the key could not be checked for 180 minutes" in chat.violation(
        news.verdict, chat.BotState.PAUSED, BOT, unreachable_minutes=news.unreachable_minutes
    )
    assert day.after(5, bad(rule)) is None
    assert day.after(5).recovered


def test_one_good_recheck_starts_the_grace_anew() -> None:
    day = Day()
    for _ in range(4):
        assert day.after(60, bad("maintenance")) is None
        assert day.after(170, bad("maintenance")) is None
        assert day.after(5) is None


def test_without_grace_a_transient_cause_is_a_violation_at_once() -> None:
    assert Day(recheck_grace_minutes=0).after(60, bad("maintenance")) is not None


def test_during_an_outage_a_real_violation_is_news_at_once() -> None:
    day = Day()
    assert day.after(60, bad("maintenance")) is None
    news = day.after(5, bad("withdraw-permission"))
    assert news.unreachable_minutes is None


def test_a_real_violation_after_a_long_outage_is_news_too() -> None:
    day = Day(recheck_grace_minutes=0)
    assert day.after(60, bad("maintenance")).unreachable_minutes == 0
    assert day.after(5, bad("maintenance")) is None
    assert day.after(5, bad("withdraw-permission")).unreachable_minutes is None
    assert day.after(5, bad("withdraw-permission")) is None
    assert day.after(5, bad("maintenance")) is None
    assert day.after(5).recovered


def test_a_recheck_can_be_made_due() -> None:
    day = Day()
    assert day.after(1) is None
    day.monitor.poll_soon()
    assert day.after(0, bad("withdraw-permission")) is not None
    assert day.after(1) is None
    assert day.checks == 1, "a failing key is checked every five minutes"
    off = Day(recheck_minutes=0)
    off.monitor.poll_soon()
    assert off.after(60, bad("withdraw-permission")) is None


def test_an_outage_does_not_end_a_violation() -> None:
    day = Day()
    assert day.after(60, bad("withdraw-permission")) is not None
    assert day.after(5, bad("maintenance")) is None
    assert day.monitor.violation is not None
    assert day.after(5).recovered


def test_a_verdict_without_findings_is_not_transient() -> None:
    assert Day().after(60, Verdict(findings=())) is not None


def test_a_monitor_that_fails_holds_the_bot_and_says_so_once() -> None:
    day = Day()
    finding = error("internal-error", "what", "fix")
    news = day.monitor.fail(finding)
    assert news is not None
    assert news.verdict.findings == (finding,)
    assert day.monitor.fail(finding) is None
    assert day.monitor.violation is not None


def test_a_recheck_that_raises_waits_for_the_next_interval() -> None:
    day = Day()

    def fail() -> Verdict:
        raise RuntimeError

    monitor = KeyMonitor(fail, parse_section({}, PROFILE), clock=lambda: day.now, jitter=lambda: 0)
    checked_at = []
    for minute in range(1, 71):
        day.now += 60
        try:
            assert monitor.poll() is None
        except RuntimeError:
            checked_at.append(minute)
    assert checked_at == [60, 65, 70]


@pytest.mark.parametrize(
    ("written", "stops"), [({}, False), ({"on_violation": "pause"}, False), ({"on_violation": "stop"}, True)]
)
def test_the_bot_is_stopped_only_where_the_operator_says_so(written: dict[str, Any], stops: bool) -> None:
    assert Day(**written).monitor.stops is stops


def test_every_message_fits_a_chat() -> None:
    long = Verdict(findings=tuple(error("ip-outside", f"`{number}`" * 200, "fix") for number in range(9)))
    for message in (
        chat.violation(long, chat.BotState.STOPPED_ALREADY, BOT, unreachable_minutes=None),
        chat.start_refused(long, BOT),
        chat.reload_refused(long, BOT, stopped=False),
        chat.key_recovered(BOT),
    ):
        assert len(message) <= 1_000
        assert "`" not in message
    assert "Open trades stay" in chat.start_refused(long, BOT), "what is cut off is the reasons"


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


@pytest.mark.parametrize(("drawn", "minutes"), [(0, 60), (0.5, 57), (1, 54)])
def test_bots_that_were_started_together_do_not_ask_together(drawn: float, minutes: int) -> None:
    day = Day()
    began = day.now
    monitor = KeyMonitor(lambda: GOOD, parse_section({}, PROFILE), clock=lambda: day.now, jitter=lambda: drawn)
    for _ in range(60):
        day.now += 60
        monitor.poll()
        if monitor.recheck_count:
            break
    assert day.now - began == 60 * minutes
