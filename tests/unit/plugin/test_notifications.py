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


def notify(config: dict[str, Any], verdict: Verdict = REFUSED) -> None:
    notifications.notify_refusal(config, verdict)


def test_a_webhook_gets_its_own_status_format(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["webhook"] = {**receiver.config(), "status": {"text": "Bot says: {status}", "status": "{status}"}}
        notify(config)
    (body,) = receiver.received
    assert body["text"].startswith("Bot says: my bot was not started.\nAPI key guard: REFUSED")
    assert "withdraw-permission: can withdraw" in body["status"]
    assert "What to do: make a new key" in body["status"]


def test_a_webhook_without_a_status_format_gets_the_plain_message(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["webhook"] = {**receiver.config(), "entry": {"x": "{pair}"}}
        del config["webhook"]["status"]
        notify(config)
    assert receiver.received[0]["status"].startswith("my bot was not started.")


def test_discord_gets_an_embed_even_if_set_up_for_trades_only(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["discord"] = {"enabled": True, "webhook_url": f"{receiver.url}/discord", "exit_fill": []}
        notify(config)
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
        notify(config)
    (body,) = receiver.received
    assert body["path"] == f"/bot{TOKEN}/sendMessage"
    assert (body["chat_id"], body["message_thread_id"]) == ("77", "5")
    assert body["text"].startswith("my bot was not started.")


def test_disabled_and_odd_channels_get_nothing_and_do_no_harm(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        for odd in ({"enabled": False}, {"enabled": "yes"}, {}, None, "on", {"enabled": True}):
            config |= {"webhook": odd, "discord": odd, "telegram": odd}
            notify(config)
        assert receiver.received == []
    notify({})


def test_the_same_refusal_is_sent_once_an_hour(config: dict[str, Any], tmp_path: Path) -> None:
    other = Verdict(findings=(error("ip-unrestricted", "everywhere", "mend it"),), facts=REFUSED.facts)
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        for verdict in (REFUSED, REFUSED, other, REFUSED, other):
            notify(config, verdict)
        assert len(receiver.received) == 2
        sent_file = tmp_path / "api_key_guard" / "told.json"
        digests = json.loads(sent_file.read_text())
        sent_file.write_text(json.dumps({digest: sent_at - 3_601 for digest, sent_at in digests.items()}))
        notify(config)
        assert len(receiver.received) == 3
        sent_file.write_text(json.dumps({digest: sent_at + 100_000 for digest, sent_at in digests.items()}))
        notify(config)
        assert len(receiver.received) == 4, "a time in the future does not count"
        config["bot_name"] = "another bot"
        notify(config)
        assert len(receiver.received) == 5


def test_warnings_that_come_and_go_do_not_make_another_refusal(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        for more in ((), (warning("key-age", "old", "renew"),), (warning("security-event", "x", "y"),)):
            notify(config, Verdict(findings=(*REFUSED.findings, *more), facts=REFUSED.facts))
        assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [{"text": "{status} {profit}"}, {}, None, {"text": "no message in it"}])
def test_a_webhook_whose_format_lacks_the_message_still_gets_it(config: dict[str, Any], status: Any) -> None:
    with Receiver() as receiver:
        config["webhook"] = {**receiver.config(), "status": status}
        notify(config)
    (body,) = receiver.received
    assert body["status"].startswith("my bot was not started.")


def test_a_pipe_in_place_of_the_file_holds_nothing_up(config: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "api_key_guard").mkdir()
    os.mkfifo(tmp_path / "api_key_guard" / "told.json")
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        notify(config)
        assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"a": "b"}', "[" * 100_000, "null", "\x00", '{"a": 9' + "9" * 400 + "}"]
)
def test_an_unreadable_file_sends_again(config: dict[str, Any], tmp_path: Path, content: str) -> None:
    (tmp_path / "api_key_guard").mkdir()
    (tmp_path / "api_key_guard" / "told.json").write_text(content)
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        notify(config)
        assert len(receiver.received) == 1


def test_a_file_that_cannot_be_written_sends_again(config: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "api_key_guard").write_text("a file where the folder should be")
    with Receiver() as receiver:
        config["webhook"] = receiver.config()
        notify(config)
        notify(config)
        assert len(receiver.received) == 2


def test_what_did_not_arrive_is_sent_again(config: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    with Receiver(status=500) as receiver:
        config["webhook"] = receiver.config()
        with caplog.at_level(logging.WARNING):
            notify(config)
            notify(config)
        assert len(receiver.received) == 2
    assert "could not be notified by webhook" in caplog.text
    assert receiver.url not in caplog.text


def test_our_log_shows_no_token(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(notifications, "_TELEGRAM_URL", "http://127.0.0.1:1")
    config["telegram"] = {"enabled": True, "token": TOKEN, "chat_id": "77"}
    with caplog.at_level(logging.INFO):
        notify(config)
    assert "could not be notified by telegram" in caplog.text
    assert TOKEN not in caplog.text


SERVICES = {
    "telegram": {"token": TOKEN, "chat_id": "77"},
    "webhook": {"url": "/services/T01/a-made-up-h00k-that-is-long?token=seCret 8", "format": "json"},
    "discord": {"webhook_url": "/api/webhooks/1234/a-made-up-d1scord-token"},
}


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("status", [200, 500])
def test_the_log_of_the_http_library_shows_no_token(
    config: dict[str, Any], name: str, status: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Receiver(status) as receiver, caplog.at_level(logging.DEBUG):  # as at -vvv
        monkeypatch.setattr(notifications, "_TELEGRAM_URL", receiver.url)
        at = {key: f"{receiver.url}{value}" for key, value in SERVICES[name].items() if key.endswith("url")}
        config[name] = {"enabled": True, **SERVICES[name], **at}
        notify(config)
        assert len(receiver.received) == 1
    assert "urllib3.connectionpool:connectionpool.py" in caplog.text
    assert output.MUTED_TEXT in caplog.text
    for secret in (TOKEN, "a-made-up", "h00k", "seCret", "d1scord"):
        assert secret not in caplog.text


def test_words_of_an_address_are_not_redacted_elsewhere(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["webhook"] = {
            "enabled": True,
            "url": f"{receiver.url}/trigger/freqtrade_status/with/key",
            "format": "json",
        }
        notify(config)
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
        notify(config)
        assert time.monotonic() - began < 5


def test_the_config_is_not_changed(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["webhook"] = {"enabled": True, "url": receiver.url, "format": "json"}
        before = json.dumps(config, default=str)
        notify(config)
        assert json.dumps(config, default=str) == before
