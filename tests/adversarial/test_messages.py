"""No secret leaves through a message of the bot, or through any other output of a real bot."""

from __future__ import annotations

import json
import logging
import logging.handlers
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from freqtrade.enums import RPCMessageType
from pandas import Categorical, DataFrame

from freqtrade_bitmex_guard.plugin import rpc_hook
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from tests.adversarial.encodings import install_redaction
from tests.e2e.freqtrade_process import API_SERVER, free_port
from tests.support.factories import KEY_ID, SECRET, allow_secrets_in, wait_until
from tests.support.leak_search import secrets_in


class Channels:
    """Freqtrade's `RPCManager`, with one channel that keeps its messages."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

        def send(msg: Any, parse_mode: str = "") -> None:
            self.sent.append(msg)

        self.registered_modules = [SimpleNamespace(send_msg=send, _send_msg=send)]


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A channel as a new bot has it, and what was sent there."""
    monkeypatch.setattr(Channels, "__init__", Channels.__init__)
    rpc_hook.install_rpc_hook(SimpleNamespace(RPCManager=Channels))  # type: ignore[arg-type]
    channels = Channels()
    install_redaction()
    channels.registered_modules[0].sent = channels.sent
    return channels.registered_modules[0]


class Odd:
    def __repr__(self) -> str:
        return f"Odd({SECRET})"


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        (SECRET, "…"),
        ([KEY_ID, {"x": (f"u:{SECRET}",)}], ["LAqU…", {"x": ["u:…"]}]),
        ({SECRET: 1}, {"…": 1}),
        (ValueError(f"GET https://x/?key={KEY_ID}"), "GET https://x/?key=LAqU…"),
        (SECRET.encode(), "b'…'"),
        ({SECRET}, "{'…'}"),
        (Odd(), "Odd(…)"),
        (Path("a"), Path("a")),
        (None, None),
        (1.5, 1.5),
        (logging.INFO, logging.INFO),
    ],
    ids=["text", "nested", "name", "error", "bytes", "set", "object", "path", "nothing", "number", "enum"],
)
def test_no_message_of_the_bot_shows_a_secret(channel: Any, message: Any, sent: Any) -> None:
    channel.send_msg({"type": RPCMessageType.STATUS, "status": message})
    channel._send_msg(message)
    channel._send_msg(msg=message, parse_mode="HTML")
    assert channel.sent == [{"type": RPCMessageType.STATUS, "status": sent}, sent, sent]
    assert channel.sent[0]["type"] is RPCMessageType.STATUS


def test_no_table_for_other_bots_shows_a_secret(channel: Any) -> None:
    table = DataFrame({"close": [1.0, 2.0], "enter_tag": [f"x {SECRET}", None]})
    channel.send_msg({"type": RPCMessageType.ANALYZED_DF, "data": {"df": table}})
    sent = channel.sent[0]["data"]["df"]
    assert sent["enter_tag"][0] == "x …"
    assert sent["enter_tag"].isna()[1]
    assert list(sent["close"]) == [1.0, 2.0]
    assert table["enter_tag"][0] == f"x {SECRET}", "what the strategy has stays its own"


def test_a_table_with_odd_columns_shows_no_secret(channel: Any) -> None:
    table = DataFrame(
        {0: ["a", "b"], KEY_ID: [SECRET, "c"], "kind": Categorical([SECRET, "d"]), "close": [1.0, 2.0]},
        index=[SECRET, "e"],
    )
    channel.send_msg({"df": table})
    sent = channel.sent[0]["df"]
    assert sent.to_dict("split") == {
        "index": ["…", "e"],
        "columns": [0, "LAqU…", "kind", "close"],
        "data": [["a", "…", "…", 1.0], ["b", "c", "d", 2.0]],
    }


def test_a_channel_that_outlives_its_bot_is_wrapped_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []
    server = SimpleNamespace(send_msg=kept.append)

    class Reloaded:
        def __init__(self) -> None:
            self.registered_modules = [server]

    rpc_hook.install_rpc_hook(SimpleNamespace(RPCManager=Reloaded))  # type: ignore[arg-type]
    Reloaded()
    send = server.send_msg
    assert send is not kept.append
    Reloaded()
    assert server.send_msg is send


