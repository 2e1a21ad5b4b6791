"""Real starts with a config that can be read only once."""

from __future__ import annotations

import json
import os
import shlex
import threading
from pathlib import Path

import pytest

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot, Process
from tests.e2e.commands import guard
from tests.support.factories import key

pytestmark = pytest.mark.slow


def split(bot: DemoBot) -> tuple[str, str]:
    """Write the bot's config without its exchange, and return its path and that of the rest."""
    rest = {"exchange": bot.config.pop("exchange"), "api_key_guard": bot.config.pop("api_key_guard")}
    (bot.folder / "rest.json").write_text(json.dumps(rest))
    return str(bot.write()), str(bot.folder / "rest.json")


def shell(bot: DemoBot, python: Path, arguments: str) -> Process:
    return Process(["bash", "-c", f"{shlex.join(guard(python, 'trade'))} {arguments}"], bot.folder)


@pytest.mark.parametrize("how", ["-c {0} -c <(cat {1})", "-c <(cat {1}) -c <(cat {0})", "-c {0} -c pipe"])
def test_a_piped_config_starts_a_guarded_bot(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, how: str) -> None:
    base, rest = split(bot)
    os.mkfifo(bot.folder / "pipe")
    threading.Thread(target=lambda: (bot.folder / "pipe").write_text(Path(rest).read_text()), daemon=True).start()
    process = shell(bot, wheel, how.format(base, rest))
    assert process.wait_for_output(), process.output
    assert "admitted" in process.output
    assert exchange.paths().count("GET /apiKey") == 1
    process.stop()


@pytest.mark.parametrize("how", ["cat {1} | {2} -c {0} -c /dev/stdin", "{2} -c {0} -c <(cat {1})"])
def test_a_piped_config_of_a_bad_key_is_refused(bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, how: str) -> None:
    exchange.keys[:] = [key(cidr="")]
    base, rest = split(bot)
    command = how.format(base, rest, shlex.join(guard(wheel, "trade")))
    process = Process(["bash", "-c", f"set -o pipefail; {command}"], bot.folder)
    assert process.wait() == 2, process.output
    assert "ip-unrestricted" in process.output


@pytest.mark.parametrize("content", ["{", ""], ids=["cut off", "empty"])
def test_a_piped_config_that_freqtrade_does_not_accept_ends_with_4(
    bot: DemoBot, exchange: SimulatedBitMEX, wheel: Path, content: str
) -> None:
    (bot.folder / "content").write_text(content)
    process = shell(bot, wheel, "-c <(cat content)")
    assert process.wait() == 4, process.output
    assert exchange.requests == []
    assert "freqtrade ended before it had built a bot, so nothing was started" in process.output
