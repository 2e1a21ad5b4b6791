"""Measures what an audit costs for each key of the account, and what a look at the key of a running bot costs.

python benchmarks/account.py

The look-alike serves from a process of its own, so that only the guard's time is counted.
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
LOOKS = 200


def serve(keys: int, pipe: Connection) -> None:
    """A look-alike with so many keys, until the pipe says otherwise; sends its config, then the number of requests."""
    others = [Key(f"{number:04d}-another-key-here", "secret", cidr="203.0.113.7") for number in range(keys - 1)]
    with SimulatedBitMEX([Key("LAqUlngMIQkIUjXMUreyu3qn", "made-up-for-the-benchmark"), *others]) as exchange:
        pipe.send(exchange.ccxt_config())
        pipe.recv()
        before = len(exchange.requests)
        pipe.send(before)
        pipe.recv()


def bot(folder: Path, ccxt_config: dict[str, object]) -> DemoBot:
    """A bot's folder that points to a look-alike in another process."""
    with SimulatedBitMEX([]) as nobody:
        made = DemoBot(folder, nobody)
    made.store(Key("LAqUlngMIQkIUjXMUreyu3qn", "made-up-for-the-benchmark"))
    made.config["exchange"]["ccxt_config"] = ccxt_config
    made.write()
    return made


def audit(folder: Path) -> tuple[float, float]:
    """Seconds and CPU seconds of one audit."""
    command = [sys.executable, "-m", "freqtrade_bitmex_guard", "audit", "-c", "config.json"]
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


def looks(config: dict[str, object]) -> list[float]:
    """CPU seconds of each of many looks at the key of a running bot."""
    check = LocalCheck(config)
    if not check.run().admitted:
        raise SystemExit("the look-alike's key was not admitted")
    taken = []
    for _ in range(LOOKS):
        began = time.process_time()
        verdict = check.again()
        taken.append(time.process_time() - began)
        if not verdict.admitted or verdict.requests != 1:
            raise SystemExit("a look took more than one request, or did not admit the key")
    return taken


def main() -> None:
    """Measure and print."""
    context = multiprocessing.get_context("spawn")
    cpu = {}
    print("| keys in the account | an audit takes | of that CPU |\n|---|---|---|")
    for keys in KEYS:
        ours, theirs = context.Pipe()
        server = context.Process(target=serve, args=(keys, theirs), daemon=True)
        server.start()
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "bot"
            made = bot(folder, ours.recv())
            times = [audit(folder) for _ in range(AUDITS)]
            cpu[keys] = statistics.median(used for _, used in times)
            print(f"| {keys:,} | {statistics.median(wall for wall, _ in times):.2f} s | {cpu[keys]:.2f} s |")
            if keys == KEYS[0]:
                taken = looks(json.loads(json.dumps(made.config)))
        ours.send(None)
        ours.recv()
        ours.send(None)
        server.join(5)
    fewest, most = KEYS[0], KEYS[-1]
    print(f"\nEach key more costs {1000 * (cpu[most] - cpu[fewest]) / (most - fewest):.2f} ms (target: under 5 ms).")
    print(
        f"A look at a running bot's key takes one request and {1000 * statistics.median(taken):.1f} ms of CPU "
        f"(median of {LOOKS}; target: under 5 ms)."
    )


if __name__ == "__main__":
    main()
