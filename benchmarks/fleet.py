"""Measures what the check of a fleet costs, and prints one row for each size.

python benchmarks/fleet.py [BOTS ...]        (default: 1 100 1000; a small machine takes 50 as well)

Every bot has a key of its own on one simulated exchange, which runs in a process of its own and answers at once.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.bot import DemoBot

EXCHANGE = "binance"
RUNS = 3


def serve(folder: Path, bots: int) -> None:
    """Make bots in a folder, print that they are ready, and serve their exchange until standard input ends."""
    kind = simulated(EXCHANGE)
    with kind() as exchange:
        for number in range(bots):
            key = exchange.adopt(kind.random_key())
            exchange.keys.append(key)
            (folder / f"bot{number:04}").mkdir()
            bot = DemoBot(folder / f"bot{number:04}", exchange)
            bot.store(key)
            bot.write()
        by_id = {key.id: key for key in exchange.keys}
        exchange.find_key = by_id.get  # type: ignore[method-assign,assignment]
        print("ready", flush=True)
        sys.stdin.read()


def check(folder: Path, bots: int) -> tuple[float, float, dict[str, object]]:
    """Check the first bots of a folder as a user does; return seconds, peak memory in MB, and the report."""
    (folder / "bots.txt").write_text("".join(f"-c {folder}/bot{number:04}/config.json\n" for number in range(bots)))
    command = [sys.executable, "-m", "freqtrade_bitmex_guard", "fleet", "--list", "bots.txt", "--format", "json"]
    began = os.times().elapsed
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        printed: list[bytes] = []
        reader = threading.Thread(target=lambda: printed.append(process.stdout.read()))  # type: ignore[union-attr]
        reader.start()
        _, _, used = os.wait4(process.pid, 0)
        seconds = os.times().elapsed - began
        process.returncode = 0
        reader.join()
    return seconds, used.ru_maxrss / 1024, json.loads(printed[0])


def main(sizes: list[int]) -> None:
    """Measure each size and print the table."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent)
        server = [sys.executable, __file__, "--serve", str(folder), str(max(sizes))]
        with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            print("| bots | time | against one | for each bot more | peak memory | requests |")
            print("|---|---|---|---|---|---|")
            first = None
            for size in sizes:
                runs = [check(folder, size) for _ in range(RUNS)]
                seconds = statistics.median(run[0] for run in runs)
                memory = max(run[1] for run in runs)
                report = runs[0][2]
                assert report["counts"] == {"misconfigured": 0, "refused": 0, "unverified": 0, "admitted": size}
                first = first or seconds
                more = f"{(seconds - first) / (size - 1) * 1000:.1f} ms" if size > 1 else "—"
                print(
                    f"| {size} | {seconds:.2f} s | {seconds / first:.1f} | {more} | {memory:.0f} MB "
                    f"| {report['requests']} |",
                    flush=True,
                )
            process.stdin.close()  # type: ignore[union-attr]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main([int(size) for size in sys.argv[1:]] or [1, 100, 1000])
