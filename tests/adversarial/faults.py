"""Every fault of the exchange and of the way to it, through the look-alike and real ccxt, and what came of it.

    python -m tests.adversarial.faults > docs/faults.md

writes the table in the documentation; `test_faults.py` compares it with what comes out today.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import trustme

from freqtrade_bitmex_guard import exit_codes
from freqtrade_bitmex_guard.guard import Check
from freqtrade_bitmex_guard.simulator.behaviour import Behaviour, Hang, Reset, Respond, error, page
from freqtrade_bitmex_guard.simulator.lookalike import Lookalike
from freqtrade_bitmex_guard.verdict import Verdict
from tests.support import bot_config, key, trusted_authority

TIMEOUT_SECONDS = 2
MOST_MILLISECONDS = 1000 * (TIMEOUT_SECONDS + 2)
MOST_MEGABYTES = 100

Arrange = Callable[[Lookalike], Any]
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
    """

    name: str
    does: Behaviour | None = None
    arrange: Arrange | None = None
    certificate: Certify | None = None
    place: Callable[[], contextlib.AbstractContextManager[str]] | None = None


@dataclass(frozen=True)
class Measured:
    """What came of it."""

    verdict: Verdict
    exit_code: int
    asked: int
    megabytes: float

    @property
    def cells(self) -> list[str]:
        """The part of a row that is the same each time."""
        causes = ", ".join(f"`{finding.rule}`" for finding in self.verdict.findings) or "–"
        return [self.verdict.outcome.value, str(self.exit_code), causes, str(self.verdict.requests)]


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
def not_http() -> Iterator[str]:
    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


DENIED = key(sees_list=False, sees_itself=False)
GOOD = json.dumps([key().described()]).encode()
GZIPPED = gzip.compress(GOOD)
SPACE = b"[" + b" " * 50_000_000 + b"]"
BOMB = gzip.compress(SPACE)
PACKED = {"Content-Encoding": "gzip"}
LATER = {"Retry-After": "60"}
WHOLE = {"Content-Length": str(len(GOOD))}
TWICE = GOOD.replace(b'"enabled"', b'"permissions": ["withdraw"], "enabled"')


def _says(status: int, message: str, **headers: str) -> Respond:
    return error(status, message, headers)


_CATALOGUE: list[tuple[str, Behaviour]] = [
    ("a key id it does not know", _says(401, "Invalid API Key.")),
    ("a signature it does not accept", _says(401, "Signature not valid.")),
    (
        "a request that has expired",
        _says(400, "This request has expired - `expires` is in the past. Current time: 1516534870"),
    ),
    ("a key that is disabled", _says(403, "This key is disabled.")),
    ("an address outside the key's CIDR", _says(403, "This IP address is not allowed to use this key.")),
    ("the list of keys denied, but not the key itself", _says(403, "Access Denied")),
    ("incomplete authentication", _says(401, "Authorization Required")),
    ("`Missing API key`", _says(401, "Missing API key")),
    ("a sub-account's key, misused", _says(400, "Invalid use of subaccount API key")),
    ("an account that is disabled", _says(403, "Your account has been disabled")),
    ("an account that is restricted", _says(403, "Account is restricted")),
    ("a rate limit, for longer than there is time", error(429, "Rate limit exceeded, retry in 60 seconds.", LATER)),
    ("a rate limit that does not say for how long", Respond(429)),
    ("a rate limit until nonsense", error(429, "Rate limit exceeded", {"Retry-After": "nonsense"})),
    ("a rate limit until the year 10^20", error(429, "x", {"Retry-After": f"Mon, 01 Jan {10**20} 00:00:00 GMT"})),
    ("a banned address (HTML, 403)", page(403)),
    ("an overload", _says(503, "The system is currently overloaded. Please try again later.")),
    ("maintenance (`down for maintenance`)", _says(503, "down for maintenance")),
    ("maintenance (`downtime in progress`)", _says(503, "downtime in progress")),
    ("maintenance (HTML, 503)", page(503)),
    ("maintenance (HTML, 502)", page(502)),
    ("a failure of Cloudflare (530)", page(530)),
    ("a server error", _says(500, "Server Error")),
    ("`Not Found`", _says(404, "Not Found")),
    ("HTML with HTTP 200", page(200)),
    ("a ban of withdrawals", _says(403, "Withdrawal ban expires at 2026-12-01T00:00:00.000Z")),
]

