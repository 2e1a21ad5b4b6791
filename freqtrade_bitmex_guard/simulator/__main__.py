"""The simulated BitMEX on its own, and a bot for it: `python -m freqtrade_bitmex_guard.simulator [PERMISSION...]`."""

from __future__ import annotations

import json
import shlex
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from freqtrade_bitmex_guard.simulator.bitmex import SimulatedBitMEX, random_key
from freqtrade_bitmex_guard.simulator.bot import DemoBot


def main(permissions: Sequence[str]) -> None:
    """Serve one key until Ctrl-C, made up for this run like the bot's folder beside it.

    Args:
        permissions: of the key, in BitMEX's words; by default those that a bot needs.
    """
    key = random_key(permissions=list(permissions) or ["order"])
    guard = shlex.quote(str(Path(sys.executable).with_name("freqtrade-bitmex-guard")))
    with SimulatedBitMEX([key]) as exchange, tempfile.TemporaryDirectory(prefix="guard-simulator-") as folder:
        bot = DemoBot(Path(folder), exchange)
        bot.store(key)
        config = shlex.quote(str(bot.write()))
        print(
            f"A simulated BitMEX serves on {exchange.url} until Ctrl-C. Its key ({', '.join(key.permissions)}) was "
            "made up for this run and is worth nothing.",
            "A bot of its own uses it. In another terminal:",
            f"  {guard} --check-only -c {config}",
            f"  {guard} audit -c {config}",
            f"  {guard} trade -c {config}",
            "To have a bot of yours ask it, start that with this as one more -c, and `credentials set` these two:",
            json.dumps(_one_more(exchange), indent=2),
            f"key id  {key.id}",
            f"secret  {key.secret}",
            sep="\n",
            flush=True,
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("Ended; the bot's folder is gone.")


def _one_more(exchange: SimulatedBitMEX) -> dict[str, object]:
    """Return what makes a bot's config point to the simulated exchange and to no other."""
    return {
        "exchange": {"name": "bitmex", "ccxt_config": exchange.ccxt_config()},
        "api_key_guard": {
            # An entry of its own, so that no key that is worth something is where the made-up one is put.
            "credentials": {"store": "keyring", "service": "freqtrade-simulator"},
            "allowed_hosts": ["127.0.0.1"],
        },
    }


if __name__ == "__main__":
    main(sys.argv[1:])