CARELESS = """
import base64, logging, threading
from freqtrade.enums import RPCMessageType
from never_trades import NeverTrades

class Careless(NeverTrades):
    def bot_start(self, **more):
        client = self.dp._exchange._api
        self.dp._DataProvider__rpc.send_msg({"type": RPCMessageType.WARNING, "status": f"said early {client.secret}"})
        logging.getLogger(f"of.{client.apiKey}").warning("said by its name")

    def bot_loop_start(self, current_time, **more):
        client = self.dp._exchange._api
        print("said", client.secret)
        try:
            raise ValueError(f"said ?key={client.apiKey} {client.secret}")
        except ValueError as problem:
            self.dp.send_msg(problem)
        for value in (client.apiKey, client.secret):
            for said in (value, repr([value]), base64.b64encode(f"u:{value}".encode()).decode()):
                logging.getLogger("careless").warning("said %s", said)
                self.dp.send_msg(f"said {said}")
                self.dp._DataProvider__rpc.send_msg({"type": RPCMessageType.WARNING, "status": f"said {said}"})
        def fail(): raise ValueError(client.secret)
        threading.Thread(target=fail).start()
        logging.getLogger("careless").warning("SAID IT ALL")
        raise ValueError(f"{client.apiKey} {client.secret}")
"""


class Receiver(HTTPServer):
    """Receives what the bot's webhook sends."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), Receiving)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def hears(self, text: bytes) -> bool:
        return wait_until(lambda: any(text in body for body in self.bodies), 60)


class Receiving(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@pytest.mark.slow
def test_a_strategy_that_logs_everything_at_vvv_leaks_no_secret(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    port, receiver = free_port(), Receiver()
    (bot.folder / "user_data" / "strategies" / "careless.py").write_text(CARELESS)
    bot.config |= {
        "strategy": "Careless",
        "api_server": {**API_SERVER, "listen_port": port},
        "webhook": {
            "enabled": True,
            "url": f"http://127.0.0.1:{receiver.server_port}",
            "format": "json",
            "allow_custom_messages": True,
            "webhookstatus": {"text": "{status}"},
            "strategy_msg": {"text": "{msg}"},
        },
    }
    log = bot.folder / "freqtrade.log"
    process = bot.trade("--logfile", str(log), "-vvv", python=str(wheel))
    assert process.wait_for_output(), process.output
    assert process.wait_for_output("SAID IT ALL"), process.output
    assert process.wait_for_output("ValueError"), process.output
    # A strategy's messages are sent only at the end of the bot's iteration.
    assert receiver.hears(b"said ?key=LAqU"), receiver.bodies
    kept = requests.get(f"http://127.0.0.1:{port}/api/v1/logs", auth=("u", "p"), timeout=10).json()
    process.stop()
    receiver.shutdown()
    messages = b"\n".join(receiver.bodies).decode()
    for outlet in (process.output, log.read_text(), json.dumps(kept), messages):
        assert "said" in outlet
        assert secrets_in(outlet) == []
    assert "said early" in messages
    assert "said ?key=LAqU" in messages.encode().decode("unicode_escape", "replace")
    assert "said LAqU" in messages.encode().decode("unicode_escape", "replace")
    assert exchange.requests[1].headers["api-signature"] not in process.output + log.read_text()
    for path in bot.folder.rglob("*"):
        if path.is_file() and path.parent != bot.folder:
            assert secrets_in(path.read_bytes()) == [], path
    assert secrets_in((bot.folder / "trades.sqlite").read_bytes()) == []


@pytest.mark.slow
def test_a_schema_error_that_quotes_a_misplaced_secret_shows_none(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path
) -> None:
    allow_secrets_in(bot.folder / "config.json")
    bot.config["unfilledtimeout"] = {"unit": f"{KEY_ID} {SECRET}"}
    process = bot.trade(python=str(wheel))
    process.wait()
    assert "Invalid configuration. Reason: 'LAqU… …' is not one of" in process.output, process.output
