"""Warnings of an admitted start are sent, each new one once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.model.findings import Finding, warning
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin import notifications
from tests.e2e.trading_bot import Receiver
from tests.support.factories import facts

WITHDRAWAL = "withdrawalCompleted on 2026-11-25 10:00 UTC"
LATER = "passwordChanged on 2026-11-26 11:00 UTC"


def event(*events: str) -> Finding:
    return warning("security-event", f"In the last 7 days: {', '.join(events)}. If that was not you, …", "Look.")


def age(days: int) -> Finding:
    return warning("key-age", f"The key is {days} days old.", "Make a new key.")


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    return {"user_data_dir": tmp_path, "bot_name": "my bot"}


def sent(config: dict[str, Any], *starts: tuple[Finding, ...]) -> list[str]:
    """Return the messages that starts with these warnings send."""
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        for findings in starts:
            notifications.notify_warnings(config, Verdict(findings=findings, facts=(facts("order"),)))
    return [body["status"] for body in receiver.received]


def test_a_withdrawal_is_reported_once(config: dict[str, Any]) -> None:
    (message,) = sent(config, (event(WITHDRAWAL),), (event(WITHDRAWAL),))
    first, *_ = message.splitlines()
    assert "was started, with a warning: In the last 7 days: withdrawalCompleted" in first
    assert "Type: freqtrade-bitmex-guard audit -c CONFIG" in message


def test_only_a_new_event_is_news(config: dict[str, Any]) -> None:
    messages = sent(config, (event(WITHDRAWAL),), (event(LATER, WITHDRAWAL),), (event(LATER),))
    assert len(messages) == 2
    assert "passwordChanged" in messages[1]


def test_a_key_that_gets_older_is_no_news(config: dict[str, Any]) -> None:
    assert len(sent(config, (age(366),), (age(367),), (age(367), event(WITHDRAWAL)))) == 2


def test_a_start_without_warnings_sends_nothing(config: dict[str, Any]) -> None:
    assert sent(config, ()) == []


def test_a_warning_is_remembered_for_longer_than_a_refusal(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(sent(config, (age(366),))) == 1
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 30 * 24 * 3_600)
    assert sent(config, (age(396),)) == []
