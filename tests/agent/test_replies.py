"""Replies that are late, wrong or missing, from a socket that does what a test says."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ccxt
import pytest

from freqtrade_bitmex_guard.client.installed_ccxt import ccxt_errors
from freqtrade_bitmex_guard.signing import wire
from freqtrade_bitmex_guard.signing.client import AgentClient, AgentUnavailableError
from freqtrade_bitmex_guard.signing.shim import RemoteSigner
from tests.agent.serving import BUY

Answer = Callable[[socket.socket, dict[str, Any]], None]


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Callable[[Answer], AgentClient]]:
    """A socket whose other end does what a test says, with each message that it gets."""
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "s"))
    server.listen()

    def serve(answer: Answer) -> AgentClient:
        def talk(connection: socket.socket) -> None:
            try:
                while True:
                    message = json.loads(wire.receive_frame(connection, 10**6))
                    answer(connection, message)
            except (OSError, wire.WireError, ValueError):
                connection.close()

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return AgentClient(str(tmp_path / "s"))

    yield serve
    server.close()


CALL = {"api": ["private"], "verb": "GET", "path": "order", "params": {}}


def test_a_late_reply_never_meets_the_next_request(scripted: Callable[[Answer], AgentClient]) -> None:
    seen: list[int] = []

    def answer(connection: socket.socket, message: dict[str, Any]) -> None:
        seen.append(message["number"])
        if len(seen) == 1:
            time.sleep(0.6)
        body = {"number": message["number"], "answer": {"body": str(message["number"])}}
        wire.send_frame(connection, body, 10**6)

    agent = scripted(answer)
    with pytest.raises(AgentUnavailableError) as raised:
        agent.call("carry", CALL, 0.2)
    assert raised.value.was_sent

    time.sleep(0.6)
    reply = agent.call("carry", CALL, 2)

    assert reply["answer"]["body"] == str(reply["number"]) == "2"
    assert seen == [1, 2]


@pytest.mark.parametrize("reply", [{"number": 99, "answer": {}}, {"number": 1}, {"answer": {}}], ids=repr)
def test_a_wrong_reply_is_no_answer(scripted: Callable[[Answer], AgentClient], reply: dict[str, Any]) -> None:
    agent = scripted(lambda connection, _: wire.send_frame(connection, reply, 10**6))
    signer = RemoteSigner(agent, "carry", [["private"]], ccxt_errors())
    client = ccxt.bitmex({"apiKey": "a", "secret": "b"})
    signer.attach(client)
    with pytest.raises(ccxt.ExchangeError):
        client.privateGetOrder()


@pytest.mark.parametrize("name", ["InvalidOrder", "SystemExit", "BaseError", "__builtins__", None])
def test_no_error_but_those_of_the_list_is_raised(scripted: Callable[[Answer], AgentClient], name: object) -> None:
    def answer(connection: socket.socket, message: dict[str, Any]) -> None:
        wire.send_frame(connection, {"number": message["number"], "error": {"name": name, "text": "x"}}, 10**6)

    signer = RemoteSigner(scripted(answer), "carry", [["private"]], ccxt_errors())
    client = ccxt.bitmex({"apiKey": "a", "secret": "b"})
    signer.attach(client)
    with pytest.raises(ccxt.InvalidOrder if name == "InvalidOrder" else ccxt.ExchangeError) as raised:
        client.privateGetOrder()
    assert type(raised.value).__name__ == ("InvalidOrder" if name == "InvalidOrder" else "ExchangeError")


def test_an_order_without_an_answer_is_never_asked_again(scripted: Callable[[Answer], AgentClient]) -> None:
    seen: list[int] = []

    def answer(connection: socket.socket, message: dict[str, Any]) -> None:
        seen.append(message["number"])
        connection.close()

    signer = RemoteSigner(scripted(answer), "carry", [["private"]], ccxt_errors())
    client = ccxt.bitmex({"apiKey": "a", "secret": "b"})
    signer.attach(client)
    with pytest.raises(ccxt.RequestTimeout):
        client.privatePostOrder(dict(BUY))
    time.sleep(0.3)
    assert seen == [1]
