"""The parts of the faults: bodies and servers that no honest exchange has."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.request import Request
from freqtrade_bitmex_guard.simulator.responses import Reaction
from tests.support.factories import KEY_ID, SECRET, key

GOOD = json.dumps([key().to_json()]).encode()
GZIPPED = gzip.compress(GOOD)
QUOTING = json.dumps([key(name=f"{KEY_ID} {SECRET}", overrides={"secret": SECRET}).to_json()]).encode()
SPACE = b"[" + b" " * 50_000_000 + b"]"
BOMB = gzip.compress(SPACE)
WHOLE = {"Content-Length": str(len(GOOD))}
TWICE = GOOD.replace(b'"enabled"', b'"permissions": ["withdraw"], "enabled"')


def _small(head: bytes, unit: bytes, tail: bytes) -> bytes:
    """Return a JSON text of almost 4 MB that repeats one element."""
    return head + b",".join([unit] * ((3_990_000 - len(head) - len(tail)) // (len(unit) + 1))) + tail


def _full(head: bytes, tail: bytes, most_bytes: int) -> bytes:
    """Return a JSON text that takes as much memory as the limits allow."""
    names = b",".join(b'"%d":0' % number for number in range(most_bytes // 25 // 2 - 30))
    start, end = head + b"{" + names + b',"long":"', "\U0001f600".encode() + b'"}' + tail
    return start + b"x" * (most_bytes - len(start) - len(end)) + end


SMALL = _small(b"[", b'{"":0}', b"]")
SMALL_KEYS = _small(GOOD[:-1] + b",", b'{"id":""}', b"]")
FULL_KEYS = _full(GOOD[:-1] + b',{"id":"","x":', b"}]", 4_000_000)
FULL_USER = _full(b'{"TFAEnabled":"GA","x":', b"}", 1_000_000)
FAT = {f"X-{number}": "x" * 60_000 for number in range(90)}

# The time to sort such marks grows with the square of their number.
MANY_MARKS = json.dumps([{**key().to_json(), chr(0x315) * 60_000 + chr(0x316) * 60_000: 0}], ensure_ascii=False)
LONG_NAME = json.dumps([{**key().to_json(), chr(0xFDFA) * 1_330_000: 0}], ensure_ascii=False)

# One character that expands to a whole sentence: comparing such a word takes longer than sending it.
LONG_WORDS = [
    {"id": str(number), "permissions": [f"{chr(0xFDFA) * 56}{number}-{more}" for more in range(3)]}
    for number in range(2_000)
]

COOKIES = {**dict.fromkeys(["Set-Cookie2", "set-cookie2"], "a," * 24_000), "Set-Cookie": "a=b; Version=1"}

MANY_BLOCKS = json.dumps(
    [
        key(cidr=None, cidrs=[f"10.{entry}.{block}.7" for block in range(250)]).to_json()
        for entry in range(10)  # the limits of entries and of blocks for one key
    ]
).encode()

MANY_NETWORKS = [f"11.{number}.0.0/24" for number in range(250)]
LONG_NUMBER = GOOD.replace(b'"nonce": 0', b'"nonce": ' + b"9" * 400_000)
LONG_KEYS = json.dumps([key().to_json(), *LONG_WORDS], ensure_ascii=False).encode()


def self_signed(_: trustme.CA) -> trustme.LeafCert:
    """Return a self-signed certificate for the right name."""
    secret = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, secret.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(secret, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    written = secret.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return trustme.LeafCert(written, certificate.public_bytes(pem), [])


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Arrange = Callable[[SimulatedBitMEX], Any]


def about_the_account(does: Reaction, key_is: Reaction | None = None) -> Arrange:
    def arrange(exchange: SimulatedBitMEX) -> None:
        for path in ("/user", "/address", "/userEvent"):
            exchange.respond_always(path, does)
        if key_is:
            exchange.respond_always("/apiKey", key_is)

    return arrange


def late(seconds: float, *first: Reaction, account: Reaction | None = None) -> Arrange:
    """Delay queries about the key, then react to each request with the next of some reactions."""

    def arrange(exchange: SimulatedBitMEX) -> None:
        respond = exchange.respond

        def slowly(request: Request) -> Reaction:
            time.sleep(seconds if request.path.endswith("/apiKey") else 0)
            return respond(request)

        exchange.__dict__["respond"] = slowly
        exchange.respond_next("/apiKey", *first)
        if account:
            about_the_account(account)(exchange)

    return arrange


@contextlib.contextmanager
def nobody_listening() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def listening_and_silent(scheme: str) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"{scheme}://127.0.0.1:{server.getsockname()[1]}"


@contextlib.contextmanager
def answering(say: Callable[[socket.socket], Any], *, times: int | None = None) -> Iterator[str]:
    """Serve a number of requests, each with the same handler; after that, refuse connections."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            for _ in itertools.count() if times is None else range(times):
                connection, _ = server.accept()
                with connection, contextlib.suppress(OSError):
                    connection.recv(4096)
                    say(connection)
            server.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def no_http(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


def a_good_key(connection: socket.socket) -> None:
    connection.sendall(_HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD)


def single_byte_chunks(connection: socket.socket) -> None:
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in GOOD)
    connection.sendall(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")


def trailers_without_end(connection: socket.socket) -> None:
    connection.sendall(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(GOOD) + GOOD + b"\r\n0\r\n")
    while True:
        connection.sendall(b"X: y\r\n")


def continues_without_end(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def headers_without_end(connection: socket.socket, pause: float = 0.0) -> None:
    connection.sendall(_HEAD)
    while True:
        connection.sendall(b"X: y\r\n")
        time.sleep(pause)


def chunks_without_end(connection: socket.socket) -> None:
    connection.sendall(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"10000\r\n%s\r\n" % (b" " * 0x10000))
