"""A check and its connection: retries, time and size limits, redirects and proxies."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.model.catalogue import Outcome
from freqtrade_bitmex_guard.report.text import render_plain
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.responses import Hang, Reaction, Reset, Response, page
from tests.support.checks import run_check, summary
from tests.support.factories import bot_config, key, trusted_authority

GOOD_LIST = json.dumps([key().to_json()]).encode()


@pytest.mark.parametrize(
    "behaviour",
    [
        Reset(),
        error(503, "overloaded"),
        page(502),
        error(500, "Server Error"),
        error(429, "Rate limit exceeded", {"Retry-After": "1"}),
    ],
)
def test_a_transient_failure_is_retried_within_the_time(
    tmp_path: Path, exchange: SimulatedBitMEX, behaviour: Reaction
) -> None:
    exchange.respond_next("/apiKey", behaviour)
    assert summary(run_check(tmp_path, exchange, timeout_seconds=10)) == (Outcome.ADMITTED, [], 5)


def test_retries_pause_longer_each_time(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.respond_always("/apiKey", error(503, "overloaded"))
    started = time.monotonic()
    assert (
        summary(run_check(tmp_path, exchange, timeout_seconds=5))[2] == 3
    )  # at 0, 1 and 3 seconds; 7 would be too late
    assert 3 <= time.monotonic() - started < 8


def test_a_rate_limit_is_waited_out_only_if_the_wait_fits(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.respond_next("/apiKey", error(429, "Rate limit exceeded", {"Retry-After": "2"}))
    started = time.monotonic()
    assert summary(run_check(tmp_path, exchange, timeout_seconds=10)) == (Outcome.ADMITTED, [], 5)
    assert time.monotonic() - started >= 2


def test_a_date_in_retry_after_is_respected(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    from email.utils import formatdate

    later = error(503, "overloaded", {"Retry-After": formatdate(time.time() + 3, usegmt=True)})
    exchange.respond_next("/apiKey", later)
    started = time.monotonic()
    assert summary(run_check(tmp_path, exchange, timeout_seconds=10)) == (Outcome.ADMITTED, [], 5)
    assert time.monotonic() - started >= 1.9
    exchange.respond_next("/apiKey", error(503, "overloaded", {"Retry-After": "60"}))
    assert summary(run_check(tmp_path, exchange, timeout_seconds=3)) == (Outcome.UNVERIFIED, ["overloaded"], 1)


@pytest.mark.parametrize(("size", "rules"), [(3_990_000, []), (4_010_000, ["response-too-large"])])
@pytest.mark.parametrize("packed", [False, True])
def test_a_response_may_have_four_megabytes(
    tmp_path: Path, exchange: SimulatedBitMEX, size: int, rules: list[str], packed: bool
) -> None:
    body = GOOD_LIST + b" " * (size - len(GOOD_LIST))
    headers = {"Content-Encoding": "gzip"} if packed else {}
    exchange.respond_always("/apiKey", Response(200, gzip.compress(body) if packed else body, headers))
    assert summary(run_check(tmp_path, exchange))[1] == rules


def test_the_smaller_of_the_two_time_outs_holds(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.respond_always("/apiKey", Hang())
    config = bot_config(tmp_path, exchange, timeout_seconds=3)
    config["exchange"]["ccxt_config"]["timeout"] = 700
    started = time.monotonic()
    verdict = LocalCheck(config).run().verdict
    assert verdict.findings[0].name == "timed-out"
    assert verdict.requests >= 2  # each is given up after 0.7 seconds
    assert time.monotonic() - started < 6


def test_ccxts_own_retries_stay_off_whatever_the_settings_say(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    exchange.respond_always("/apiKey", page(403))  # which ccxt takes for a transient failure
    config = bot_config(tmp_path, exchange)
    config["exchange"]["ccxt_config"]["options"] = {
        "maxRetriesOnFailure": 5,
        "maxRetriesOnFailureDelay": 1,
        "apiKey": {"maxRetriesOnFailure": 5},
    }
    assert summary(LocalCheck(config).run().verdict) == (Outcome.UNVERIFIED, ["address-banned"], 1)


def test_an_unreachable_bitmex_mentions_that_it_closed(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve_nothing(*args: Any, **options: Any) -> Any:
        raise socket.gaierror("no such host")

    config = bot_config(tmp_path, exchange, allowed_hosts=["www.bitmex.com"], timeout_seconds=1)
    config["exchange"]["ccxt_config"] = {}
    monkeypatch.setattr(socket, "getaddrinfo", resolve_nothing)
    (finding,) = LocalCheck(config).run().verdict.findings
    assert finding.name == "unreachable"
    assert "www.bitmex.com" in finding.message
    assert "closed on 2026-09-23" in finding.message


def test_a_second_request_is_aborted_like_the_first(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    # The first response leaves its connection open; a client that used it again could not be aborted.
    exchange.respond_always("/apiKey", error(403, "Access Denied"))
    exchange.respond_always("/apiKey/self", Response(200, GOOD_LIST, seconds_per_byte=0.1))
    started = time.monotonic()
    assert summary(run_check(tmp_path, exchange, timeout_seconds=1.5)) == (Outcome.UNVERIFIED, ["timed-out"], 2)
    assert time.monotonic() - started < 5
    assert not [thread for thread in threading.enumerate() if thread.name == "freqtrade-bitmex-guard"]


def test_an_aborted_request_is_never_sent_later(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo

    def resolve_slowly(*args: Any, **options: Any) -> Any:
        time.sleep(1.8)
        return resolve(*args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_slowly)
    assert summary(run_check(tmp_path, exchange, timeout_seconds=1))[:2] == (Outcome.UNVERIFIED, ["timed-out"])
    time.sleep(2)
    assert exchange.requests == []


def test_a_response_that_would_take_too_long_is_rejected(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    entry = key().to_json()
    for many in (
        [{**entry, "cidr": f"10.0.{number // 256}.{number % 256}"} for number in range(5_000)],
        [{**entry, "cidrs": [f"odd {number}" for number in range(100_000)]}],
        [{**entry, "permissions": [f"word{number}" for number in range(100_000)]}],
    ):
        exchange.respond_always("/apiKey", Response(200, json.dumps(many).encode()))
        verdict = run_check(tmp_path, exchange)
        assert summary(verdict) == (Outcome.UNVERIFIED, ["response-invalid"], 1)
        assert verdict.duration_ms < 10_000
        assert len(render_plain(verdict)) < 2000


def test_a_redirect_is_not_followed_and_nothing_signed_goes_elsewhere(
    tmp_path: Path, exchange: SimulatedBitMEX
) -> None:
    with SimulatedBitMEX([key()]) as elsewhere:
        exchange.respond_always("/apiKey", Response(302, headers={"Location": f"{elsewhere.url}/api/v1/apiKey"}))
        assert run_check(tmp_path, exchange).findings[0].name == "redirected"
        assert elsewhere.requests == []


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[trustme.CA]:
    with trusted_authority(tmp_path) as authority:
        yield authority


def served_with(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


class ConnectProxy(threading.Thread):
    """An https proxy that passes encrypted bytes on and records their destination."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        self.connects: list[str] = []
        self.start()

    def run(self) -> None:
        while True:
            client, _ = self.server.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        request = client.recv(4096).decode()
        self.connects.append(request)
        host, _, port = request.split()[1].partition(":")
        with client, socket.create_connection((host, int(port))) as upstream:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            reply = threading.Thread(target=self.pump, args=(upstream, client), daemon=True)
            reply.start()
            self.pump(client, upstream)
            reply.join(5)

    @staticmethod
    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                target.sendall(chunk)
            target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("names", [("httpsProxy",), ("proxies", "aiohttp_proxy")])
