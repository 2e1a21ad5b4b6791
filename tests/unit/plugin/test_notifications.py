"""Telling of a refused start, with freqtrade's own classes and a receiver on loopback in place of the services."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.model.bot import BotLabel
from freqtrade_bitmex_guard.model.findings import error
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.plugin import notifications
from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.redaction.sanitize import sanitize
from tests.e2e.trading_bot import Receiver
from tests.support.factories import facts

REFUSED = Verdict(findings=(error("withdraw-permission", "can withdraw", "make a new key"),), facts=(facts("order"),))


STARTS = f"{BotLabel.of({'bot_name': 'my bot'})} was not started: "

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
    assert body["text"].startswith(f"Bot says: {STARTS}can withdraw\nOpen trades stay")
    assert "#withdraw-permission" in body["status"]
    assert "What to do: Make a new key" in body["status"]


def test_a_webhook_without_a_status_format_gets_the_plain_message(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["webhook"] = {**receiver.config(), "entry": {"x": "{pair}"}}
        del config["webhook"]["status"]
        notify(config)
    assert receiver.received[0]["status"].startswith(STARTS)


def test_discord_gets_an_embed_even_if_set_up_for_trades_only(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        config["discord"] = {"enabled": True, "webhook_url": f"{receiver.url}/discord", "exit_fill": []}
        notify(config)
    (body,) = receiver.received
    (field,) = body["embeds"][0]["fields"]
    assert STARTS in field["value"]
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
    assert body["text"].startswith(STARTS)


def test_disabled_and_odd_channels_get_nothing_and_do_no_harm(config: dict[str, Any]) -> None:
    with Receiver() as receiver:
        for odd in ({"enabled": False}, {"enabled": "yes"}, {}, None, "on", {"enabled": True}):
            config |= {"webhook": odd, "discord": odd, "telegram": odd}
            notify(config)
        assert receiver.received == []
    notify({})


@pytest.mark.parametrize("status", [{"text": "{status} {profit}"}, {}, None, {"text": "no message in it"}])
def test_a_webhook_whose_format_lacks_the_message_still_gets_it(config: dict[str, Any], status: Any) -> None:
    with Receiver() as receiver:
        config["webhook"] = {**receiver.config(), "status": status}
        notify(config)
    (body,) = receiver.received
    assert body["status"].startswith(STARTS)


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


def endless(connection: socket.socket, head: bytes, part: bytes) -> int:
    """Answer for as long as somebody reads; return how many bytes went out."""
    sent = 0
    with contextlib.suppress(OSError):
        connection.recv(65_536)
        connection.sendall(head)
        while sent < 200_000_000:
            connection.sendall(part)
            sent += len(part)
    return sent


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 100_000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2710\r\n" + b"x" * 10_000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", b"x" * 100_000),
        (b"HTTP/1.1 200 OK\r\n", b"X-Header: x\r\n" * 1_000),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000),
    ],
    ids=["a body", "chunks", "a length", "headers", "100 Continue"],
)
def test_an_answer_without_end_is_not_read(config: dict[str, Any], head: bytes, part: bytes) -> None:
    sent: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                sent.append(endless(connection, head, part))

        answering = threading.Thread(target=serve)
        answering.start()
        config["webhook"] = {"enabled": True, "url": f"http://127.0.0.1:{server.getsockname()[1]}", "format": "json"}
        began = time.monotonic()
        notify(config)
        answering.join(5)
        assert time.monotonic() - began < 5
    assert sent[0] < 20_000_000, "what the socket's buffers hold, and no more"


def test_a_service_that_hangs_leaves_no_thread(config: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "_TOTAL_TIMEOUT_SECONDS", 0.3)
    before = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config["webhook"] = {"enabled": True, "url": f"http://127.0.0.1:{silent.getsockname()[1]}", "format": "json"}
        notify(config)
    assert not set(threading.enumerate()) - before
