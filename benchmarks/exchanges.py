"""Measures `--check-only` of each exchange against one class of ccxt that makes the same calls about the key.

python benchmarks/exchanges.py [ROUNDS, at least 2 [EXCHANGE ...]]

It prints a table; the target is a ratio of at most 1.7 for each exchange: others in the tree cost it nothing.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from measure import HERE, Row, environments, format_time, time_row
from tasks import write_task

from freqtrade_bitmex_guard.demo.run import demo_ids
from freqtrade_bitmex_guard.simulator import simulated
from freqtrade_bitmex_guard.simulator.bot import DemoBot

HEAD = """| exchange | `--check-only --format json` | one class of ccxt | ratio | of CPU time | target |
|---|---|---|---|---|---|"""


def measure(name: str, folder: Path, rounds: int) -> str:
    """Return the row of one exchange."""
    simulator = simulated(name)
    with simulator([simulator.random_key()]) as exchange:
        bot = DemoBot(folder / name, exchange)
        bot.store(exchange.keys[0])
        bot.write()
        task = write_task(bot)
        check = f"WITH/bin/freqtrade-bitmex-guard --check-only -c {name}/config.json --format json"
        alone = f"WITHOUT/bin/python one_class.py {name} {task}"
        measured, baseline = time_row(Row(name, check, alone, "1.7", 3), rounds, folder)
    medians = " | ".join(format_time(statistics.median(times.seconds)) for times in (measured, baseline))
    return f"| {name} | {medians} | {measured.against(baseline)} | 1.7 |"


def main(rounds: int, names: list[str]) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent)
        list(environments(folder))
        shutil.copy(HERE / "one_class.py", folder)
        print(HEAD, flush=True)
        for name in names:
            print(measure(name, folder, rounds), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8, sys.argv[2:] or demo_ids())
