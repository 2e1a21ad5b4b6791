"""Plain `freqtrade trade`, as a real process from an installed wheel, against the simulated exchange."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.responses import page
from tests.e2e.freqtrade_process import API_SERVER, assert_no_secret, assert_refused, free_port
from tests.support.factories import KEY_ID, credentials_in_config, key

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"permissions": ["order", "withdraw"]}, "withdraw-permission"),
        ({"permissions": ["order", "sudo"]}, "permission-not-allowed"),
        ({"permissions": []}, "permission-missing"),
        ({"cidr": ""}, "ip-unrestricted"),
        ({"cidr": "127.0.0.0/24"}, "ip-too-many"),
        ({"cidr": "localhost"}, "ip-unreadable"),
        ({"enabled": False}, "key-disabled"),
        ({"cidr": "203.0.113.7"}, "address-not-allowed"),
        ({"overrides": {"permissions": {"order": True}}}, "response-invalid"),
        ({"overrides": {"name": "x\n[red]\x1b[31m", "permissions": ["ord\ner\x1b[31m"]}}, "permission-not-allowed"),
    ],
)
def test_a_key_that_does_not_pass_starts_no_bot(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, changed: dict[str, Any], rule: str
) -> None:
    exchange.keys[:] = [key(**changed)]
    process = bot.trade(python=str(wheel))
    assert_refused(process, exchange, rule)
    assert "\x1b[31m" not in process.output


@pytest.mark.parametrize(
    ("fail", "rule"),
    [
        (lambda exchange: exchange.keys.clear(), "key-unknown"),
        (lambda exchange: exchange.keys.__setitem__(0, Key(KEY_ID, "other")), "signature-invalid"),
        (lambda exchange: setattr(exchange, "clock_offset", 900), "clock-skew"),
        (lambda exchange: exchange.respond_always("/apiKey", page(403)), "address-banned"),
        (lambda exchange: exchange.respond_always("/apiKey", error(503, "down for maintenance")), "maintenance"),
        (lambda exchange: exchange.respond_always("/apiKey", page(200)), "response-invalid"),
    ],
)
def test_an_exchange_that_reports_nothing_starts_no_bot(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, fail: Callable[[SimulatedBitMEX], Any], rule: str
) -> None:
    fail(exchange)
    bot.config["api_key_guard"]["timeout_seconds"] = 2
    assert_refused(bot.trade(python=str(wheel)), exchange, rule)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda bot: (bot.folder / "secret").unlink(), "credentials-missing"),
        (lambda bot: (bot.folder / "secret").chmod(0o644), "file-exposed"),
        (lambda bot: (bot.folder / "secret").write_text("two\nlines"), "credentials-malformed"),
        (lambda bot: bot.config["api_key_guard"].update(polcy={}), "section-invalid"),
        (lambda bot: bot.config.update(api_key_guard=True), "section-invalid"),
        (lambda bot: bot.config["api_key_guard"].update(enabled="no"), "section-invalid"),
        (lambda bot: bot.config.update(api_key_gaurd=bot.config.pop("api_key_guard")), "section-misnamed"),
        (lambda bot: credentials_in_config(bot, key=KEY_ID), "credentials-in-config"),
        (
            lambda bot: bot.config["exchange"]["ccxt_config"].update(proxyUrl="http://127.0.0.1:1/"),
            "proxy-relay",
        ),
        (lambda bot: bot.config["api_key_guard"].pop("allowed_hosts"), "host-not-allowed"),
    ],
)
def test_a_misconfigured_check_starts_no_bot(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, spoil: Callable[[DemoBot], Any], rule: str
) -> None:
    spoil(bot)
    assert_refused(bot.trade(python=str(wheel)), exchange, rule, queried=False)


@pytest.mark.parametrize(
    ("variable", "value", "rule"),
    [
        ("FREQTRADE__EXCHANGE__KEY", "somebody-elses", "credentials-in-config"),
        ("FREQTRADE__EXCHANGE__CCXT_ASYNC_CONFIG__apiKey", "somebody-elses", "credentials-in-config"),
        ("FREQTRADE__EXCHANGE__CCXT_CONFIG__verify", "false", "tls-not-verified"),
        ("FREQTRADE__EXCHANGE__CCXT_ASYNC_CONFIG__ssl_context", "false", "client-settings"),
        ("FREQTRADE__EXCHANGE__CCXT_SYNC_CONFIG__sandbox", "true", "host-not-allowed"),
        ("FREQTRADE__API_KEY_GUARD__ENABLED", "0", "section-invalid"),
        ("FREQTRADE__API_KEY_GUARD__POLICY__MAX_IP_ADDRESSES", "0", "section-invalid"),
    ],
)
def test_a_variable_that_changes_key_client_or_policy_starts_no_bot(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, variable: str, value: str, rule: str
) -> None:
    assert_refused(bot.trade(python=str(wheel), extra={variable: value}), exchange, rule, queried=False)


def test_a_second_config_file_that_changes_the_client_starts_no_bot(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    with SimulatedBitMEX([key()]) as elsewhere:
        second = bot.folder / "second.json"
        second.write_text(json.dumps({"exchange": {"ccxt_async_config": elsewhere.ccxt_config()}}))
        assert_refused(bot.trade("-c", str(second), python=str(wheel)), exchange, "endpoint-mismatch", queried=False)
        assert elsewhere.requests == []


@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_a_good_key_reaches_running_and_signs_its_balance_request_with_it(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path], kind: str
) -> None:
    bot.config["api_server"] = {**API_SERVER, "listen_port": free_port()}
    bot.config["exchange"] |= {"key": "", "secret": "", "apiKey": ""}  # as `freqtrade new-config` may write them
    process = bot.trade(python=str(environment(kind)))
    assert process.wait_for_output(), process.output
    assert process.stop() == 130
    assert exchange.paths()[0] == "GET /apiKey"
    assert ("/user/margin", KEY_ID, 200) in [
        (request.path, request.key, request.status) for request in exchange.requests
    ]
    assert not [path for path in exchange.paths() if not path.startswith("GET")]
    admitted = [line for line in process.output.splitlines() if "admitted" in line]
    assert len(admitted) == 1
    assert "API key LAqU… on bitmex admitted: permissions order; allowed IPs 127.0.0.1/32; " in admitted[0]
    assert f"; checked with {exchange.url} in" in admitted[0]
    assert_no_secret(process.output)


def test_a_refusal_leaves_no_server_running(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path) -> None:
    bot.config["api_server"] = {**API_SERVER, "listen_port": free_port()}
    exchange.keys[:] = [key(cidr="")]
    assert_refused(bot.trade(python=str(wheel)), exchange, "ip-unrestricted")
