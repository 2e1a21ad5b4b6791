"""Real commands, run against the simulated exchange, for the pages that show what they print."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from freqtrade_bitmex_guard.model.bot import BotLabel
from tests.support.farm import farm, unguard

GUARD = Path(sys.executable).with_name("freqtrade-bitmex-guard")
COLUMNS = "100"


@contextlib.contextmanager
def simulated_bot(*permissions: str) -> Iterator[str]:
    """Serve the simulated exchange, as a user does, and yield the config of a bot that trades there.

    Args:
        permissions: of the bot's key, in the exchange's words; by default those that a bot needs.

    Raises:
        RuntimeError: if it did not start.
    """
    command = [sys.executable, "-m", "freqtrade_bitmex_guard.simulator", *permissions]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := re.search(r"--check-only -c (\S+)", line):
                    yield found[1]
                    return
            raise RuntimeError("the simulator did not start")
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()


@contextlib.contextmanager
def simulated_fleet() -> Iterator[str]:
    """Serve a simulated exchange for two bots, of which one is unguarded, and yield the pattern of their configs."""
    with tempfile.TemporaryDirectory() as folder, farm(Path(folder), "kraken") as bots:
        bots.add("btc")
        unguard(bots.add("eth")[0])
        yield bots.pattern


def run(*arguments: str, color: bool = False) -> str:
    """Return what one of our commands prints to standard output, with what varies between two runs replaced.

    Args:
        arguments: behind the program's name.
        color: whether to print as for a terminal with colours.
    """
    environment = {**os.environ, "COLUMNS": COLUMNS, **({"FORCE_COLOR": "1"} if color else {"NO_COLOR": "1"})}
    done = subprocess.run([GUARD, *arguments], env=environment, capture_output=True, text=True, check=False)
    named = [value for option, value in itertools.pairwise(arguments) if option == "-c"]
    return steady(_without_places(done.stdout, named))


def _without_places(text: str, configs: list[str]) -> str:
    """Replace this machine's name and folders by examples."""
    text = re.sub(r"/[\w./-]*/bots/(?=\w)", "bots/", text)  # of a fleet
    for config in configs:
        folder = str(Path(config).parent)
        text = text.replace(config, "config.json").replace(folder, "/etc/freqtrade")
    host = BotLabel.of({}).host
    return text.replace(f" on {host}", " on vps1").replace(f'"host": "{host}"', '"host": "vps1"')


def steady(text: str) -> str:
    """Replace ports, durations, moments and the made-up key by examples."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:40123", text)
    # In a table the cell keeps its width, so that the picture is the same whatever the check took.
    text = re.sub(
        r"\bin \d+ ms(?: {2,})?", lambda found: "in 62 ms".ljust(len(found[0]) if "  " in found[0] else 0), text
    )
    text = re.sub(r'("duration_ms": )\d+', r"\g<1>62", text)
    text = re.sub(r'("(?:created|at)": ")[^"]+', r"\g<1>2026-11-03T09:00:00+00:00", text)
    text = re.sub(r'("checked_at": ")[^"]+', r"\g<1>2026-11-22T22:00:00.000+00:00", text)
    text = re.sub(r'("since": ")[^"]+', r"\g<1>2026-10-23T22:00:00+00:00", text)
    return re.sub(r"[\w+/=-]{4}(…|\\u2026)", r"LAqU\1", text)
