"""Every fault of the exchange and of the way to it, through the look-alike and real ccxt, and what came of it.

    python -m tests.adversarial.faults > docs/pages/evidence/faults.md

writes the table in the documentation; `test_faults.py` compares it with what comes out today.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import logging
import multiprocessing
import os
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import trustme

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.verdict import Verdict
from freqtrade_bitmex_guard.report import json, text
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.responses import Hang, Reaction, Reset, Response
from tests.adversarial.error_catalogue import CATALOGUE, rate_limit, says
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
from tests.support.factories import KEY_ID, SECRET, bot_config, key, trusted_authority

TIMEOUT_SECONDS = 2
MOST_MILLISECONDS = 1000 * (TIMEOUT_SECONDS + 2)
MOST_MEGABYTES = 100

Certify = Callable[[trustme.CA], trustme.LeafCert]


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: for the table.
        does: what the look-alike does about every question for the key.
        arrange: or what is changed about it beforehand.
        certificate: with which it serves over TLS, if it does.
        place: where the client is sent instead of to the look-alike, while that place is open.
        policy: the operator's.
    """

    name: str
    does: Reaction | None = None
    arrange: Arrange | None = None
    certificate: Certify | None = None
    place: Callable[[], contextlib.AbstractContextManager[str]] | None = None
    policy: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """What came of it.

    Attributes:
        asked: how many requests came to the look-alike.
        megabytes: the most memory, above what the process had before.
        threads: of ours that were left over.
        shown: its log down to the lowest level, what it printed, and its verdict in every form.
    """

    verdict: Verdict
    exit_code: int
    asked: int
    megabytes: float
    threads: int
    shown: str

    @property
    def cells(self) -> list[str]:
        """The part of a row that is the same each time."""
        causes = ", ".join(dict.fromkeys(f"`{finding.name}`" for finding in self.verdict.findings)) or "–"
        return [self.verdict.outcome.value, str(self.exit_code), causes, str(self.verdict.requests)]


DENIED = key(can_list_keys=False, can_read_itself=False)
PACKED = {"Content-Encoding": "gzip"}


FAULTS = [
    Fault("none: a good key, answered at once"),
    *(Fault(f"BitMEX's own: {name}", behaviour) for name, behaviour in CATALOGUE),
    Fault(
        "BitMEX's own: an overload, then a good key",
        arrange=lambda told: told.respond_next("/apiKey", says(503, "The system is currently overloaded.")),
    ),
    Fault(
        "BitMEX's own: a rate limit for a second, then a good key",
        arrange=lambda told: told.respond_next("/apiKey", rate_limit("1")),
    ),
    Fault("BitMEX's own: a right that is missing", arrange=lambda told: told.keys.__setitem__(0, DENIED)),
    Fault("connection: refused", place=nobody_listening),
    Fault("connection: accepted, never served", place=lambda: listening_and_silent("http")),
    Fault("connection: not HTTP", place=lambda: answering(no_http)),
    Fault("connection: lost between the key and the account", place=lambda: answering(a_good_key, times=1)),
    Fault("connection: reset without a byte", Reset()),
    Fault("connection: reset after 20 bytes", Response(200, GOOD, reset_after=20)),
    Fault("connection: closed before the last byte", Response(200, GOOD[:-1], WHOLE, reset_after=len(GOOD))),
    Fault("connection: never answered", Hang()),
    Fault(
        "connection: never answered, after an overload that came late",
        arrange=late(0.4, says(503, "The system is currently overloaded."), Hang()),
    ),
    Fault("connection: 100 Continue without end", place=lambda: answering(continues_without_end)),
    Fault("connection: answered byte by byte", Response(200, GOOD, seconds_per_byte=0.1)),
    Fault("body: in chunks of one byte", place=lambda: answering(single_byte_chunks)),
    Fault("body: trailers without end", place=lambda: answering(trailers_without_end)),
    Fault("body: a number of 400,000 digits", Response(200, LONG_NUMBER)),
    Fault(
        "body: the key as often, with as many blocks, as may be, and 250 networks in `ip_within`",
        Response(200, MANY_BLOCKS),
        policy={"ip_within": MANY_NETWORKS},
    ),
    Fault("body: chunks without end", place=lambda: answering(chunks_without_end)),
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
    Fault("body: an error that quotes key and secret", says(400, f"{KEY_ID} signed with {SECRET}")),
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
    Fault("headers: without end", place=lambda: answering(headers_without_end)),
    Fault("headers: without end, ten in a second", place=lambda: answering(partial(headers_without_end, pause=0.1))),
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
    Fault("TLS: never shaken hands", place=lambda: listening_and_silent("https")),
    Fault("TLS: where plain HTTP is served", arrange=lambda exchange: setattr(exchange, "_scheme", "https")),
    Fault("account: dropped", arrange=about_the_account(Reset())),
    Fault("account: a server error", arrange=about_the_account(says(500, "Server Error"))),
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
    Fault("clock: this machine's is 15 minutes behind", arrange=lambda told: setattr(told, "clock_offset", 900)),
    Fault("clock: this machine's is 15 minutes ahead", arrange=lambda told: setattr(told, "clock_offset", -900)),
]