FAULTS = [
    Fault("none: a good key, answered at once"),
    *(Fault(f"BitMEX's own: {name}", behaviour) for name, behaviour in _CATALOGUE),
    Fault("BitMEX's own: a right that is missing", arrange=lambda told: told.keys.__setitem__(0, DENIED)),
    Fault("connection: refused", place=nobody_listening),
    Fault("connection: accepted, never served", place=lambda: listening_and_silent("http")),
    Fault("connection: not HTTP", place=not_http),
    Fault("connection: reset without a byte", Reset()),
    Fault("connection: reset after 20 bytes", Respond(200, GOOD, cut_after=20)),
    Fault("connection: closed before the last byte", Respond(200, GOOD[:-1], WHOLE, cut_after=len(GOOD))),
    Fault("connection: never answered", Hang()),
    Fault("connection: answered byte by byte", Respond(200, GOOD, seconds_a_byte=0.1)),
    Fault("body: empty", Respond(200, b"")),
    Fault("body: cut short", Respond(200, GOOD[:-5])),
    Fault("body: doubled", Respond(200, GOOD * 2)),
    Fault("body: 50 MB", Respond(200, SPACE)),
    Fault("body: nested a million deep", Respond(200, b"[" * 1_000_000)),
    Fault("body: not UTF-8", Respond(200, b"\xff\xfe" + GOOD)),
    Fault("body: the key with `permissions` twice", Respond(200, TWICE)),
    Fault("gzip: cut short", Respond(200, GZIPPED[:-9], PACKED)),
    Fault("gzip: damaged", Respond(200, b"x" + GZIPPED, PACKED)),
    Fault("gzip: 50 MB in 50 KB", Respond(200, BOMB, PACKED)),
    Fault("gzip: twice", Respond(200, GZIPPED, {"Content-Encoding": "gzip, gzip"})),
    Fault("gzip: named Brotli", Respond(200, GOOD, {"Content-Encoding": "br"})),
    Fault("gzip: whole, though not asked for", Respond(200, GZIPPED, PACKED)),
    Fault("headers: a good answer as `text/html`", Respond(200, GOOD, {"Content-Type": "text/html"})),
    Fault("headers: a good answer as `text/plain`", Respond(200, GOOD, {"Content-Type": "text/plain"})),
    Fault("headers: two lengths", Respond(200, GOOD, {"Content-Length": f"2, {len(GOOD)}"})),
    Fault("headers: a chunk of negative length", Respond(200, b"-5\r\nx", {"Transfer-Encoding": "chunked"})),
    Fault("status: good content with 201", Respond(201, GOOD)),
    Fault("redirect: 301 to another port", Respond(301, headers={"Location": "http://127.0.0.1:1/"})),
    Fault("redirect: 302 to itself", Respond(302, GOOD, {"Location": "/api/v1/apiKey"})),
    Fault("redirect: 307 to another host", Respond(307, headers={"Location": "https://evil.example/"})),
    Fault("redirect: 308 to nowhere", Respond(308)),
    Fault("redirect: 304", Respond(304)),
    Fault("redirect: 302 with 50 MB", Respond(302, SPACE, {"Location": "/api/v1/apiKey"})),
    Fault("redirect: 302 with 50 MB in 50 KB", Respond(302, BOMB, {"Location": "/", **PACKED})),
    Fault("redirect: to `http://[`", Respond(302, headers={"Location": "http://["})),
    Fault("TLS: a trusted certificate", certificate=lambda authority: authority.issue_cert("127.0.0.1")),
    Fault("TLS: another name", certificate=lambda authority: authority.issue_cert("bitmex.example")),
    Fault(
        "TLS: expired",
        certificate=lambda authority: authority.issue_cert("127.0.0.1", not_after=datetime(2020, 1, 1, tzinfo=UTC)),
    ),
    Fault("TLS: of an unknown authority", certificate=lambda _: trustme.CA().issue_cert("127.0.0.1")),
    Fault("TLS: never shaken hands", place=lambda: listening_and_silent("https")),
    Fault("TLS: where plain HTTP is served", arrange=lambda exchange: setattr(exchange, "_scheme", "https")),
    Fault("clock: this machine's is 15 minutes behind", arrange=lambda told: setattr(told, "clock_offset", 900)),
    Fault("clock: this machine's is 15 minutes ahead", arrange=lambda told: setattr(told, "clock_offset", -900)),
]


def measure(fault: Fault, folder: Path) -> Measured:
    """Let one thing go wrong during a real check.

    Args:
        fault: what.
        folder: an empty one, for the credential files.
    """
    with contextlib.ExitStack() as stack:
        tls = None
        if fault.certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            fault.certificate(stack.enter_context(trusted_authority(folder))).configure_cert(tls)
        exchange = stack.enter_context(Lookalike([key()], tls=tls))
        if fault.does:
            exchange.always("/apiKey", fault.does)
        if fault.arrange:
            fault.arrange(exchange)
        config = bot_config(folder, exchange, timeout_seconds=TIMEOUT_SECONDS)
        if fault.place:
            url = stack.enter_context(fault.place())
            config["exchange"]["ccxt_config"] = {"urls": {"api": {"public": url, "private": url}}}
        idle = _peak_memory(forget=True)
        verdict = Check(config).run()
        return Measured(verdict, exit_codes.of(verdict), len(exchange.asked), (_peak_memory() - idle) / 1024)


def _peak_memory(*, forget: bool = False) -> int:
    """The most memory this process had resident, in KB, since it last forgot it (proc_pid_clear_refs(5))."""
    if forget:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


HEAD = f"""# Every fault, and what the check made of it

`python -m tests.adversarial.faults > docs/faults.md` wrote this page: one real check for each row, with real ccxt, the
look-alike as BitMEX, and `"timeout_seconds": {TIMEOUT_SECONDS}`. `tests/adversarial/test_faults.py` compares all but
the last two columns with what comes out today, and holds those two to their bounds: {MOST_MILLISECONDS:,} ms, and
{MOST_MEGABYTES} MB above what the process had before.

| fault | verdict | exit code | cause | requests | ms | MB |
|---|---|---|---|---|---|---|
"""


def main() -> None:
    """Print the page."""
    sys.stdout.write(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        measure(FAULTS[0], Path(folder))  # what the first check imports is no fault's memory
        for fault in FAULTS:
            measured = measure(fault, Path(folder))
            numbers = [f"{measured.verdict.duration_ms:,}", f"{abs(measured.megabytes):.1f}"]
            print("|", " | ".join([fault.name, *measured.cells, *numbers]), "|")


if __name__ == "__main__":
    main()
