"""Neither key id nor secret leaves the process, whoever tries to let it out and however it is written.

The attacker here is mostly carelessness: a strategy that logs its own client, an exchange that quotes what signed a
request, a traceback with a URL in it. Code that means to take the secret out of its own process can (README).
"""

from __future__ import annotations

import base64
import gc
import html
import json
import logging
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
import requests
from freqtrade.loggers.buffering_handler import FTBufferingHandler
from hypothesis import given
from hypothesis import strategies as st

from freqtrade_bitmex_guard import outlets, redaction
from freqtrade_bitmex_guard.demo.bot import Bot
from freqtrade_bitmex_guard.freqtrade_rpc import clear
from freqtrade_bitmex_guard.simulator.lookalike import Lookalike
from tests.leaks import secrets_in
from tests.processes.test_freqtrade import API_SERVER, free_port
from tests.support import KEY_ID, SECRET

FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in a URL": lambda value: f"https://x/?key={quote(value, safe='')}&y",
    "in a repr": lambda value: repr({"apiKey": value}),
    "in JSON": lambda value: json.dumps({"apiKey": value}),
    "in HTML": html.escape,
    "in base64": lambda value: base64.b64encode(value.encode()).decode(),
    "in base64 behind one letter": lambda value: base64.b64encode(f"u{value}".encode()).decode(),
    "in base64 behind two letters": lambda value: base64.b64encode(f"u:{value}:".encode()).decode(),
    "in base64 for URLs": lambda value: base64.urlsafe_b64encode(f"user:{value}".encode()).decode(),
    "in hexadecimal digits": lambda value: value.encode().hex(),
}


def close() -> None:
    """As the guard does once it has read them."""
    redaction.hide(SECRET)
    redaction.hide(KEY_ID, "LAqU…")
    outlets.close()


def both(form: str) -> str:
    return " ".join(FORMS[form](value) for value in (KEY_ID, SECRET))


def test_the_search_finds_what_nobody_hid() -> None:
    for form in FORMS:
        assert secrets_in(both(form)) == ["the key id", "the secret"], form
    assert secrets_in(f"LAqU… {KEY_ID[:-1]} {SECRET[1:]}") == []


@given(
    st.text(alphabet=[chr(code) for code in range(0x21, 0x7F)], min_size=8, max_size=64),
    st.sampled_from(list(FORMS)),
    st.text(max_size=5),
)
def test_any_secret_in_any_form_between_any_text_is_left_out(value: str, form: str, around: str) -> None:
    redaction._hidden.clear()
    written = FORMS[form](value)
    redaction.hide(value)
    assert value not in redaction.cleared(f"{around}{value}{around}")
    cleared = redaction.cleared(f"{around} {written} {around}")
    # What is left of base64 is at most the characters that hold something of the neighbours.
    longest = max((len(part) for part in cleared.replace("…", " ").split()), default=0)
    assert longest < len(around) + max(24, len(value))
    assert written not in cleared


@pytest.fixture
def log() -> Any:
    """A logger whose handlers were made before and after the outlets were closed; gives both of what they kept."""
    logger = logging.Logger("a library", level=1)
    kept: list[FTBufferingHandler] = []
    for moment in range(2):
        if moment:
            close()
        handler = FTBufferingHandler(1000)
        handler.setFormatter(logging.Formatter("%(asctime)s - %(name)s - %(levelname)s - %(message)s"))
        logger.addHandler(handler)
        kept.append(handler)

    def shown() -> str:
        return "\n".join(handler.format(record) for handler in kept for record in handler.buffer)

    logger.shown = shown  # type: ignore[attr-defined]
    return logger


@pytest.mark.parametrize("form", list(FORMS))
def test_no_log_record_shows_a_secret_in_any_form(log: Any, form: str) -> None:
    log.warning(both(form))
    log.warning("in an argument: %s", both(form))
    log.warning("in a %(place)s", {"place": both(form)})
    log.debug("in an object: %r", {"headers": [both(form)]})
    assert secrets_in(log.shown()) == []
    assert log.shown().count("LAqU…") == 8


