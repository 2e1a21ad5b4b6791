"""Frames and messages: what is not exactly of the protocol ends the connection, and nothing else."""

from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freqtrade_bitmex_guard.signing import wire
from tests.agent.serving import BALANCE, BUY, Serving

CALL: dict[str, Any] = {
    "number": 1,
    "operation": "carry",
    "api": ["private"],
    "verb": "POST",
    "path": "order",
    "params": BUY,
}


def written(**changed: Any) -> bytes:
    return json.dumps({**CALL, **changed}).encode()


def frame(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def without(name: str) -> bytes:
    return json.dumps({field: value for field, value in CALL.items() if field != name}).encode()


HOSTILE = {
    "headers": written(headers={}),
    "body": written(body="x"),
    "unknown field": written(priority=1),
    "no number": without("number"),
    "no params": without("params"),
    "api as text": written(api="private"),
    "api nested": written(api=[["private"]]),
    "api empty": written(api=[]),
    "api of four": written(api=["a"] * 4),
    "api with a dot": written(api=["../private"]),
    "params null": written(params=None),
    "params list": written(params=[]),
    "params text": written(params="{}"),
    "params too deep": written(params={"a": [[[1]]]}),
    "number negative": written(number=-1),
    "number boolean": written(number=True),
    "number text": written(number="1"),
    "verb as list": written(verb=["POST"]),
    "path too long": written(path="a" * 201),
    "operation unknown": written(operation="withdraw"),
    "operation as list": written(operation=["carry"]),
    "name twice": b'{"number":1,"number":2,"operation":"status"}',
    "name twice inside": written().replace(b'"side": "Buy"', b'"side": "Buy", "side": "Sell"'),
    "NaN": written().replace(b"77000.0", b"NaN"),
    "Infinity": written().replace(b"77000.0", b"-Infinity"),
    "1e400": written().replace(b"77000.0", b"1e400"),
    "1e-400": written().replace(b"77000.0", b"1e-400"),
    "30 digits": written().replace(b"77000.0", b"7" * 30),
    "30 digits behind the point": written().replace(b"77000.0", b"7." + b"7" * 30),
    "half a surrogate": written().replace(b'"Buy"', b'"\\ud800"'),
    "not an object": b"[]",
    "not JSON": b"{",
    "UTF-16": written().decode().encode("utf-16"),
    "not UTF-8": written().replace(b"Buy", b"\xff"),
    "60,000 brackets": b"[" * 60_000,
    "60,000 braces": b'{"a":' * 10_000,
    "nothing": b"null",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_message_that_is_not_of_the_protocol_is_no_message(content: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.parse_request(content)


def test_a_call_is_read_as_it_was_written() -> None:
    call = wire.parse_request(written())

    assert isinstance(call, wire.Call)
    assert (call.number, call.operation, call.api, call.verb, call.path) == (1, "carry", ("private",), "POST", "order")
    assert call.params == BUY


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=12), inside, max_size=4),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_the_reader_fail_in_another_way(content: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.parse_request(content)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(CALL)), JSON), st.integers(0, 200), st.binary(max_size=3))
def test_whatever_is_read_as_a_call_has_the_types_of_one(changed: dict[str, Any], at: int, extra: bytes) -> None:
    content = json.dumps({**CALL, **changed}).encode()
    content = content[:at] + extra + content[at:]
    try:
        call = wire.parse_request(content)
    except wire.WireError:
        return
    if isinstance(call, wire.Call):
        assert json.loads(content)["params"] == call.params
        assert all(isinstance(word, str) for word in (*call.api, call.verb, call.path))
        assert len(call.path) <= 200


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_ends_its_connection_and_no_other(name: str, shared: Serving) -> None:
    before = len(shared.sent())
    with shared.peer() as honest, shared.peer() as hostile:
        assert honest.call(*BALANCE)["answer"]["status"] == 200
        assert hostile.raw(frame(HOSTILE[name])) == b""
        assert honest.call(*BALANCE)["answer"]["status"] == 200
    assert shared.sent()[before:] == ["GET /user/margin"] * 2


RAW = {
    "64 KiB + 1": (65_537).to_bytes(4, "big") + b" " * 10,
    "4 GiB": b"\xff\xff\xff\xff",
    "an empty frame": bytes(4),
    "HTTP": b"GET /order HTTP/1.1\r\nHost: x\r\n\r\n",
    "half a frame": (100).to_bytes(4, "big") + b"{",
    "half a length": b"\0",
}


@pytest.mark.parametrize("content", RAW.values(), ids=RAW.keys())
def test_a_broken_frame_ends_its_connection_within_two_seconds(content: bytes, shared: Serving) -> None:
    with shared.peer() as hostile:
        began = time.monotonic()
        assert hostile.raw(content) == b""
        assert time.monotonic() - began < wire.FRAME_SECONDS + 1
    with shared.peer() as honest:
        assert honest.call(*BALANCE)["answer"]["status"] == 200


def test_a_frame_that_drips_has_two_seconds_in_all() -> None:
    ours, theirs = socket.socketpair()

    def drip() -> None:
        for byte in frame(b" " * 40):
            try:
                theirs.send(bytes([byte]))
            except OSError:
                return
            time.sleep(0.2)

    thread = threading.Thread(target=drip)
    thread.start()
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        wire.receive_frame(ours, 100, 5)
    ours.close()
    thread.join()
    theirs.close()
    assert time.monotonic() - began < wire.FRAME_SECONDS + 1


def test_a_reply_to_another_request_is_never_used() -> None:
    with pytest.raises(wire.WireError, match="not the reply"):
        wire.parse_reply(b'{"number":1,"answer":{}}', 2)
    with pytest.raises(wire.WireError, match="not the reply"):
        wire.parse_reply(b'{"number":true}', 1)


def test_what_is_no_json_or_too_long_is_not_sent() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for params in ({"a": float("nan")}, {"a": object()}, {"a": "x" * 70_000}):
            with pytest.raises(wire.WireError):
                wire.send_frame(ours, {"params": params}, wire.MAX_REQUEST_BYTES)
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)
