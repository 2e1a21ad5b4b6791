"""Bots of a fleet, each in a folder of its own, on simulated exchanges."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.interface import SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState
from tests.support import leak_search
from tests.support.factories import allow_secrets_in


class Farm:
    """A folder of bots, and the exchanges that they use."""

    def __init__(self, folder: Path, exchanges: dict[str, SimulatedExchange[Any]]) -> None:
        self.folder = folder
        self.exchanges = exchanges

    @property
    def pattern(self) -> str:
        return str(self.folder / "*" / "config.json")

    def add(
        self, name: str, exchange: str = "kraken", key: KeyState | None = None, **section: Any
    ) -> tuple[DemoBot, KeyState]:
        """Make a bot with a key of its own, or with another bot's; its section gets more fields."""
        simulator = self.exchanges[exchange]
        if key is None:
            key = simulator.adopt(type(simulator).random_key())
            simulator.keys.append(key)
            for part, value in simulator.credentials(key).items():
                leak_search.watch(f"{part} of {name}", value)
        folder = self.folder / name
        folder.mkdir(parents=True)
        bot = DemoBot(folder, simulator)
        allow_secrets_in(*(folder / part for part in simulator.credential_parts))
        bot.store(key)
        bot.config["api_key_guard"] |= section
        bot.write()
        return bot, key

    def break_config(self, name: str) -> None:
        (self.folder / name).mkdir(exist_ok=True)
        (self.folder / name / "config.json").write_text('{"exchange": {')

    def requests(self) -> list[str]:
        """Return all requests so far, of all exchanges."""
        return [path for exchange in self.exchanges.values() for path in exchange.paths()]


def unguard(bot: DemoBot) -> None:
    del bot.config["api_key_guard"]
    bot.write()


def set_in_config(bot: DemoBot, **fields: Any) -> None:
    """Change fields of the bot's config; an object is merged into what is there."""
    for name, value in fields.items():
        old = bot.config.get(name)
        bot.config[name] = {**old, **value} if isinstance(old, dict) else value
    bot.write()


def documents(printed: str) -> list[Any]:
    """Return the documents of JSON lines."""
    return [json.loads(line) for line in printed.splitlines()]


@contextlib.contextmanager
def farm(folder: Path, *names: str) -> Iterator[Farm]:
    """Serve simulated exchanges for a new folder of bots."""
    with contextlib.ExitStack() as stack:
        exchanges = {name: stack.enter_context(simulated(name)()) for name in names}
        yield Farm(folder / "bots", exchanges)
