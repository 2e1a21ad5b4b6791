"""Neither key id nor secret leaves the process through its log, in any form.

The attacker is mostly carelessness: a strategy that logs its client, an exchange that quotes what signed a request, a
traceback with a URL in it. Code that wants to take the secret out of its own process can do so (threat model).
"""

from __future__ import annotations

import contextlib
import io
import logging
import logging.handlers
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
from freqtrade.loggers.buffering_handler import FTBufferingHandler
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.logging import RichHandler

from freqtrade_bitmex_guard.redaction import output, registry
from tests.adversarial.encodings import FORMS, both, install_redaction
from tests.support.factories import KEY_ID, MADE_UP, SECRET
from tests.support.leak_search import secrets_in


def test_the_search_finds_what_is_not_redacted() -> None:
    for form in FORMS:
        assert secrets_in(both(form)) == ["the key id", "the secret"], form
    for value in MADE_UP.values():
        assert all(secrets_in(value[at : at + 8]) for at in range(len(value) - 7))
    assert secrets_in(f"LAqU… {KEY_ID[:7]} {SECRET[-7:]}") == []


@given(
    st.text(alphabet=[chr(code) for code in range(0x21, 0x7F)], min_size=8, max_size=64),
    st.sampled_from(list(FORMS)),
    st.text(max_size=5),
)
def test_any_secret_in_any_form_between_any_text_is_left_out(value: str, form: str, around: str) -> None:
    registry._registered = {}
    written = FORMS[form](value)
    registry.register_secret(value)
    assert value not in registry.redact(f"{around}{value}{around}")
    cleared = registry.redact(f"{around} {written} {around}")
    # At most the characters of base64 that also encode the neighbours remain.
    longest = max((len(part) for part in cleared.replace("…", " ").split()), default=0)
    assert longest < len(around) + max(24, len(value))
    assert written not in cleared


@pytest.fixture
def log() -> Any:
    """A logger whose handlers were made before and after the filters; returns what both kept."""
    logger = logging.Logger("a library", level=1)
    kept: list[FTBufferingHandler] = []
    for moment in range(2):
        if moment:
            install_redaction()
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
    # Otherwise logging prints format and arguments to standard error.
    assert secrets_in(log.shown() + "".join(capsys.readouterr())) == []


def test_a_record_without_a_secret_stays_as_it_was(log: Any) -> None:
    log.info("%s took %.1f s", "a look", 1.25)
    record = log.handlers[0].buffer[-1]
    assert (record.msg, record.args) == ("%s took %.1f s", ("a look", 1.25))


def by_the_loggers_name(log: Any) -> None:
    log.name = f"client.{KEY_ID}"
    log.warning("hi")


def in_an_argument_that_the_message_shows_a_part_of(log: Any) -> None:
    log.warning("of %.4s", KEY_ID)


def by_the_threads_name(log: Any) -> None:
    thread = threading.Thread(target=log.warning, args=("hi",), name=f"for {SECRET}")
    thread.start()
    thread.join()


def beside_the_message(log: Any) -> None:
    log.warning("hi", extra={"headers": {"api-key": KEY_ID}, "note": SECRET})


def past_the_factory(log: Any) -> None:
    logging.setLogRecordFactory(logging.LogRecord)
    log.handle(logging.makeLogRecord({"name": "x", "msg": "said %s", "args": (SECRET,), "levelno": 40}))
    log.handlers[0].handle(logging.LogRecord("x", 40, "x.py", 1, KEY_ID, (), None))


def changed_after_it_was_logged(log: Any) -> None:
    later = logging.handlers.MemoryHandler(100, flushLevel=99, target=log.handlers[0])
    log.addHandler(later)
    said: dict[str, str] = {}
    log.warning("config %s", said)
    said["secret"] = SECRET
    later.flush()


def with_the_variables_of_every_frame(log: Any) -> None:
    drawn = io.StringIO()
    log.addHandler(RichHandler(console=Console(file=drawn), rich_tracebacks=True, tracebacks_show_locals=True))
    held = SECRET
    try:
        raise KeyError("nothing secret")
    except KeyError:
        log.exception("it failed")
    assert held
    print(drawn.getvalue())


def in_pieces(log: Any) -> None:
    log.warning("%.40s and %s", SECRET, KEY_ID[4:12])
    log.warning(f"{SECRET[:20]}...{SECRET[-20:]} {KEY_ID.upper()} {SECRET[:24]}\n{SECRET[24:]}")


EVERYTHING = "%(name)s %(threadName)s %(message)s"


@pytest.mark.parametrize(
    "say",
    [
        *(by_the_loggers_name, by_the_threads_name, beside_the_message, past_the_factory, in_pieces),
        *(changed_after_it_was_logged, with_the_variables_of_every_frame),
        in_an_argument_that_the_message_shows_a_part_of,
    ],
)
def test_no_way_past_the_message_of_a_record_shows_a_secret(
    log: Any, say: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    for handler in log.handlers:
        handler.setFormatter(logging.Formatter(EVERYTHING))
    say(log)
    shown = log.shown() + "".join(capsys.readouterr())
    for handler in log.handlers:
        for record in getattr(handler, "buffer", []):
            shown += repr({name: value for name, value in vars(record).items() if name != "pathname"})
    assert shown
    for value in (KEY_ID[4:], SECRET):
        assert not any(value[at : at + 8].lower() in shown.lower() for at in range(len(value) - 7))


def test_an_object_that_logs_itself_costs_no_more_with_the_filter() -> None:
    class Nested:
        calls = 0

        def __str__(self) -> str:
            Nested.calls += 1
            logger.warning("again: %s", self)
            return "x"

    logger = logging.Logger("a library")
    logger.addHandler(logging.StreamHandler(io.StringIO()))
    install_redaction()
    with contextlib.suppress(RecursionError):
        logger.warning("%s", Nested())
    assert 0 < Nested.calls < sys.getrecursionlimit()


def test_installing_again_stacks_no_filter_and_redacts_new_secrets(log: Any) -> None:
    output.install()
    closed = logging.Handler.handle, sys.stdout, sys.stderr
    registry.register_secret("another-secret")
    output.install()
    assert closed == (logging.Handler.handle, sys.stdout, sys.stderr)
    log.info("%s %s another-secret", KEY_ID, SECRET)
    assert secrets_in(log.shown()) == []
    assert "another-secret" not in log.shown()
