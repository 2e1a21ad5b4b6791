"""No secret leaves through freqtrade's message socket, asked for or not; freqtrade's own server and client end."""

from __future__ import annotations

import inspect
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from freqtrade.enums import CandleType
from freqtrade.rpc.api_server import api_auth, deps
from freqtrade.rpc.api_server.api_ws import router
from freqtrade.rpc.api_server.ws import channel
from freqtrade.rpc.api_server.ws.message_stream import MessageStream
from freqtrade.rpc.rpc import RPC
from pandas import DataFrame, Timestamp
from starlette.testclient import TestClient

from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.plugin import rpc_hook
from tests.adversarial.encodings import install_redaction
from tests.support.factories import KEY_ID, SECRET
from tests.support.leak_search import secrets_in

PAIRS = ["BTC/USDT:USDT", f"{KEY_ID}/USDT"]


class Channels:
    """Freqtrade's `RPCManager`, whose channel is the API server alone."""

    def __init__(self) -> None:
        self.registered_modules: list[Any] = []


def table() -> DataFrame:
    return DataFrame({"date": [Timestamp("2026-11-01", tz="UTC")], "close": [1.5], "enter_tag": [f"x {SECRET}"]})


def serving() -> FastAPI:
    """Freqtrade's own end point, with the tables of a bot behind it."""
    bot = SimpleNamespace(
        config={"timeframe": "5m", "candle_type_def": CandleType.FUTURES},
        active_pair_whitelist=PAIRS,
        dataprovider=SimpleNamespace(
            get_analyzed_dataframe=lambda pair, timeframe: (table(), datetime.fromtimestamp(0, UTC))
        ),
    )
    rpc = RPC(bot)
    streams: list[MessageStream] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> Any:
        streams.append(MessageStream())
        yield

    app = FastAPI(lifespan=lifespan)
    app.include_router(router)
    app.dependency_overrides = {
        api_auth.validate_ws_token: lambda: "token",
        deps.get_rpc: lambda: rpc,
        deps.get_message_stream: lambda: streams[0],
    }
    app.state.streams = streams
    return app


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot that was built, with freqtrade's API server loaded."""
    monkeypatch.setattr(Channels, "__init__", Channels.__init__)
    monkeypatch.setattr(channel.WebSocketChannel, "send", inspect.unwrap(channel.WebSocketChannel.send))
    install_redaction()
    rpc_hook.install_rpc_hook(SimpleNamespace(RPCManager=Channels))  # type: ignore[arg-type]
    Channels()


@pytest.mark.parametrize(
    ("request_", "count"),
    [
        ({"type": "analyzed_df", "data": {"limit": 9}}, 2),
        ({"type": "analyzed_df", "data": {"pair": PAIRS[1]}}, 1),
        ({"type": "whitelist", "data": None}, 1),
        ({"type": SECRET, "data": None}, 1),
    ],
    ids=["tables", "one table", "pairs", "an unknown request"],
)
def test_no_answer_over_the_message_socket_shows_a_secret(guarded: None, request_: dict[str, Any], count: int) -> None:
    with TestClient(serving()) as client, client.websocket_connect("/message/ws") as socket:
        socket.send_text(json.dumps(request_))
        answers = [socket.receive_text() for _ in range(count)]
    assert secrets_in("\n".join(answers)) == []
    assert all("…" in answer for answer in answers[-1:])


def test_a_table_over_the_message_socket_stays_whole(guarded: None) -> None:
    with TestClient(serving()) as client, client.websocket_connect("/message/ws") as socket:
        socket.send_text(json.dumps({"type": "analyzed_df", "data": {"pair": PAIRS[0]}}))
        answer = json.loads(socket.receive_text())
    assert answer["data"]["key"] == [PAIRS[0], "5m", "futures"]
    sent = json.loads(answer["data"]["df"]["__value__"])
    assert sent["columns"] == ["date", "close", "enter_tag"]
    assert sent["data"][0][1:] == [1.5, "x …"]


def test_what_is_published_to_the_message_socket_shows_no_secret(guarded: None) -> None:
    app = serving()
    with TestClient(app) as client, client.websocket_connect("/message/ws") as socket:
        socket.send_text(json.dumps({"type": "subscribe", "data": ["analyzed_df"]}))
        socket.send_text(json.dumps({"type": "whitelist", "data": None}))
        socket.receive_text()  # so the subscription was read
        client.portal.call(app.state.streams[0].publish, {"type": "analyzed_df", "data": {"df": table()}})  # type: ignore[union-attr]
        answer = socket.receive_text()
    assert secrets_in(answer) == []
    assert "x \\\\u2026" in answer or "x …" in answer


def test_a_socket_of_another_shape_starts_no_bot(guarded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(channel.WebSocketChannel, "send")
    with pytest.raises(GuardError, match="freqtrade-unsupported"):
        Channels()


def test_a_server_without_its_socket_starts_no_bot(guarded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(channel, "WebSocketChannel")
    with pytest.raises(GuardError, match="freqtrade-unsupported"):
        Channels()


def test_without_an_api_server_there_is_no_socket_to_wrap(guarded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc_hook, "_MESSAGE_SOCKET", "freqtrade.rpc.api_server.nowhere")
    monkeypatch.delattr(channel.WebSocketChannel, "send")
    assert Channels().registered_modules == []


def test_the_manager_is_wrapped_once(guarded: None) -> None:
    build = Channels.__init__
    rpc_hook.install_rpc_hook(SimpleNamespace(RPCManager=Channels))  # type: ignore[arg-type]
    assert Channels.__init__ is build


def test_the_socket_is_wrapped_once(guarded: None) -> None:
    send = channel.WebSocketChannel.send
    assert inspect.iscoroutinefunction(send)
    assert send is not inspect.unwrap(send)
    Channels()
    assert channel.WebSocketChannel.send is send
