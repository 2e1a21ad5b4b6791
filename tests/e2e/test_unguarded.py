"""Where the guard does nothing: without its section, in dry-run, in other commands, and where it is not installed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from tests.e2e.freqtrade_process import assert_refused
from tests.support.factories import credentials_in_config, key

pytestmark = pytest.mark.slow


@pytest.fixture
def marked(bot: DemoBot) -> Path:
    """The file that the bot's store makes when it is opened."""
    mark = bot.folder / "opened"
    bot.config["api_key_guard"]["credentials"] = {
        "store": "command",
        "key_command": ["touch", str(mark)],
        "secret_command": ["touch", str(mark)],
    }
    return mark


def test_the_mark_of_an_opened_store_appears_in_a_live_start(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, marked: Path
) -> None:
    assert_refused(bot.trade(python=str(wheel)), exchange, "credentials-malformed", queried=False)
    assert marked.exists()


def test_dry_run_opens_no_store_and_sends_no_request(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, marked: Path
) -> None:
    bot.config["dry_run"] = True
    process = bot.trade(python=str(wheel))
    assert process.wait_for_output(), process.output
    process.stop()
    assert process.output.count("API key guard:") == 1
    assert not marked.exists()
    assert not [path for path in exchange.paths() if "apiKey" in path]
    assert not [request for request in exchange.requests if request.key]


@pytest.mark.parametrize(
    "command", [["show-config"], ["list-timeframes"], ["list-pairs"], ["test-pairlist"], ["list-strategies"]]
)
def test_no_other_command_opens_the_store_or_queries_the_exchange(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, marked: Path, command: list[str]
) -> None:
    path = str(bot.write())
    process = Process([str(wheel), "-m", "freqtrade", *command, "-c", path], bot.folder)
    assert process.wait() == 0, process.output
    assert not marked.exists()
    assert not [each for each in exchange.paths() if "apiKey" in each]
    assert "API key guard" not in process.output


@pytest.mark.parametrize("section", [None, {"enabled": False}])
def test_without_an_enabled_section_freqtrade_runs_as_if_unguarded(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, section: Any
) -> None:
    del bot.config["api_key_guard"]
    if section:
        bot.config["api_key_guard"] = section
    exchange.keys[:] = [key(permissions=["order", "withdraw"], cidr="")]
    credentials_in_config(bot)
    process = bot.trade(python=str(wheel))
    assert process.wait_for_output(), process.output
    process.stop()
    lines = process.output.replace(str(bot.folder), "").replace("'api_key_guard'", "").splitlines()
    about_guard = [line for line in lines if "guard" in line]
    # One line says so where nobody chose it; `"enabled": false` is a choice.
    assert ["NOT guarded" in line for line in about_guard] == ([] if section else [True])
    assert "GET /apiKey" not in exchange.paths()


def test_without_its_pth_line_plain_freqtrade_has_no_key_at_all(
    bot: DemoBot, exchange: SimulatedBitMEX, environment: Callable[[str], Path]
) -> None:
    process = bot.trade(python=str(environment("no pth")))
    process.wait_for_output("Changing state to: RUNNING", seconds=10)
    process.stop()
    assert not [request for request in exchange.requests if request.key]
    assert not [path for path in exchange.paths() if not path.startswith("GET")]


def test_an_environment_runs_the_installed_wheel_and_not_the_source_tree(wheel: Path) -> None:
    script = "import sys, freqtrade_bitmex_guard as g; print(g.__file__, g.BotModuleFinder in sys.meta_path)"
    done = subprocess.run([wheel, "-c", script], capture_output=True, text=True, check=True, cwd="/")
    path, armed = done.stdout.split()
    assert path.startswith(str(wheel.parent.parent))
    assert armed == "True"
