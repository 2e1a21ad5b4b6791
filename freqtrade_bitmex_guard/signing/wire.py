"""Messages between bot and agent: four bytes of length, then one JSON object, read strictly on both sides."""

from __future__ import annotations

import json
import math
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

PROTOCOL = 1

MAX_REQUEST_BYTES = 65_536

MAX_REPLY_BYTES = 16_000_000
"""An answer of the exchange has up to 4 MB, and JSON may double it."""

FRAME_SECONDS = 2.0
"""How long one frame may take once its first byte has come."""

_LENGTH_BYTES = 4
_MAX_DIGITS = 15
_REQUEST_DEPTH = 4
_REPLY_DEPTH = 16
_API_WORD = re.compile(r"[A-Za-z0-9]{1,32}", re.ASCII)
_MAX_API_WORDS = 3
_MAX_PATH_LENGTH = 200
_CALL_FIELDS = frozenset(["number", "operation", "api", "verb", "path", "params"])
_HELLO_FIELDS = frozenset(["number", "operation", "protocol", "exchange", "ccxt", "version"])
_STATUS_FIELDS = frozenset(["number", "operation"])
_FIELDS = {"carry": _CALL_FIELDS, "sign": _CALL_FIELDS, "hello": _HELLO_FIELDS, "status": _STATUS_FIELDS}


class WireError(ValueError):
    """A frame or a message is not what the protocol says. Its text holds nothing of the message."""


class ConnectionEndedError(WireError):
    """The other side closed the connection."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the exchange's API that the bot asks for.

    Attributes:
        number: of the message; the reply repeats it.
        operation: `carry` or `sign`.
        api: ccxt's words for the API.
        verb: the HTTP verb.
        path: as ccxt's table has it, placeholders included.
        params: the parameters, as ccxt's `sign` takes them.
    """

    number: int
    operation: str
    api: tuple[str, ...]
    verb: str
    path: str
    params: Mapping[str, Any]


def send_frame(connection: socket.socket, message: Mapping[str, Any], limit: int) -> None:
    """Send one message.

    Raises:
        WireError: if it is no JSON or too long; then nothing was sent.
        OSError: if the connection fails.
    """
    try:
        body = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError):
        raise WireError("the message is not plain JSON") from None
    if len(body) > limit:
        raise WireError(f"the message is longer than {limit} bytes")
    connection.sendall(len(body).to_bytes(_LENGTH_BYTES, "big") + body)


def receive_frame(connection: socket.socket, limit: int, wait_seconds: float | None = None) -> bytes:
    """Receive one frame's content.

    Args:
        connection: a stream.
        limit: in bytes; nothing of a longer frame is read.
        wait_seconds: how long to wait for the first byte, by default for ever. All others have `FRAME_SECONDS`.

    Raises:
        ConnectionEndedError: if the other side closed it before a frame began.
        WireError: if the frame is too long, empty, or broken off.
        TimeoutError: if it did not come in time.
        OSError: if the connection fails.
    """
    connection.settimeout(wait_seconds)
    first = connection.recv(_LENGTH_BYTES)
    if not first:
        raise ConnectionEndedError("the connection was closed")
    ends = time.monotonic() + FRAME_SECONDS
    head = first + _receive_exactly(connection, _LENGTH_BYTES - len(first), ends)
    length = int.from_bytes(head, "big")
    if not 0 < length <= limit:
        raise WireError(f"a frame has from 1 to {limit} bytes")
    return _receive_exactly(connection, length, ends)


def _receive_exactly(connection: socket.socket, count: int, ends: float) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        remaining = ends - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        connection.settimeout(remaining)
        part = connection.recv(min(count - len(parts), 1_048_576))
        if not part:
            raise WireError("a frame was broken off")
        parts += part
    return bytes(parts)


def parse_request(content: bytes) -> Call | dict[str, Any]:
    """Read a request strictly.

    Args:
        content: of a frame.

    Returns:
        The call, or the fields of `hello` and `status`.

    Raises:
        WireError: if anything in it is not as the protocol says.
    """
    message = _parse(content, _REQUEST_DEPTH)
    operation, number = message.get("operation"), message.get("number")
    fields = _FIELDS.get(operation) if isinstance(operation, str) else None
    if fields is None:
        raise WireError("there is no such operation")
    if message.keys() != fields:
        raise WireError("the message's fields are not those of its operation")
    if type(number) is not int or number < 0:
        raise WireError("the number is not a whole number")
    if fields is not _CALL_FIELDS:
        if not all(isinstance(message[name], str) for name in fields - {"number", "protocol"}):
            raise WireError("a field is not a text")
        return message
    return _call(message)


def _call(message: dict[str, Any]) -> Call:
    api, verb, path, params = (message[name] for name in ("api", "verb", "path", "params"))
    if not isinstance(api, list) or not 1 <= len(api) <= _MAX_API_WORDS:
        raise WireError("api is not a list of one to three words")
    if not all(isinstance(word, str) and _API_WORD.fullmatch(word) for word in api):
        raise WireError("api is not a list of words")
    if not isinstance(verb, str) or not isinstance(path, str) or len(path) > _MAX_PATH_LENGTH:
        raise WireError("verb and path are not short texts")
    if not isinstance(params, dict):
        raise WireError("params is not an object")
    return Call(message["number"], message["operation"], tuple(api), verb, path, params)


def parse_reply(content: bytes, number: int) -> dict[str, Any]:
    """Read a reply of the agent.

    Args:
        content: of a frame.
        number: of the request. A reply to another one is never used.

    Raises:
        WireError: if it is not the reply to this request.
    """
    reply = _parse(content, _REPLY_DEPTH)
    if type(reply.get("number")) is not int or reply["number"] != number:
        raise WireError("this is not the reply to the request")
    return reply


def _parse(content: bytes, depth: int) -> dict[str, Any]:
    hooks: dict[str, Any] = {
        "parse_constant": _reject_constant,
        "parse_int": _parse_int,
        "parse_float": _parse_float,
        "object_pairs_hook": _reject_duplicates,
    }
    try:
        message = json.loads(content.decode("utf-8"), **hooks)
    except WireError:
        raise
    except (ValueError, RecursionError):
        raise WireError("the message is not JSON in UTF-8") from None
    if not isinstance(message, dict):
        raise WireError("the message is not an object")
    _check_tree(message, depth)
    return message


def _check_tree(value: Any, depth: int) -> None:
    if isinstance(value, str):
        # Half a surrogate pair can be written in JSON, and no two readers agree on what it is.
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise WireError("a text is not Unicode")
        return
    if isinstance(value, dict | list):
        if depth == 0:
            raise WireError("the message is nested too deeply")
        for inside in (*value, *value.values()) if isinstance(value, dict) else value:
            _check_tree(inside, depth - 1)


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise WireError("a name occurs twice in one object")
    return names


def _parse_int(digits: str) -> int:
    if len(digits.lstrip("-")) > _MAX_DIGITS:
        raise WireError("a number has too many digits")
    return int(digits)


def _parse_float(text: str) -> float:
    mantissa = text.lower().partition("e")[0].replace(".", "").lstrip("-0")
    value = float(text)
    if len(mantissa.rstrip("0")) > _MAX_DIGITS or not math.isfinite(value) or (value == 0 and mantissa):
        raise WireError("a number has too many digits or is out of range")
    return value


def _reject_constant(_name: str) -> NoReturn:
    raise WireError("a number is not finite")
