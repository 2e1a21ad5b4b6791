"""Tests that leak secrets, one way each, and some that do not; `test_leak_search` runs a copy of this file.

Programs get the secret from their environment, so that only their output holds it.
"""

from __future__ import annotations

import gzip
import logging
import os
import subprocess
import threading
import warnings
import zlib
from pathlib import Path
from typing import Any

import pexpect
import pytest

from freqtrade_bitmex_guard.simulator.keys import random_text
from tests.support.factories import KEY_ID, MADE_UP, SECRET, allow_secrets_in, store_files
from tests.support.leak_search import watch

PLAIN = SECRET.encode()
SAY = ["printenv", "S"]
HOW: dict[str, Any] = {"env": {**os.environ, "S": SECRET}}


def test_prints() -> None:
    print("x", SECRET)


@pytest.mark.parametrize("name", MADE_UP)
def test_prints_any_of_the_pairs(name: str) -> None:
    print(MADE_UP[name])


def test_prints_one_that_was_drawn_and_is_watched() -> None:
    drawn = random_text(40)
    watch("a drawn secret", drawn)
    print(drawn[10:18])


@pytest.mark.parametrize("piece", [slice(-1), slice(1, None), slice(17, 25)], ids=["first", "last", "amid"])
def test_prints_a_piece(piece: slice) -> None:
    print(f"x{SECRET[piece]}x")


def test_prints_a_key_id_beyond_its_first_four_characters() -> None:
    print(KEY_ID[4:12])


@pytest.mark.parametrize("gap", ["\n", "\r\n    ", "\x1b[0m\x1b[1;36m"], ids=["lines", "indented", "colours"])
def test_prints_it_split(gap: str) -> None:
    print(gap.join(SECRET[at : at + 5] for at in range(0, len(SECRET), 5)))


def test_logs_at_the_lowest_level() -> None:
    logging.getLogger("x").debug("said %s", SECRET)


def test_reads_what_it_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print(SECRET)
    assert capsys.readouterr().out


def test_reads_what_its_process_printed(capfd: pytest.CaptureFixture[str]) -> None:
    subprocess.run(SAY, **HOW, check=True)
    assert capfd.readouterr().out


def test_runs_one_that_prints() -> None:
    assert subprocess.run(SAY, **HOW, capture_output=True, check=True).stdout


def test_runs_one_that_complains() -> None:
    with subprocess.Popen("printenv S >&2", shell=True, **HOW, stderr=subprocess.PIPE, text=True) as process:
        assert process.communicate()[1]


def test_runs_one_that_prints_and_does_not_end() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run(["sh", "-c", "printenv S; exec sleep 9"], **HOW, capture_output=True, timeout=0.5, check=True)


@pytest.mark.parametrize("more", [{}, {"text": True}, {"bufsize": 0}], ids=["bytes", "text", "unbuffered"])
def test_reads_a_pipe(more: dict[str, Any]) -> None:
    with subprocess.Popen(SAY, **HOW, stdout=subprocess.PIPE, **more) as process:
        assert process.stdout is not None
        assert process.stdout.read()


def test_reads_a_pipe_line_by_line() -> None:
    with subprocess.Popen(SAY, **HOW, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert list(process.stdout)


def test_prints_to_a_file(tmp_path: Path) -> None:
    with (tmp_path / "printed").open("w") as file:
        subprocess.run(SAY, **HOW, stdout=file, check=True)


def test_talks_at_a_terminal() -> None:
    pexpect.spawn(SAY[0], SAY[1:], **HOW).expect(pexpect.EOF)


def test_puts_it_into_arguments() -> None:
    subprocess.run(["true", f"--secret={SECRET}"], check=True)


def test_puts_it_into_arguments_at_a_terminal() -> None:
    pexpect.spawn("true", [SECRET]).expect(pexpect.EOF)


@pytest.mark.parametrize(
    "content",
    [
        SECRET.encode().hex().encode(),
        gzip.compress(SECRET.encode()),
        zlib.compress(SECRET.encode()),
        SECRET.encode("utf-16"),
    ],
    ids=["hexadecimal", "gzip", "zlib", "UTF-16"],
)
def test_leaves_a_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "any.thing").write_bytes(content)


def test_leaves_a_file_that_nobody_may_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_text(SECRET)
    (tmp_path / "x").chmod(0)


def test_names_a_file(tmp_path: Path) -> None:
    (tmp_path / SECRET).touch()


def test_leaves_a_file_beside_its_store(tmp_path: Path) -> None:
    store_files(tmp_path)
    (tmp_path / "secret.bak").write_text(SECRET)


def test_records_a_property(record_property: Any) -> None:
    record_property("x", SECRET)


@pytest.mark.parametrize("value", [SECRET])
def test_is_named_so(value: str) -> None:
    assert value


def test_warns() -> None:
    warnings.warn(SECRET, stacklevel=1)


def test_fails_in_a_thread() -> None:
    def fail() -> None:
        raise ValueError(SECRET)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def test_innocent_it_keeps_secrets_where_they_belong(tmp_path: Path) -> None:
    store_files(tmp_path)
    allow_secrets_in(tmp_path / "vault")
    (tmp_path / "vault").mkdir()
    (tmp_path / "vault" / "entry").write_text(SECRET)


def test_innocent_it_shows_a_key_by_its_first_four_characters() -> None:
    print(f"LAqU… {KEY_ID[:7]} {SECRET[:7]}")


def test_innocent_it_hands_it_to_a_process_that_keeps_it_to_itself() -> None:
    subprocess.run(["sh", "-c", 'test -n "$S"'], **HOW, capture_output=True, check=True)


def test_last_it_leaves_a_file_in_another_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    (tmp_path_factory.mktemp("x") / "y").write_text(SECRET)
