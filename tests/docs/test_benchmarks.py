"""The commands that the benchmarks compare do what they say; what they take is no test."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.client.installed_ccxt import exchange_class
from freqtrade_bitmex_guard.demo.run import demo_ids
from freqtrade_bitmex_guard.exchanges import get_adapter
from freqtrade_bitmex_guard.model.findings import GuardError
from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from tests.exchanges.contract_cases import prepare_bot
from tests.support.factories import allow_secrets_in, store_files

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


PAGE = BENCHMARKS.parent / "docs" / "pages" / "evidence" / "benchmarks.md"


def test_the_twelve_lines_of_ccxt_are_twelve_and_print_the_permissions(
    tmp_path: Path, exchange: SimulatedBitMEX
) -> None:
    script = BENCHMARKS / "twelve_lines.py"
    assert len([line for line in script.read_text().splitlines() if line]) <= 12
    files = store_files(tmp_path)
    command = [sys.executable, str(script), exchange.url, files["key_file"], files["secret_file"]]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "permissions ['order'], allowed IPs 127.0.0.1/32\n"
    assert exchange.paths() == ["GET /apiKey"]


@pytest.mark.parametrize("name", demo_ids())
def test_one_class_of_ccxt_makes_the_same_calls_alone(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        exchange_class(get_adapter(name).profile)
    except GuardError:
        pytest.skip(f"this ccxt has no {name}")
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    tasks = importlib.import_module("tasks")
    simulator = simulated(name)
    with simulator([simulator.random_key()]) as exchange:
        bot = prepare_bot(exchange, tmp_path)
        task = tasks.write_task(bot)
        about_the_key = exchange.requests[-len(json.loads(task.read_text())["calls"]) :]
        exchange.requests.clear()
        command = [sys.executable, "-X", "importtime", str(BENCHMARKS / "one_class.py"), name, str(task)]
        allow_secrets_in(tmp_path / "answers")  # an answer names the key
        with (tmp_path / "answers").open("w") as answers:
            done = subprocess.run(command, stdout=answers, stderr=subprocess.PIPE, text=True, check=False)

        assert done.returncode == 0, done.stderr[-500:]
        asked = [(request.route, request.status) for request in about_the_key]
        assert [(request.route, request.status) for request in exchange.requests] == asked
    assert len((tmp_path / "answers").read_text().splitlines()) == len(about_the_key)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert f"ccxt.{name}" in imported
    assert "ccxt" not in imported
    assert "freqtrade_bitmex_guard.client" not in imported
    for part, secret in exchange.credentials(exchange.keys[0]).items():
        assert part == "wallet_address" or secret not in task.read_text()  # the address is public, and a parameter


def test_the_page_names_the_command_that_wrote_it_and_every_target() -> None:
    page = PAGE.read_text()
    assert "`python benchmarks/measure.py > docs/pages/evidence/benchmarks.md` wrote this page" in page
    for figure in ("python -c pass", "--version", "show-config", "RUNNING", "--check-only", "twelve lines"):
        assert figure in page


def test_the_page_names_the_command_that_measured_the_filter_with_its_option() -> None:
    for page in (PAGE, BENCHMARKS / "measure.py"):
        assert "`python benchmarks/log_filter.py --fast`" in page.read_text()
    assert 'HERE / "log_filter.py", "--fast"]' in (BENCHMARKS / "measure.py").read_text()


@pytest.mark.slow
@pytest.mark.bitmex
def test_the_cost_of_an_audit_and_a_recheck_is_measured() -> None:
    command = [sys.executable, str(BENCHMARKS / "account.py"), "1", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert re.search(r"^\| 3 \| [\d.]+ s \|", done.stdout, re.MULTILINE)
    assert "A recheck of a running bot's key takes one request" in done.stdout


@pytest.mark.slow
def test_the_cost_of_a_fleet_is_measured_with_one_request_a_key() -> None:
    command = [sys.executable, str(BENCHMARKS / "fleet.py"), "1", "6"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert re.search(r"^\| 1 \| [\d.]+ s \| 1.0 \| — \| \d+ MB \| 1 \|$", done.stdout, re.MULTILINE)
    assert re.search(r"^\| 6 \| [\d.]+ s \| [\d.]+ \| -?[\d.]+ ms \| \d+ MB \| 6 \|$", done.stdout, re.MULTILINE)
