"""A simulated exchange on its own, with a bot that uses it: `python -m freqtrade_bitmex_guard.simulator --help`."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
import tempfile
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from freqtrade_bitmex_guard.simulator import simulated, simulated_ids
from freqtrade_bitmex_guard.simulator.bot import DemoBot
from freqtrade_bitmex_guard.simulator.interface import Cause, SimulatedExchange
from freqtrade_bitmex_guard.simulator.keys import KeyState, Kind

_EXAMPLES = """\
examples:
  python -m freqtrade_bitmex_guard.simulator
  python -m freqtrade_bitmex_guard.simulator trade withdraw
  python -m freqtrade_bitmex_guard.simulator --exchange kraken --no-ip-limit
  python -m freqtrade_bitmex_guard.simulator --days-left 1 --new-key 10"""


def parse(typed: Sequence[str]) -> argparse.Namespace:
    """Parse the command line.

    Args:
        typed: without the program's name.
    """
    parser = argparse.ArgumentParser(
        prog="python -m freqtrade_bitmex_guard.simulator",
        description="Serve a simulated exchange on loopback until Ctrl-C, with one key that was made up for this run.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    kinds = ", ".join(_kind_name(kind) for kind in Kind)
    parser.add_argument(
        "permissions",
        nargs="*",
        metavar="PERMISSION",
        help=f"of the key: {kinds}, or a word of the exchange (default: what a bot needs)",
    )
    # BitMEX, which ccxt dropped, if this ccxt still has it.
    default = "bitmex" if find_spec("ccxt.bitmex") else "binance"
    parser.add_argument("--exchange", choices=simulated_ids(), default=default, help=f"default: {default}")
    parser.add_argument(
        "--trading-mode", choices=["spot", "futures"], help="of the bot (default: the exchange's first)"
    )
    parser.add_argument("--no-ip-limit", action="store_true", help="the key works from every address")
    parser.add_argument("--no-two-factor", action="store_true", help="two-factor authentication is off")
    parser.add_argument("--disabled", action="store_true", help="the key is switched off")
    parser.add_argument("--days-left", type=float, metavar="DAYS", help="the key ends after so many days; 1: tomorrow")
    parser.add_argument(
        "--new-key", type=float, metavar="MINUTES", help="after so long, somebody adds a key that can withdraw"
    )
    parser.add_argument("--maintenance", action="store_true", help="the exchange is down for maintenance")
    parser.add_argument("--clock", type=float, default=0.0, metavar="SECONDS", help="its clock is ahead by so much")
    return parser.parse_args(typed)


def make_exchange(wanted: argparse.Namespace) -> SimulatedExchange[Any]:
    """Return the exchange in the state that is wanted, not serving yet; its first key is the bot's."""
    simulator = simulated(wanted.exchange)
    changed: dict[str, Any] = {"enabled": not wanted.disabled, "two_factor": not wanted.no_two_factor}
    if wanted.permissions:
        changed["permissions"] = [_permission(word) for word in wanted.permissions]
    if wanted.no_ip_limit:
        changed["networks"] = None
    if wanted.days_left is not None:
        changed["days_left"] = wanted.days_left
    exchange = simulator([simulator.random_key(**changed)], trading_mode=wanted.trading_mode)
    exchange.clock_offset = wanted.clock
    if wanted.maintenance:
        down = exchange.error(Cause.MAINTENANCE)
        exchange.answer = lambda request: down  # type: ignore[method-assign]  # noqa: ARG005 - the name is part of it
    return exchange


def main(typed: Sequence[str]) -> None:
    """Serve one key until Ctrl-C, made up for this run like the bot's folder beside it.

    Args:
        typed: the command line without the program's name.
    """
    wanted = parse(typed)
    with make_exchange(wanted) as exchange, tempfile.TemporaryDirectory(prefix="guard-simulator-") as folder:
        bot = DemoBot(Path(folder), exchange)
        bot.store(exchange.keys[0])
        _print_instructions(bot, exchange.keys[0])
        if wanted.new_key is not None:
            timer = threading.Timer(60 * wanted.new_key, _add_key, (exchange,))
            timer.daemon = True
            timer.start()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("Ended; the bot's folder is gone.")


def _print_instructions(bot: DemoBot, key: KeyState) -> None:
    """Print what to type: short enough for a screen of 80 by 24, and the commands last."""
    exchange = bot.exchange
    config = shlex.quote(str(bot.write()))
    more = bot.folder / "simulator.json"
    more.write_text(json.dumps(_connection(exchange), indent=2), encoding="utf-8")
    guard = str(Path(sys.executable).with_name("freqtrade-bitmex-guard"))
    if shutil.which("freqtrade-bitmex-guard") == guard:
        guard = "freqtrade-bitmex-guard"
    print(
        f"A simulated {exchange.exchange_id} serves on {exchange.url} until Ctrl-C.",
        f"Its key ({', '.join(exchange.words_of(key)) or 'read'}) was made up for this run and is worth nothing.",
        "",
        "For a bot of yours: start it with one more -c, and put this key into its store:",
        f"  -c {shlex.quote(str(more))}",
        *(f"  {part.replace('_', ' ')}: {value}" for part, value in exchange.credentials(key).items()),
        "",
        "It has a bot of its own. In another terminal:",
        f"  {shlex.quote(guard)} --check-only -c {config}",
        f"  {shlex.quote(guard)} audit -c {config}",
        f"  {shlex.quote(guard)} trade -c {config}",
        sep="\n",
        flush=True,
    )


def _connection(exchange: SimulatedExchange[Any]) -> dict[str, object]:
    """Return what makes a bot's config point to the simulated exchange and to nobody else."""
    return {
        "exchange": {"name": exchange.exchange_id, "ccxt_config": exchange.ccxt_config()},
        "api_key_guard": {
            # An entry of its own, so that the made-up key replaces no key that is worth something.
            "credentials": {"store": "keyring", "service": "freqtrade-simulator"},
            "allowed_hosts": ["127.0.0.1"],
        },
    }


def _add_key(exchange: SimulatedExchange[Any]) -> None:
    stranger = exchange.random_key(permissions=[Kind.READ, Kind.TRADE, Kind.WITHDRAW], networks=None, age_days=0)
    exchange.keys.append(exchange.adopt(stranger))
    print("A key that can withdraw was added to the account.", flush=True)


def _permission(word: str) -> Kind | str:
    return next((kind for kind in Kind if _kind_name(kind) == word), word)


def _kind_name(kind: Kind) -> str:
    return kind.value.replace(" ", "-")


if __name__ == "__main__":
    main(sys.argv[1:])