def test_the_check_uses_the_proxy_that_freqtrade_will_use(
    tmp_path: Path, authority: trustme.CA, names: tuple[str, ...]
) -> None:
    proxy = ConnectProxy()
    with SimulatedBitMEX([key()], tls=served_with(authority.issue_cert("127.0.0.1"))) as exchange:
        config = bot_config(tmp_path, exchange)
        for name in names:
            value = {"https": proxy.url} if name == "proxies" else proxy.url
            config["exchange"]["ccxt_config"][name] = value
        assert summary(LocalCheck(config).run().verdict) == (Outcome.ADMITTED, [], 4)
        assert len(proxy.connects) == 4
        for request in proxy.connects:
            assert request.startswith(f"CONNECT {exchange.url.removeprefix('https://')} ")
            assert "api-key" not in request


def test_a_socks_proxy_is_spoken_to_as_one(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy, SimulatedBitMEX([key()]) as exchange:
        config = bot_config(tmp_path, exchange, timeout_seconds=3)
        config["exchange"]["ccxt_config"] = {"socksProxy": f"socks5h://127.0.0.1:{proxy.getsockname()[1]}"}
        config["api_key_guard"]["allowed_hosts"] = ["www.bitmex.com"]
        check = threading.Thread(target=LocalCheck(config).run)
        check.start()
        client, _ = proxy.accept()
        with client:
            assert client.recv(1) == b"\x05"  # the version of SOCKS
        proxy.close()
        check.join()
        assert exchange.requests == []


def test_variables_do_not_redirect_the_check(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    assert summary(run_check(tmp_path, exchange)) == (Outcome.ADMITTED, [], 4)
