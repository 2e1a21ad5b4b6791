"""Every fault of the exchange and of the connection to it; a table."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import trustme

from freqtrade_bitmex_guard.simulator.responses import Hang, Reaction, Reset, Response
from tests.adversarial.error_catalogue import CATALOGUE, bitmex_error, rate_limit
from tests.adversarial.hostile_bodies import (
    BOMB,
    COOKIES,
    FAT,
    FULL_KEYS,
    FULL_USER,
    GOOD,
    GZIPPED,
    LONG_KEYS,
    LONG_NAME,
    LONG_NUMBER,
    MANY_BLOCKS,
    MANY_MARKS,
    MANY_NETWORKS,
    QUOTING,
    SMALL,
    SMALL_KEYS,
    SPACE,
    TWICE,
    WHOLE,
    Arrange,
    a_good_key,
    about_the_account,
    answering,
    chunks_without_end,
    continues_without_end,
    headers_without_end,
    late,
    listening_and_silent,
    no_http,
    nobody_listening,
    self_signed,
    single_byte_chunks,
    trailers_without_end,
)
from tests.support.factories import KEY_ID, SECRET, key

Certify = Callable[[trustme.CA], trustme.LeafCert]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: for the table.
        reaction: of the simulated exchange to every query about the key.
        arrange: changes the simulated exchange before the check.
        certificate: makes the certificate with which it serves over TLS, if it does.
        server: opens the server to which the client is sent instead of the simulated exchange.
        policy: the operator's.
    """

    name: str
    reaction: Reaction | None = None
    arrange: Arrange | None = None
    certificate: Certify | None = None
    server: Callable[[], contextlib.AbstractContextManager[str]] | None = None
    policy: dict[str, Any] = field(default_factory=dict)


DENIED = key(can_list_keys=False, can_read_itself=False)
OVERLOADED = bitmex_error(503, "The system is currently overloaded.")
PACKED = {"Content-Encoding": "gzip"}

