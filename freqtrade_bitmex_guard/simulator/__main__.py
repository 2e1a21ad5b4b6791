"""The look-alike on its own, to point a bot at: `python -m freqtrade_bitmex_guard.simulator`."""

from __future__ import annotations

import json
import threading
from typing import Any

from freqtrade_bitmex_guard.simulator.keys import made_up
from freqtrade_bitmex_guard.simulator.lookalike import Lookalike

# Of its own, so that no key that is worth something lies where the made-up one is put.
_SERVICE = "freqtrade-lookalike"


def config(exchange: Lookalike) -> dict[str, Any]:
    """What a bot's config needs so that the bot talks to a look-alike and to nobody else."""
    return {
        "exchange": {"name": "bitmex", "ccxt_config": exchange.ccxt_config()},
        "api_key_guard": {
            "credentials": {"store": "keyring", "service": _SERVICE},
            "allowed_hosts": ["127.0.0.1"],
        },
    }


def main() -> None:
    """Serve one good key, made up for this run, until Ctrl-C."""
    key = made_up()
    with Lookalike([key]) as exchange:
        print(
            f"A BitMEX look-alike serves on {exchange.url} until Ctrl-C. This into lookalike.json, as one more -c:",
            json.dumps(config(exchange), indent=2),
            "Made up for this run and worth nothing; for `freqtrade-bitmex-guard credentials set -c lookalike.json`:",
            f"key id  {key.id}",
            f"secret  {key.secret}",
            "Then: freqtrade-bitmex-guard --check-only -c lookalike.json",
            sep="\n",
            flush=True,
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("Ended. To take the key out again: freqtrade-bitmex-guard credentials delete -c lookalike.json")


if __name__ == "__main__":
    main()
