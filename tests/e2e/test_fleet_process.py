"""`fleet` as a process of its own: interrupted, and with standard output that goes away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.responses import Hang
from tests.support.farm import Farm, farm

FLEET = [sys.executable, "-m", "freqtrade_bitmex_guard", "fleet"]


@pytest.fixture
def bots(tmp_path: Path) -> Iterator[Farm]:
    with farm(tmp_path, "kraken", "okx") as running:
        yield running


def start(*arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_VERSION"}
    return subprocess.Popen(
        [*FLEET, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def test_an_interrupt_reports_what_is_known_and_names_the_rest(bots: Farm) -> None:
    bots.add("good", "okx")
    bots.add("waiting")
    bots.exchanges["kraken"].respond_always("/private/GetApiKeyInfo", Hang())
    process = start(bots.pattern, "--format", "json")

    ends = time.monotonic() + 30
    while len(bots.requests()) < 2 and time.monotonic() < ends:
        time.sleep(0.05)
    time.sleep(0.7)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=20)

    report = json.loads(printed)
    assert process.returncode == 130
    assert [bot["bot"]["name"] for bot in report["bots"]] == ["good"]
    assert report["not_checked"] == ["waiting"]
    assert report["verdict"] == "unverified"
    assert "Traceback" not in errors


def test_a_reader_that_goes_away_changes_no_exit_code(bots: Farm) -> None:
    for name in ("a", "b", "c"):
        bots.add(name)
    process = start(bots.pattern, "--format", "jsonl")
    assert process.stdout is not None
    process.stdout.close()

    process.wait(30)

    assert process.returncode == 0


@pytest.mark.slow
def test_the_command_imports_only_the_exchanges_that_bots_use(bots: Farm) -> None:
    bots.add("a")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *FLEET[1:], bots.pattern], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "ccxt.abstract.kraken" in imported
    assert not {"ccxt.abstract.okx", "ccxt.abstract.binance", "pandas"} & imported
