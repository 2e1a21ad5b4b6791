"""What a recheck takes for silence, and what for a word about the key: real answers of the simulated exchange."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.exchanges.bitmex import BitMEX
from freqtrade_bitmex_guard.model.findings import fail
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, error
from freqtrade_bitmex_guard.simulator.responses import Reaction, Reset, Response
from tests.support.factories import bot_config, key, trusted_authority

GOOD = json.dumps([key().to_json()]).encode()
PAGE = b"<html><title>Just a moment</title></html>"

SILENCE: dict[str, Reaction] = {
    **{f"a page with {status}": Response(status, PAGE) for status in (200, 400, 401, 403, 404, 429, 500, 503)},
    "an empty 200": Response(200, b""),
    "blank": Response(200, b" \n"),
    "a 204": Response(204, b""),
    "cut short": Response(200, GOOD[:-5]),
    "closed early": Response(200, GOOD, reset_after=20),
    "a word": Response(200, b'"OK"'),
    "null": Response(200, b"null"),
    "an empty object": Response(200, b"{}"),
    "an empty list": Response(200, b"[]"),
    "a 401 without a word": Response(401, b"{}"),
    "damaged gzip": Response(200, b"x" + GOOD, {"Content-Encoding": "gzip"}),
    "too large": Response(200, b" " * 5_000_000),
    "another host": Response(302, headers={"Location": "https://portal.example/"}),
    "nothing changed": Response(304),
    "the connection": Reset(),
    "overloaded": error(503, "The system is currently overloaded."),
    "too many": error(429, "Rate limit exceeded"),
    "clock": error(400, "This request has expired - `expires` is in the past. Current time: 1"),
}

WORDS: dict[str, Reaction] = {
    "unknown key": error(401, "Invalid API Key."),
    "signature": error(401, "Signature not valid."),
    "disabled": error(403, "This key is disabled."),
    "address": error(403, "This IP address is not allowed to use this key."),
    "denied": error(403, "Access Denied"),
    "account": error(403, "Your account has been disabled."),
    "a new word": error(403, "This key was frozen by its owner."),
    "a field nobody knows": Response(200, json.dumps([{**key().to_json(), "canWithdrawAll": True}]).encode()),
    "no permissions": Response(200, json.dumps([{**key().to_json(), "permissions": None}]).encode()),
    "permissions twice": Response(200, GOOD.replace(b'"permissions"', b'"permissions": ["withdraw"], "permissions"')),
}


def respond(exchange: SimulatedBitMEX, reaction: Reaction) -> None:
    for path in ("/apiKey", "/apiKey/self"):
        exchange.respond_always(path, reaction)


def recheck(folder: Path, exchange: SimulatedBitMEX, spoil: Callable[[], Any]) -> Any:
    check = LocalCheck(bot_config(folder, exchange, timeout_seconds=2))
    assert check.run().verdict.admitted
    spoil()
    verdict = check.recheck()
    assert not verdict.admitted
    return verdict


@pytest.mark.parametrize("reaction", SILENCE.values(), ids=SILENCE)
def test_what_says_nothing_of_the_key_is_silence(tmp_path: Path, exchange: SimulatedBitMEX, reaction: Reaction) -> None:
    assert recheck(tmp_path, exchange, lambda: respond(exchange, reaction)).silent


@pytest.mark.parametrize("reaction", WORDS.values(), ids=WORDS)
def test_a_word_about_the_key_is_never_silence(tmp_path: Path, exchange: SimulatedBitMEX, reaction: Reaction) -> None:
    assert not recheck(tmp_path, exchange, lambda: respond(exchange, reaction)).silent


def test_an_answer_about_another_key_is_silence(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    verdict = recheck(tmp_path, exchange, lambda: exchange.keys[0].overrides.update(id="x" * 24))
    assert (verdict.findings[0].name, verdict.silent) == ("key-not-listed", True)


@pytest.mark.parametrize(
    ("name", "is_silent"), [("internal-error", False), ("exchange-cannot-tell", False), ("response-invalid", True)]
)
def test_what_rests_on_no_answer_is_no_silence(
    tmp_path: Path, exchange: SimulatedBitMEX, monkeypatch: pytest.MonkeyPatch, name: str, is_silent: bool
) -> None:
    def read(*_: Any) -> Any:
        fail(name, "Nothing was asked.", "Report it.")

    verdict = recheck(tmp_path, exchange, lambda: monkeypatch.setattr(BitMEX, "read_key", read))
    assert [finding.name for finding in verdict.findings] == [name]
    assert verdict.silent is is_silent


@pytest.mark.parametrize("offset", [900, 6])
def test_a_clock_that_is_off_is_silence(tmp_path: Path, exchange: SimulatedBitMEX, offset: float) -> None:
    verdict = recheck(tmp_path, exchange, lambda: setattr(exchange, "clock_offset", offset))
    assert (verdict.findings[0].name, verdict.silent) == ("clock-skew", True)


def test_a_failed_handshake_is_silence(tmp_path: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with trusted_authority(tmp_path) as authority, SimulatedBitMEX([key()], tls=tls) as exchange:
        authority.issue_cert("127.0.0.1").configure_cert(tls)
        verdict = recheck(tmp_path, exchange, lambda: trustme.CA().issue_cert("127.0.0.1").configure_cert(tls))
    assert (verdict.findings[0].name, verdict.silent) == ("tls-failed", True)