def test_no_logged_traceback_shows_a_secret(log: Any) -> None:
    try:
        try:
            raise ValueError(f"bitmex GET https://x/?key={KEY_ID}")
        except ValueError as cause:
            raise RuntimeError(SECRET) from cause
    except RuntimeError as problem:
        log.exception("it failed: %s", problem)
        log.error("it failed", exc_info=problem, stack_info=True)
    assert secrets_in(log.shown()) == []
    assert log.shown().count("Traceback") == 8
    assert all(SECRET not in str(record.exc_info) for handler in log.handlers for record in handler.buffer)


class Unprintable:
    def __str__(self) -> str:
        raise RecursionError


@pytest.mark.parametrize("arguments", [("%d", SECRET), ("%s and %s", SECRET), (f"{SECRET} %s", Unprintable())])
def test_a_record_that_cannot_be_checked_is_left_out_and_raises_nothing(
    log: Any, arguments: tuple[Any, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    log.error(*arguments)
    assert "left out" in log.shown()
    # Else logging itself prints format and arguments to standard error.
    assert secrets_in(log.shown() + "".join(capsys.readouterr())) == []


def test_a_record_without_a_secret_stays_as_it_was(log: Any) -> None:
    log.info("%s took %.1f s", "a look", 1.25)
    record = log.handlers[0].buffer[-1]
    assert (record.msg, record.args) == ("%s took %.1f s", ("a look", 1.25))


def test_closing_again_stacks_nothing_and_hides_the_new_pair_too(log: Any) -> None:
    make = logging.getLogRecordFactory()
    redaction.hide("another-secret")
    outlets.close()
    assert logging.getLogRecordFactory() is make
    log.info("%s %s another-secret", KEY_ID, SECRET)
    assert secrets_in(log.shown()) == []
    assert "another-secret" not in log.shown()


def uncaught_in_a_thread() -> None:
    def fail() -> None:
        raise ValueError(SECRET)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def uncaught_in_a_destructor() -> None:
    class Fails:
        def __repr__(self) -> str:
            return f"Fails({KEY_ID})"

        def __del__(self) -> None:
            raise ValueError(SECRET)

    Fails()
    gc.collect()


def uncaught_at_the_top() -> None:
    try:
        raise ValueError(both("in base64"))
    except ValueError as problem:
        sys.excepthook(type(problem), problem, problem.__traceback__)


@pytest.mark.parametrize("fail", [uncaught_in_a_thread, uncaught_in_a_destructor, uncaught_at_the_top])
def test_an_error_that_nobody_caught_shows_no_secret(
    fail: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # pytest listens there itself; a process that is not tested has Python's own.
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    close()
    fail()
    shown = capsys.readouterr().err
    assert "ValueError: …" in shown or "ValueError: LAqU… …" in shown
    assert secrets_in(shown) == []


def test_an_error_without_a_secret_is_shown_as_ever(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    close()
    try:
        raise ValueError("nothing special")
    except ValueError as problem:
        sys.excepthook(type(problem), problem, problem.__traceback__)
        usual = "".join(traceback.format_exception(problem))
    assert capsys.readouterr().err == usual


def test_no_message_of_the_bot_shows_a_secret() -> None:
    sent: list[Any] = []

    class Module:
        def send_msg(self, message: Any) -> None:
            sent.append(message)

    module, kind = Module(), logging.INFO
    close()
    clear(SimpleNamespace(rpc=SimpleNamespace(registered_modules=[module])))
    module.send_msg({"type": kind, "status": SECRET, "data": [KEY_ID, {"x": (both("in base64"),)}], "open": None})
    assert sent == [{"type": kind, "status": "…", "data": ["LAqU…", {"x": ["LAqU… …"]}], "open": None}]


CARELESS = """
import base64, logging, threading
from freqtrade.enums import RPCMessageType
from never_trades import NeverTrades

class Careless(NeverTrades):
    def bot_loop_start(self, current_time, **more):
        client = self.dp._exchange._api
        for value in (client.apiKey, client.secret):
            for said in (value, repr([value]), base64.b64encode(f"u:{value}".encode()).decode()):
                logging.getLogger("careless").warning("said %s", said)
                self.dp.send_msg(f"said {said}")
                self.dp._DataProvider__rpc.send_msg({"type": RPCMessageType.WARNING, "status": f"said {said}"})
        def fail(): raise ValueError(client.secret)
        threading.Thread(target=fail).start()
        logging.getLogger("careless").warning("SAID IT ALL")
        raise ValueError(f"{client.apiKey} {client.secret}")
"""


class Receiver(HTTPServer):
    """Where the bot's webhook sends its messages."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), Receiving)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class Receiving(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""


@pytest.mark.slow
def test_a_strategy_that_says_all_it_has_at_vvv_gets_no_secret_out_of_the_bot(
    bot: Bot, exchange: Lookalike, wheel: Path
) -> None:
    port, receiver = free_port(), Receiver()
    (bot.folder / "user_data" / "strategies" / "careless.py").write_text(CARELESS)
    bot.config |= {
        "strategy": "Careless",
        "api_server": {**API_SERVER, "listen_port": port},
        "webhook": {
            "enabled": True,
            "url": f"http://127.0.0.1:{receiver.server_port}",
            "format": "json",
            "allow_custom_messages": True,
            "webhookstatus": {"text": "{status}"},
            "strategy_msg": {"text": "{msg}"},
        },
    }
    log = bot.folder / "freqtrade.log"
    process = bot.trade("--logfile", str(log), "-vvv", python=str(wheel))
    assert process.reaches(), process.output
    assert process.reaches("SAID IT ALL"), process.output
    assert process.reaches("ValueError"), process.output
    kept = requests.get(f"http://127.0.0.1:{port}/api/v1/logs", auth=("u", "p"), timeout=10).json()
    process.stop()
    receiver.shutdown()
    messages = b"\n".join(receiver.bodies).decode()
    for outlet in (process.output, log.read_text(), json.dumps(kept), messages):
        assert "said" in outlet
        assert secrets_in(outlet) == []
    assert "said LAqU" in messages.encode().decode("unicode_escape", "replace")
    assert exchange.asked[1].headers["api-signature"] not in process.output + log.read_text()
    for path in bot.folder.rglob("*"):
        if path.is_file() and path.parent != bot.folder:
            assert secrets_in(path.read_bytes()) == [], path
    assert secrets_in((bot.folder / "trades.sqlite").read_bytes()) == []


@pytest.mark.slow
def test_a_schema_error_that_quotes_a_secret_from_a_wrong_place_of_the_config_shows_none(
    bot: Bot, exchange: Lookalike, wheel: Path
) -> None:
    bot.config["unfilledtimeout"] = {"unit": f"{KEY_ID} {SECRET}"}
    process = bot.trade(python=str(wheel))
    process.wait()
    assert "Invalid configuration. Reason: 'LAqU… …' is not one of" in process.output, process.output


LEAKING = """
import subprocess, sys
from tests.support import KEY_ID, SECRET
def test_prints(): print("x", SECRET)
def test_starts_one_that_prints(): subprocess.run([sys.executable, "-c", f"print('{KEY_ID}')"], capture_output=True)
def test_logs_to_a_file(tmp_path): (tmp_path / "a.log").write_text(SECRET.encode().hex())
def test_prints_nothing(): pass
"""


def test_a_test_that_brings_a_secret_out_fails(tmp_path: Path) -> None:
    (tmp_path / "test_leaking.py").write_text(LEAKING)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.leaks", "-p", "no:cacheprovider", "--tb=no"]
    with (tmp_path / "printed").open("w+") as printed:
        subprocess.Popen([*command, f"--rootdir={tmp_path}", str(tmp_path)], cwd=root, stdout=printed).wait(60)
        printed.seek(0)
        told = printed.read()
    assert "ERROR" in told
    for name in ("test_prints", "test_starts_one_that_prints", "test_logs_to_a_file"):
        assert f"::{name}" in told, told
    assert "::test_prints_nothing" not in told
