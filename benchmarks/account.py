"""Measures what an audit costs for each key of the account, and what the recheck of a running bot costs.

python benchmarks/account.py [KEYS ...]

KEYS are the numbers of keys in the account, at least two of them, in rising order.
The simulated exchange is a process of its own, so that only the guard's time is counted.
"""

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from freqtrade_bitmex_guard.check.local import LocalCheck
from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot

KEYS = (10, 100, 1_000)
AUDITS = 5
RECHECKS = 200


SECRET = "made-up-for-the-benchmark".ljust(48, "0")  # as long as every secret of BitMEX


def serve(keys: int, pipe: Connection) -> None:
    """Serve a simulated exchange with so many keys: send ccxt's config for it, then wait for a message."""
    siblings = [Key(f"{number:04d}-another-key-here", "secret", cidr="203.0.113.7") for number in range(keys - 1)]
    with SimulatedBitMEX([Key("LAqUlngMIQkIUjXMUreyu3qn", SECRET), *siblings]) as exchange:
        pipe.send(exchange.ccxt_config())
        pipe.recv()


def make_bot(folder: Path, ccxt_config: dict[str, object]) -> DemoBot:
    """Make a bot that uses the simulated exchange of another process."""
    with SimulatedBitMEX([]) as unused:
        bot = DemoBot(folder, unused)
    bot.store(Key("LAqUlngMIQkIUjXMUreyu3qn", SECRET))
    bot.config["exchange"]["ccxt_config"] = ccxt_config
    bot.write()
    return bot


def time_audit(folder: Path) -> tuple[float, float]:
    """Return the seconds and the CPU seconds of one audit."""
    command = [sys.executable, "-m", "freqtrade_bitmex_guard", "audit", "-c", "config.json"]
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


def time_rechecks(config: dict[str, object]) -> list[float]:
    """Return the CPU seconds of each of many rechecks of a running bot's key."""
    check = LocalCheck(config)
    if not check.run().verdict.admitted:
        raise SystemExit("the simulated exchange's key was not admitted")
    seconds = []
    for _ in range(RECHECKS):
        began = time.process_time()
        verdict = check.recheck()
        seconds.append(time.process_time() - began)
        if not verdict.admitted or verdict.requests != 1:
            raise SystemExit("a recheck took more than one request, or did not admit the key")
    return seconds


def main(numbers: tuple[int, ...]) -> None:
    """Measure and print."""
    context = multiprocessing.get_context("spawn")
    cpu = {}
    print("| keys in the account | an audit takes | of that CPU |\n|---|---|---|")
    for keys in numbers:
        ours, theirs = context.Pipe()
        server = context.Process(target=serve, args=(keys, theirs), daemon=True)
        server.start()
        with tempfile.TemporaryDirectory() as parent:
            folder = Path(parent) / "bot"
            bot = make_bot(folder, ours.recv())
            times = [time_audit(folder) for _ in range(AUDITS)]
            cpu[keys] = statistics.median(used for _, used in times)
            print(f"| {keys:,} | {statistics.median(wall for wall, _ in times):.2f} s | {cpu[keys]:.2f} s |")
            if keys == numbers[0]:
                rechecks = time_rechecks(json.loads(json.dumps(bot.config)))
        ours.send(None)
        server.join(5)
    fewest, most = numbers[0], numbers[-1]
    print(f"\nEach further key costs {1000 * (cpu[most] - cpu[fewest]) / (most - fewest):.2f} ms (target: under 5 ms).")
    print(
        f"A recheck of a running bot's key takes one request and {1000 * statistics.median(rechecks):.1f} ms of CPU "
        f"(median of {RECHECKS}; target: under 5 ms)."
    )


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or KEYS)