def measure(fault: Fault, folder: Path) -> Measured:
    """Let one thing go wrong during a real check, in a process of its own: in an old one, what it gave back hides
    what is taken.

    Args:
        fault: what.
        folder: an empty one, for the credential files.
    """
    fresh = multiprocessing.get_context("forkserver")
    fresh.set_forkserver_preload(["ccxt", "requests", "tests.adversarial.faults"])
    with ProcessPoolExecutor(1, fresh, max_tasks_per_child=1) as process:
        return process.submit(_measure, fault.name, folder).result()


def _measure(name: str, folder: Path) -> Measured:
    _let_go_wrong(FAULTS[0], folder)  # what the first check imports is no fault's memory
    return _let_go_wrong(next(fault for fault in FAULTS if fault.name == name), folder)


def _let_go_wrong(fault: Fault, folder: Path) -> Measured:
    with contextlib.ExitStack() as stack:
        tls = None
        if fault.certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            fault.certificate(stack.enter_context(trusted_authority(folder))).configure_cert(tls)
        exchange = stack.enter_context(SimulatedBitMEX([key()], tls=tls))
        if fault.does:
            exchange.respond_always("/apiKey", fault.does)
        if fault.arrange:
            fault.arrange(exchange)
        config = bot_config(folder, exchange, timeout_seconds=TIMEOUT_SECONDS, policy=fault.policy)
        if fault.place:
            url = stack.enter_context(fault.place())
            config["exchange"]["ccxt_config"] = {"urls": {"api": {"public": url, "private": url}}}
        said = stack.enter_context(_listening())
        idle = _peak_memory(forget=True)
        verdict = LocalCheck(config).run().verdict
        megabytes = (_peak_memory() - idle) / 1024
        left = [thread for thread in threading.enumerate() if thread.name == "freqtrade-bitmex-guard"]
        shown = "\n".join(
            [said.getvalue(), text.render(verdict), text.render_plain(verdict), json.to_json(verdict), repr(verdict)]
        )
        return Measured(verdict, verdict.exit_code, len(exchange.requests), megabytes, len(left), shown)


@contextlib.contextmanager
def _listening() -> Iterator[io.StringIO]:
    """Everything that this process logs, at every level, and prints."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.NOTSET + 1)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            yield said
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def _peak_memory(*, forget: bool = False) -> int:
    """The most memory this process had resident, in KB, since it last forgot it (proc_pid_clear_refs(5))."""
    if forget:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


HEAD = f"""# Every fault, and what the check made of it

`python -m tests.adversarial.faults > docs/pages/evidence/faults.md` wrote this page.
Each row is one real check, with real ccxt, BitMEX simulated, and `"timeout_seconds": {TIMEOUT_SECONDS}`.
`tests/adversarial/test_faults.py` compares all but the last two columns with what comes out today.
It holds those two to their bounds: {MOST_MILLISECONDS:,} ms, and {MOST_MEGABYTES} MB above what the process had before.
A check that took longer is made once more, for the machine may have been busy.

| fault | verdict | exit code | cause | requests | ms | MB |
|---|---|---|---|---|---|---|
"""


def main() -> None:
    """Print the page."""
    os.environ["PYTHONWARNINGS"] = "ignore::RuntimeWarning:runpy"  # of each child about its main module
    sys.stdout.write(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        for fault in FAULTS:
            measured = measure(fault, Path(folder))
            numbers = [f"{measured.verdict.duration_ms:,}", f"{max(0, measured.megabytes):.1f}"]
            print("|", " | ".join([fault.name, *measured.cells, *numbers]), "|")


if __name__ == "__main__":
    main()
