"""What an agent says of itself: a real agent's hello, with something changed, is that of another bot's agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from freqtrade_bitmex_guard.check.interface import CheckResult
from freqtrade_bitmex_guard.check.open import open_check
from freqtrade_bitmex_guard.check.remote import AgentCheck
from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.findings import Severity
from freqtrade_bitmex_guard.redaction import registry
from freqtrade_bitmex_guard.signing.client import AgentClient, AgentUnavailableError
from freqtrade_bitmex_guard.signing.wire import WireError
from tests.agent.serving import Serving, bots_config
from tests.support.factories import KEY_ID


def test_the_hello_of_a_real_agent_is_admitted(
    shared: Serving, hello: dict[str, Any], answered: Callable[..., CheckResult]
) -> None:
    result = answered({"hello": hello})
    verdict, admission = result.verdict, result.admission
    assert verdict.admitted
    assert (verdict.exchange, verdict.key, verdict.findings) == ("bitmex", f"{KEY_ID[:4]}…", ())
    assert verdict.servers == (shared.exchange.url,)
    assert verdict.bot == BotLabel.of(bots_config(shared))
    assert 0 <= verdict.duration_ms < 60_000
    assert admission is not None
    held = admission.credentials.for_ccxt().values()
    assert {len(value) for value in held} == {64}
    assert all(value not in registry.redact(value) for value in held)
    again = admission.recheck()
    assert (again.admitted, again.bot, again.exchange) == (True, verdict.bot, "bitmex")
    assert 0 <= again.duration_ms < 60_000


@pytest.mark.parametrize(
    ("written", "minutes"), [({}, 1), ({"recheck_minutes": 0}, 1), ({"recheck_minutes": 0.5}, 0.5)]
)
def test_a_standing_is_asked_for_every_minute_or_more_often(
    hello: dict[str, Any], answered: Callable[..., CheckResult], written: dict[str, Any], minutes: float
) -> None:
    admission = answered({"hello": hello}, **written).admission
    assert admission is not None
    assert admission.section.recheck_minutes == minutes


OTHER_SERVERS = "it uses other servers than the bot"
SIGNS = "it does not say what it signs"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"protocol": 2}, "its protocol is not 1"),
        ({"protocol": None}, "its protocol is not 1"),
        ({"exchange": "binance\x1b"}, "it is for binance?, and the bot is for bitmex"),
        ({"trading_mode": "futures\x1b"}, "its trading mode is futures?, and the bot's is spot"),
        ({"mode": "both"}, SIGNS),
        ({"mode": None}, SIGNS),
        ({"apis": {}}, SIGNS),
        ({"apis": []}, SIGNS),
        ({"apis": "private"}, SIGNS),
        ({"servers": []}, OTHER_SERVERS),
        ({"servers": "private http://127.0.0.1"}, OTHER_SERVERS),
        ({"servers": ["private https://evil.example"]}, OTHER_SERVERS),
        ({"servers": ["private"]}, "it names a server that is no plain URL"),
    ],
    ids=str,
)
def test_an_agent_of_another_bot_is_no_agent(
    hello: dict[str, Any], answered: Callable[..., CheckResult], change: dict[str, Any], reason: str
) -> None:
    result = answered({"hello": {**hello, **change}})
    (finding,) = result.verdict.findings
    assert (finding.name, finding.severity, result.admission) == ("agent-mismatch", Severity.ERROR, None)
    assert finding.message == f"The signing agent is not this bot's: {reason}."
    assert finding.fix.startswith("Compare credentials.socket, exchange and trading_mode")


def test_one_server_too_many_is_another_server(hello: dict[str, Any], answered: Callable[..., CheckResult]) -> None:
    result = answered({"hello": {**hello, "servers": [*hello["servers"], "private https://evil.example"]}})
    assert OTHER_SERVERS in result.verdict.findings[0].message
    assert result.admission is None


def test_an_agent_that_signs_may_say_so(hello: dict[str, Any], answered: Callable[..., CheckResult]) -> None:
    assert answered({"hello": {**hello, "mode": "sign"}}).verdict.admitted


def test_the_trading_mode_of_both_has_to_be_the_same(
    shared: Serving, hello: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AgentClient, "hello", lambda *_: {"hello": {**hello, "trading_mode": "futures"}})
    assert open_check({**bots_config(shared), "trading_mode": "futures"}).run().verdict.admitted
    (finding,) = open_check({**bots_config(shared), "trading_mode": ""}).run().verdict.findings
    assert "its trading mode is futures, and the bot's is spot" in finding.message


@pytest.mark.parametrize(
    ("reply", "name", "message"),
    [
        ({}, "agent-refused", "The signing agent does not serve this process: it did not say why."),
        ({"error": "x"}, "agent-refused", "The signing agent does not serve this process: it did not say why."),
        ({"hello": "x", "error": {"text": "y" * 300}}, "agent-refused", f"this process: {'y' * 199}"),
        ({"hello": {}}, "agent-mismatch", "its protocol is not 1"),
        (WireError("odd"), "agent-mismatch", "it does not speak the guard's protocol (odd)."),
        (
            AgentUnavailableError("gone", was_sent=False),
            "agent-unavailable",
            "The signing agent does not answer: gone. The bot has no key",
        ),
    ],
    ids=range(6),
)
def test_a_reply_without_a_hello_is_a_finding(
    answered: Callable[..., CheckResult], reply: Any, name: str, message: str
) -> None:
    result = answered(reply)
    (finding,) = result.verdict.findings
    assert (finding.name, result.admission) == (name, None)
    assert message in finding.message
    assert "y" * 201 not in finding.message
    assert (result.verdict.exchange, result.verdict.facts) == ("bitmex", ())
    assert result.verdict.bot is not None


def test_a_check_without_an_agent_is_no_check(shared: Serving) -> None:
    changed = bots_config(shared)
    verdict = AgentCheck({**changed, "api_key_guard": {"allowed_hosts": ["127.0.0.1"]}}).run().verdict
    assert [finding.name for finding in verdict.findings] == ["internal-error"]
    (finding,) = AgentCheck(changed).recheck().findings
    assert finding.name == "internal-error"
    assert finding.message == "There is no agent to ask again: none was asked."
    assert finding.fix == "Please report this."
