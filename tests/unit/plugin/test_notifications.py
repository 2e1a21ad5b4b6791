"""Telling of a refused start, with freqtrade's own classes and a receiver on loopback in place of the services."""

from __future__ import annotations

import json
import logging
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.model.findings import error, warning
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin import notifications
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from tests.e2e.trading_bot import Receiver
from tests.support.factories import facts

REFUSED = Verdict(findings=(error("withdraw-permission", "can withdraw", "make a new key"),), facts=(facts("order"),))


TOKEN = "123456:a-made-up-token"


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    return {"user_data_dir": tmp_path, "bot_name": "my bot"}


def tell(config: dict[str, Any], verdict: Verdict = REFUSED) -> None:
    notifications.notify_refusal(config, verdict)


def test_a_webhook_gets_what_its_status_format_says(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["webhook"] = {**receiver.config(), "status": {"text": "Bot says: {status}", "status": "{status}"}}
        tell(config)
    (body,) = receiver.received
    assert body["text"].startswith("Bot says: my bot was not started.\nAPI key guard: REFUSED")
    assert "withdraw-permission: can withdraw" in body["status"]
    assert "What to do: make a new key" in body["status"]


def test_a_webhook_without_a_status_format_gets_the_plain_message(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["webhook"] = {**receiver.config(), "entry": {"x": "{pair}"}}
        del config["webhook"]["status"]
        tell(config)
    assert receiver.received[0]["status"].startswith("my bot was not started.")


def test_discord_gets_an_embed_although_it_is_set_up_for_trades_only(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["discord"] = {"enabled": True, "webhook_url": f"{receiver.url}/discord", "exit_fill": []}
        tell(config)
    (body,) = receiver.received
    (field,) = body["embeds"][0]["fields"]
    assert "my bot was not started." in field["value"]
    assert len(field["value"]) <= 1024


def test_telegram_gets_one_plain_message_in_the_right_topic(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver() as receiver:
        monkeypatch.setattr(notifications, "_TELEGRAM_URL", receiver.url)
        config["telegram"] = {"enabled": True, "token": TOKEN, "chat_id": "77", "topic_id": "5"}
        tell(config)
    (body,) = receiver.received
    assert body["path"] == f"/bot{TOKEN}/sendMessage"
    assert (body["chat_id"], body["message_thread_id"]) == ("77", "5")
    assert body["text"].startswith("my bot was not started.")


def test_what_is_switched_off_or_odd_is_not_told_and_does_no_harm(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        for odd in ({"enabled": False}, {"enabled": "yes"}, {}, None, "on", {"enabled": True}):
            config |= {"webhook": odd, "discord": odd, "telegram": odd}
            tell(config)
        assert receiver.received == []
    tell({})


def test_the_same_refusal_is_told_once_an_hour_and_another_at_once(config: dict[str, Any], tmp_path: Path) -> None:
    other = Verdict(findings=(error("ip-unrestricted", "everywhere", "mend it"),), facts=REFUSED.facts)
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        for verdict in (REFUSED, REFUSED, other, REFUSED, other):
            tell(config, verdict)
        assert len(receiver.received) == 2
        memory = tmp_path / "api_key_guard" / "told.json"
        told = json.loads(memory.read_text())
        memory.write_text(json.dumps({mark: moment - 3_601 for mark, moment in told.items()}))
        tell(config)
        assert len(receiver.received) == 3
        memory.write_text(json.dumps({mark: moment + 100_000 for mark, moment in told.items()}))
        tell(config)
        assert len(receiver.received) == 4, "a time in the future is no memory"
        config["bot_name"] = "another bot"
        tell(config)
        assert len(receiver.received) == 5


def test_warnings_that_come_and_go_do_not_make_another_refusal(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        for more in ((), (warning("key-age", "old", "renew"),), (warning("security-event", "x", "y"),)):
            tell(config, Verdict(findings=(*REFUSED.findings, *more), facts=REFUSED.facts))
        assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [{"text": "{status} {profit}"}, {}, None, {"text": "no message in it"}])
def test_a_webhook_whose_format_does_not_hold_the_message_gets_it_all_the_same(
    config: dict[str, Any], status: Any
) -> None:
    with Receiver() as receiver:
        config["webhook"] = {**receiver.config(), "status": status}
        tell(config)
    (body,) = receiver.received
    assert body["status"].startswith("my bot was not started.")


def test_a_pipe_in_the_memorys_place_holds_nobody_up(config: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "api_key_guard").mkdir()
    os.mkfifo(tmp_path / "api_key_guard" / "told.json")
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        tell(config)
        assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "memory", ["", "{", "[]", '{"a": "b"}', "[" * 100_000, "null", "\x00", '{"a": 9' + "9" * 400 + "}"]
)
def test_a_memory_that_cannot_be_read_sends(config: dict[str, Any], tmp_path: Path, memory: str) -> None:
    (tmp_path / "api_key_guard").mkdir()
    (tmp_path / "api_key_guard" / "told.json").write_text(memory)
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        tell(config)
        assert len(receiver.received) == 1


def test_a_memory_that_cannot_be_written_sends_again(config: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "api_key_guard").write_text("a file where the folder should be")
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        tell(config)
        tell(config)
        assert len(receiver.received) == 2


def test_what_did_not_arrive_is_told_again(config: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    with Receiver(status=500) as receiver:
        config["webhook"] = receiver.config()
        with caplog.at_level(logging.WARNING):
            tell(config)
            tell(config)
        assert len(receiver.received) == 2
    assert "could not be told through webhook" in caplog.text
    assert receiver.url not in caplog.text


def test_a_token_is_in_no_message_of_ours(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(notifications, "_TELEGRAM_URL", "http://127.0.0.1:1")
    config["telegram"] = {"enabled": True, "token": TOKEN, "chat_id": "77"}
    with caplog.at_level(logging.INFO):
        tell(config)
    assert "could not be told through telegram" in caplog.text
    assert TOKEN not in caplog.text


SERVICES = {
    "telegram": {"token": TOKEN, "chat_id": "77"},
    "webhook": {"url": "/services/T01/a-made-up-h00k-that-is-long?token=seCret 8", "format": "json"},
    "discord": {"webhook_url": "/api/webhooks/1234/a-made-up-d1scord-token"},
}


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("status", [200, 500])
def test_a_token_is_in_no_message_of_the_library_that_sends_either(
    config: dict[str, Any], name: str, status: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Receiver(status) as receiver, caplog.at_level(logging.DEBUG):  # as at -vvv
        monkeypatch.setattr(notifications, "_TELEGRAM_URL", receiver.url)
        at = {key: f"{receiver.url}{value}" for key, value in SERVICES[name].items() if key.endswith("url")}
        config[name] = {"enabled": True, **SERVICES[name], **at}
        tell(config)
        assert len(receiver.received) == 1
    assert "urllib3.connectionpool:connectionpool.py" in caplog.text
    assert output.MUTED_TEXT in caplog.text
    for secret in (TOKEN, "a-made-up", "h00k", "seCret", "d1scord"):
        assert secret not in caplog.text


def test_words_of_an_address_are_left_out_of_nothing_else(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["webhook"] = {
            "enabled": True,
            "url": f"{receiver.url}/trigger/freqtrade_status/with/key",
            "format": "json",
        }
        tell(config)
    assert sanitize("`freqtrade-bitmex-guard credentials rotate`") == "?freqtrade-bitmex-guard credentials rotate?"


def test_services_that_hang_take_five_seconds_together(config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr(notifications, "_TELEGRAM_URL", url)
        config |= {
            "telegram": {"enabled": True, "token": TOKEN, "chat_id": "77"},
            "webhook": {"enabled": True, "url": url, "format": "json", "retries": 9, "timeout": 60},
            "discord": {"enabled": True, "webhook_url": url},
        }
        began = time.monotonic()
        tell(config)
        assert time.monotonic() - began < 5


def test_nothing_of_the_config_is_changed(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["webhook"] = {"enabled": True, "url": receiver.url, "format": "json"}
        before = json.dumps(config, default=str)
        tell(config)
        assert json.dumps(config, default=str) == before
