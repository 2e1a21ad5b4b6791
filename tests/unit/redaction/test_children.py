"""Secrets in processes that a bot starts, and in what a crash leaves behind."""

from __future__ import annotations

import multiprocessing
import pickle
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.adversarial.encodings import install_redaction
from tests.support.careless_child import STARTS, say
from tests.support.factories import bot_config
from tests.support.leak_search import secrets_in

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
@pytest.mark.parametrize("start", STARTS)
def test_no_child_process_shows_a_secret(method: str, start: str) -> None:
    command = [sys.executable, "-m", "tests.support.careless_child", start, method]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, check=False)
    assert secrets_in(done.stdout + done.stderr) == []
    said = 2 if start in ("grandchild", "joblib") else 1
    assert done.stdout.count("printed: …") == said, done.stderr
    assert done.stderr.count("logged: a secret …") == said
    assert done.stderr.count("ValueError: …") == said


def test_a_process_object_gives_no_secret_to_anything_but_a_child() -> None:
    install_redaction()
    process = multiprocessing.get_context("spawn").Process(target=say)
    assert secrets_in(pickle.dumps(process._guard_redaction)) == []  # type: ignore[attr-defined]


DUMP = """
import os, resource, sys
from freqtrade_bitmex_guard.redaction import output
soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
output.install() if sys.argv[1] == "guarded" else None
print(resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_a_process_that_holds_a_secret_dumps_no_core() -> None:
    limits = {
        how: subprocess.run([sys.executable, "-c", DUMP, how], capture_output=True, text=True, check=True).stdout
        for how in ("guarded", "plain")
    }
    assert limits["guarded"] == "(0, 0)\n"
    assert limits["plain"] == f"{(resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2}\n"


def test_core_dumps_are_forbidden_before_a_store_is_asked(tmp_path: Path, exchange: SimulatedBitMEX) -> None:
    program, seen = tmp_path / "store", tmp_path / "seen"
    program.write_text(f"#!/bin/sh\nulimit -c >> {seen}\nulimit -Hc >> {seen}\nexit 1\n")
    program.chmod(0o700)
    section = {"store": "command", "key_command": [str(program)], "secret_command": ["false"]}
    LocalCheck(bot_config(tmp_path, exchange, credentials=section)).run()
    assert seen.read_text().split() == ["0", "0"]
