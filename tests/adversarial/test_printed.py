"""No secret leaves through what is printed: uncaught errors, warnings, debugging output."""

from __future__ import annotations

import copy
import gc
import io
import logging
import logging.handlers
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from itertools import pairwise

import pytest
import rich.traceback
from hypothesis import given
from hypothesis import strategies as st

from freqtrade_bitmex_guard.redaction import output
from freqtrade_bitmex_guard.redaction.output import UNCHECKED_TEXT
from tests.adversarial.encodings import ROOT, both, install_redaction
from tests.support.factories import KEY_ID, SECRET
from tests.support.leak_search import secrets_in


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


def printed_by_its_handler() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        traceback.print_exc()


def drawn_with_all_variables() -> None:
    rich.traceback.install(show_locals=True)
    uncaught_at_the_top()


def printed() -> None:
    print("ValueError:", repr([KEY_ID, SECRET]))


def a_record_that_cannot_be_formatted() -> None:
    class Breaks(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            try:
                raise ValueError(SECRET)
            except ValueError:
                self.handleError(record)

    logger = logging.Logger("x")
    logger.addHandler(Breaks())
    logger.warning("said %s", SECRET)


def in_a_thread_that_is_called_so() -> None:
    thread = threading.Thread(name=SECRET)
    threading.excepthook(threading.ExceptHookArgs((ValueError, ValueError(KEY_ID), None, thread)))


@pytest.mark.parametrize(
    "fail",
    [
        *(uncaught_in_a_thread, uncaught_in_a_destructor, uncaught_at_the_top, printed_by_its_handler),
        *(drawn_with_all_variables, printed, a_record_that_cannot_be_formatted),
        in_a_thread_that_is_called_so,
    ],
)
def test_an_error_that_nobody_caught_shows_no_secret(
    fail: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # pytest has its own hook there; other processes have Python's.
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    install_redaction()
    fail()
    shown = "".join(capsys.readouterr())
    assert "ValueError: " in shown
    assert "…" in shown
    assert secrets_in(shown) == []


def test_a_process_that_ends_with_a_secret_does_not_show_it() -> None:
    script = f"""
import multiprocessing, sys, threading, warnings
from freqtrade_bitmex_guard.redaction import output, registry
from tests.support.factories import SECRET
registry.register_secret(SECRET); output.install()
def fail(): raise ValueError(SECRET)
process = multiprocessing.get_context("fork").Process(target=fail)
process.start(); process.join()
warnings.warn(f"warned of {{SECRET}}")
class Unclosed:
    def __del__(self): raise ValueError("unclosed " + SECRET)
threading.left = Unclosed()  # until the interpreter takes its modules down
sys.stdout.writelines([SECRET, "{chr(92)}n"])
sys.exit(f"it failed: {{SECRET}}")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert done.stdout == "…\n"
    assert "ValueError: …\n" in done.stderr
    assert "UserWarning: warned of …\n" in done.stderr
    assert "it failed: …\n" in done.stderr
    assert "unclosed …\n" in done.stderr or UNCHECKED_TEXT in done.stderr
    assert secrets_in(done.stderr) == []


@given(st.lists(st.integers(0, 120)), st.text(max_size=9))
def test_a_secret_that_is_printed_in_pieces_does_not_come_together_again(cuts: list[int], between: str) -> None:
    install_redaction()
    said = f"{between}{SECRET}{between}{KEY_ID} and {SECRET}{SECRET[:20]}."
    stream = output._RedactingStream(kept := io.StringIO())
    for begins, ends in pairwise([0, *sorted(cuts), len(said)]):
        stream.write(said[begins:ends])
    assert secrets_in(kept.getvalue()) == []
    assert kept.getvalue().startswith(between)
    assert kept.getvalue().endswith(".")


def test_standard_output_stays_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", kept := io.StringIO())
    install_redaction()
    stream = sys.stdout
    assert copy.copy(stream).write("") == 0
    with stream as itself:
        assert itself.write(f"said {SECRET}") == len(f"said {SECRET}")
        assert kept.getvalue() == "said …"
    assert kept.closed


def test_an_error_without_a_secret_is_shown_as_ever(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    install_redaction()
    try:
        raise ValueError("nothing special")
    except ValueError as problem:
        sys.excepthook(type(problem), problem, problem.__traceback__)
        usual = "".join(traceback.format_exception(problem))
    assert capsys.readouterr().err == usual
