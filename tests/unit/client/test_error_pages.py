"""Pages in the place of an answer: a challenge, a country block, a proxy and a ban are told apart."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.client.errors import fail_for
from freqtrade_bitmex_guard.client.response import Response
from freqtrade_bitmex_guard.exchanges.bitmex.profile import PROFILE
from freqtrade_bitmex_guard.model.findings import Finding, GuardError
from freqtrade_bitmex_guard.simulator import responses
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.support.factories import bot_config


def judged(status: int, body: str, **headers: str) -> Finding:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(GuardError) as stopped:
        fail_for(Response(status, named, body.encode(), 0.0), PROFILE, ())
    (finding,) = stopped.value.findings
    return finding


CLOUDFLARE = "<!DOCTYPE html><html><head><title>{}</title></head><body>{}</body></html>"
PAGES = {
    "a challenge of Cloudflare": (403, CLOUDFLARE.format("Just a moment...", ""), {}, "challenge-page"),
    "a challenge in a header": (403, "<html>", {"cf_mitigated": "challenge"}, "challenge-page"),
    "a challenge of Amazon": (403, "", {"x_amzn_waf_action": "captcha"}, "challenge-page"),
    "an old challenge": (503, CLOUDFLARE.format("x", "Checking your browser before accessing"), {}, "challenge-page"),
    "a captcha": (403, CLOUDFLARE.format("Attention Required! | Cloudflare", "captcha-bypass"), {}, "challenge-page"),
    "a block of Cloudflare": (
        403,
        CLOUDFLARE.format("Attention Required! | Cloudflare", "Sorry, you have been blocked. challenge-platform"),
        {},
        "address-banned",
    ),
    "a code of Cloudflare": (403, "error code: 1006", {}, "address-banned"),
    "too many requests": (429, CLOUDFLARE.format("Access denied", "Error 1015: rate limited"), {}, "rate-limited"),
    "a country block of Cloudflare": (403, "error code: 1009", {}, "location-blocked"),
    "a country block of Amazon": (
        403,
        "The Amazon CloudFront distribution is configured to block access from your country.",
        {},
        "location-blocked",
    ),
    "a country block in words": (403, "<p>This service is not available in your region.</p>", {}, "location-blocked"),
    "a legal block": (451, "<html>", {}, "location-blocked"),
    "a proxy that wants a password": (407, "<html>", {}, "proxy-refused"),
    "a proxy that wants one, oddly": (403, "<html>", {"proxy_authenticate": "Basic"}, "proxy-refused"),
    "a squid": (403, "<html>", {"x_squid_error": "ERR_ACCESS_DENIED 0"}, "proxy-refused"),
    "a filter of a company": (403, "<title>FortiGuard Intrusion Prevention</title>", {}, "proxy-refused"),
    "a page without a sign": (403, "<html><h1>403 Forbidden</h1></html>", {}, "address-banned"),
    "maintenance with a form": (503, CLOUDFLARE.format("Maintenance", "g-recaptcha"), {}, "maintenance"),
    "a proxy whose exchange is down": (503, "<html>", {"x_squid_error": "ERR_CONNECT_FAIL 111"}, "maintenance"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_called_what_it_is(name: str) -> None:
    status, body, headers, finding = PAGES[name]
    assert judged(status, body, **headers).name == finding


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page[3] != "address-banned"])
def test_only_a_ban_is_called_one(name: str) -> None:
    status, body, headers, _ = PAGES[name]
    finding = judged(status, body, **headers)
    assert "longer" not in finding.message
    assert "wait an hour" not in finding.fix


def test_json_is_no_page_whatever_its_words() -> None:
    assert judged(403, '{"error": {"message": "captcha"}}').name == "exchange-error"


def test_a_challenge_ends_a_check_unverified(exchange: SimulatedBitMEX, tmp_path: Path) -> None:
    exchange.respond_always("/apiKey", responses.page(403, CLOUDFLARE.format("Just a moment...", "")))
    verdict = LocalCheck(bot_config(tmp_path, exchange)).run().verdict
    assert [finding.name for finding in verdict.findings] == ["challenge-page"]
    assert "BitMEX" in verdict.findings[0].message


@pytest.fixture
def refusing_proxy() -> Iterator[str]:
    """A proxy that opens no tunnel without a password."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_proxy_that_opens_no_tunnel_is_named(exchange: SimulatedBitMEX, tmp_path: Path, refusing_proxy: str) -> None:
    config = bot_config(tmp_path, exchange)
    config["exchange"]["ccxt_config"] = {"httpsProxy": refusing_proxy, "wsProxy": refusing_proxy}
    config["api_key_guard"].pop("allowed_hosts")

    verdict = LocalCheck(config).run().verdict

    assert [finding.name for finding in verdict.findings] == ["proxy-refused"]
    assert verdict.requests == 1