FAULTS = [
    Fault("none: a good key, answered at once"),
    *(Fault(f"BitMEX's own: {name}", behaviour) for name, behaviour in CATALOGUE),
    Fault(
        "BitMEX's own: an overload, then a good key",
        arrange=lambda exchange: exchange.respond_next("/apiKey", OVERLOADED),
    ),
    Fault(
        "BitMEX's own: a rate limit for a second, then a good key",
        arrange=lambda exchange: exchange.respond_next("/apiKey", rate_limit("1")),
    ),
    Fault("BitMEX's own: a right that is missing", arrange=lambda exchange: exchange.keys.__setitem__(0, DENIED)),
    Fault("connection: refused", server=nobody_listening),
    Fault("connection: accepted, never served", server=lambda: listening_and_silent("http")),
    Fault("connection: not HTTP", server=lambda: answering(no_http)),
    Fault("connection: lost between the key and the account", server=lambda: answering(a_good_key, times=1)),
    Fault("connection: reset without a byte", Reset()),
    Fault("connection: reset after 20 bytes", Response(200, GOOD, reset_after=20)),
    Fault("connection: closed before the last byte", Response(200, GOOD[:-1], WHOLE, reset_after=len(GOOD))),
    Fault("connection: never answered", Hang()),
    Fault(
        "connection: never answered, after an overload that came late",
        arrange=late(0.4, OVERLOADED, Hang()),
    ),
    Fault("connection: 100 Continue without end", server=lambda: answering(continues_without_end)),
    Fault("connection: answered byte by byte", Response(200, GOOD, seconds_per_byte=0.1)),
    Fault("body: in chunks of one byte", server=lambda: answering(single_byte_chunks)),
    Fault("body: trailers without end", server=lambda: answering(trailers_without_end)),
    Fault("body: a number of 400,000 digits", Response(200, LONG_NUMBER)),
    Fault(
        "body: the key as often, with as many blocks, as may be, and 250 networks in `ip_within`",
        Response(200, MANY_BLOCKS),
        policy={"ip_within": MANY_NETWORKS},
    ),
    Fault("body: chunks without end", server=lambda: answering(chunks_without_end)),
    Fault("body: empty", Response(200, b"")),
    Fault("body: cut short", Response(200, GOOD[:-5])),
    Fault("body: doubled", Response(200, GOOD * 2)),
    Fault("body: 50 MB", Response(200, SPACE)),
    Fault("body: 4 MB of the smallest objects", Response(200, SMALL)),
    Fault("body: a good key and 4 MB of the smallest keys", Response(200, SMALL_KEYS)),
    Fault("body: a good key with as many values as may be, and an emoji", Response(200, FULL_KEYS)),
    Fault("body: a field whose name is 120,000 combining marks", Response(200, MANY_MARKS.encode())),
    Fault("body: a field whose name is 4 MB of U+FDFA", Response(200, LONG_NAME.encode())),
    Fault("body: nested 100,000 deep", Response(200, b"[" * 100_000)),
    Fault("body: not UTF-8", Response(200, b"\xff\xfe" + GOOD)),
    Fault("body: the key with `permissions` twice", Response(200, TWICE)),
    Fault("body: an error that quotes key and secret", bitmex_error(400, f"{KEY_ID} signed with {SECRET}")),
    Fault("body: a key whose name quotes them", Response(200, QUOTING)),
    Fault("gzip: cut short", Response(200, GZIPPED[:-9], PACKED)),
    Fault("gzip: damaged", Response(200, b"x" + GZIPPED, PACKED)),
    Fault("gzip: doubled", Response(200, GZIPPED * 2, PACKED)),
    Fault("gzip: with a byte behind it", Response(200, GZIPPED + b"x", PACKED)),
    Fault("gzip: with another answer behind it", Response(200, GZIPPED + gzip.compress(b"[]"), PACKED)),
    Fault("gzip: 50 MB in 50 KB", Response(200, BOMB, PACKED)),
    Fault("gzip: twice", Response(200, GZIPPED, {"Content-Encoding": "gzip, gzip"})),
    Fault("gzip: named Brotli", Response(200, GOOD, {"Content-Encoding": "br"})),
    Fault("gzip: whole, though not asked for", Response(200, GZIPPED, PACKED)),
    Fault("headers: a good answer as `text/html`", Response(200, GOOD, {"Content-Type": "text/html"})),
    Fault("headers: a good answer as `text/plain`", Response(200, GOOD, {"Content-Type": "text/plain"})),
    Fault("headers: a good answer, with key and secret in them", Response(200, GOOD, {f"X-{KEY_ID}": SECRET})),
    Fault("headers: a length that is the secret", Response(200, GOOD, {"Content-Length": SECRET})),
    Fault("headers: cookies", Response(200, GOOD, COOKIES)),
    Fault("headers: a negative length", Response(200, GOOD, {"Content-Length": "-5"})),
    Fault("headers: chunked in a way of its own", Response(200, GOOD, {"Transfer-Encoding": "xchunked"})),
    Fault("headers: two lengths", Response(200, GOOD, {"Content-Length": f"2, {len(GOOD)}"})),
    Fault("headers: a length that is too short", Response(200, GOOD, {"Content-Length": "9"})),
    Fault("headers: a length that is too long", Response(200, GOOD, {"Content-Length": "9" * 12})),
    Fault("headers: 5 MB", Response(200, GOOD, FAT)),
    Fault("headers: without end", server=lambda: answering(headers_without_end)),
    Fault("headers: without end, ten in a second", server=lambda: answering(partial(headers_without_end, pause=0.1))),
    Fault("headers: a chunk of negative length", Response(200, b"-5\r\nx", {"Transfer-Encoding": "chunked"})),
    Fault("status: good content with 201", Response(201, GOOD)),
    Fault("redirect: 301 to another port", Response(301, headers={"Location": "http://127.0.0.1:1/"})),
    Fault("redirect: 302 to itself", Response(302, GOOD, {"Location": "/api/v1/apiKey"})),
    Fault("redirect: 307 to another host", Response(307, headers={"Location": "https://evil.example/"})),
    Fault("redirect: 308 to nowhere", Response(308)),
    Fault("redirect: 304", Response(304)),
    Fault("redirect: 302 with 50 MB", Response(302, SPACE, {"Location": "/api/v1/apiKey"})),
    Fault("redirect: 302 with 50 MB in 50 KB", Response(302, BOMB, {"Location": "/", **PACKED})),
    Fault("redirect: to key and secret", Response(302, headers={"Location": f"/{KEY_ID}/{SECRET}"})),
    Fault("redirect: to `http://[`", Response(302, headers={"Location": "http://["})),
    Fault("TLS: a trusted certificate", certificate=lambda authority: authority.issue_cert("127.0.0.1")),
    Fault("TLS: another name", certificate=lambda authority: authority.issue_cert("bitmex.example")),
    Fault(
        "TLS: expired",
        certificate=lambda authority: authority.issue_cert("127.0.0.1", not_after=datetime(2020, 1, 1, tzinfo=UTC)),
    ),
    Fault("TLS: of an unknown authority", certificate=lambda _: trustme.CA().issue_cert("127.0.0.1")),
    Fault("TLS: signed by itself", certificate=self_signed),
    Fault("TLS: never shaken hands", server=lambda: listening_and_silent("https")),
    Fault("TLS: where plain HTTP is served", arrange=lambda exchange: setattr(exchange, "_scheme", "https")),
    Fault("account: dropped", arrange=about_the_account(Reset())),
    Fault("account: a server error", arrange=about_the_account(bitmex_error(500, "Server Error"))),
    Fault("account: redirected", arrange=about_the_account(Response(302, headers={"Location": "http://127.0.0.1:1/"}))),
    Fault("account: an empty list for each question", arrange=about_the_account(Response(200, b"[]"))),
    Fault("account: never answered", arrange=about_the_account(Hang())),
    Fault("account: never answered, after a key that came late", arrange=late(1.2, account=Hang())),
    Fault(
        "account: dropped, with `severity_not_reported` as `error`",
        arrange=about_the_account(Reset()),
        policy={"severity_not_reported": "error"},
    ),
    Fault("account: 5 MB of headers for each question", arrange=about_the_account(Response(200, b"[]", FAT))),
    Fault("account: 4 MB of the smallest objects for each question", arrange=about_the_account(Response(200, SMALL))),
    Fault(
        "account: silent, with 2,000 other keys of long words",
        arrange=about_the_account(Hang(), Response(200, LONG_KEYS)),
    ),
    Fault(
        "account: silent, with 2,000 other keys of long words that came late",
        arrange=late(1.8, Response(200, LONG_KEYS), account=Hang()),
    ),
    Fault(
        "account: cookies for each question, with 2,000 other keys of long words",
        arrange=about_the_account(Response(200, b"[]", COOKIES), Response(200, LONG_KEYS)),
    ),
    Fault(
        "account: as many values as may be for each question, and for the key",
        arrange=about_the_account(Response(200, FULL_USER), Response(200, FULL_KEYS)),
    ),
    Fault(
        "clock: this machine's is 15 minutes behind", arrange=lambda exchange: setattr(exchange, "clock_offset", 900)
    ),
    Fault(
        "clock: this machine's is 15 minutes ahead", arrange=lambda exchange: setattr(exchange, "clock_offset", -900)
    ),
]
