"""Measures what the plugin costs, side by side, with hyperfine, and prints `docs/pages/evidence/benchmarks.md`.

python benchmarks/measure.py > docs/pages/evidence/benchmarks.md

It makes two environments that differ in the plugin alone, serves a simulated exchange, and has hyperfine time two
commands at a time in many short rounds, so that other work on the machine slows both.
"""

import json
import os
import platform
import secrets
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tasks import write_task

from freqtrade_bitmex_guard.simulator.bitmex import Key, SimulatedBitMEX
from freqtrade_bitmex_guard.simulator.bot import DemoBot

HERE = Path(__file__).parent
TEXT = """# What it costs

`python benchmarks/measure.py > docs/pages/evidence/benchmarks.md` wrote this page (it needs [hyperfine](https://github.com/sharkdp/hyperfine)).
Each row is two commands, timed in {rounds} alternating rounds.
The times are medians; the ratio is the median of the rounds' ratios, with the quarters below and above it in brackets.
The next column is the ratio of the CPU time (user and system), which other work on the machine changes less.
`WITH` and `WITHOUT` are two environments that differ in this plugin alone.
BitMEX is simulated on loopback and answers at once.
Nothing here is a test: no figure fails a build.

Machine: {machine}.
Its load (`uptime`) was {load}: above 1 the ratios near 1 are accurate to about 5 %.

| figure | measured | against | ratio | of CPU time | target |
|---|---|---|---|---|---|
{rows}

The commands, as hyperfine ran them:

```sh
{commands}
```

| peak memory (`ru_maxrss` of one run) | measured | against | ratio | target |
|---|---|---|---|---|
{memory}

Requests of the guard in one guarded start: {about_the_key} about the key, {in_all} in all, before {own} of freqtrade's
own (target: one that is required, at most four in all).

`one_class.py` imports what no check can do without: one class of ccxt.
It makes the calls about the key and prints the answers: no config, no policy, no bound, no query about the account.

Most of what `--check-only` takes is imports.
They are pydantic for the config section, requests and ccxt's base class for the requests, rich for the table.
It imports one of ccxt's hundred exchanges, and freqtrade's config reader without pandas.
That is why it takes no longer than twelve lines that `import ccxt`.
`python -X importtime` shows the rest.

An audit, and a recheck of a running bot's key, `python benchmarks/account.py`:

{account}

Each exchange, `python benchmarks/exchanges.py`:

{exchanges}

The filter in front of the log handlers, for each record, `python benchmarks/log_filter.py --fast`
([pyperf](https://pyperf.readthedocs.io)):

```
{log}
```
"""


@dataclass(frozen=True)
class Row:
    """Two commands to compare."""

    figure: str
    command: str
    baseline: str
    target: str
    runs: int


def environments(folder: Path) -> Iterator[Path]:
    """Make two environments that take everything from this one; only the first has the plugin's wheel."""
    for name in ("WITH", "WITHOUT"):
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / name], check=True)
        site = next((folder / name).glob("lib/python*/site-packages"))
        (site / "zz_dependencies.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n")
        if name == "WITH":
            pip = [sys.executable, "-m", "pip", "--quiet"]
            wheel = ["wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(HERE.parent)]
            subprocess.run([*pip, *wheel], check=True)
            into = ["--python", str(folder / name / "bin" / "python"), "install", "--no-deps"]
            subprocess.run([*pip, *into, *map(str, folder.glob("*.whl"))], check=True)
        yield folder / name


@dataclass(frozen=True)
class Times:
    """What one command took in each round.

    Attributes:
        seconds: the median of the round.
        cpu: the CPU seconds, of the user and the system.
    """

    seconds: list[float]
    cpu: list[float]

    def against(self, baseline: "Times") -> str:
        """Return the ratios to a baseline as two cells: the median, and the quarters below and above it."""
        cells = []
        for ours, theirs in ((self.seconds, baseline.seconds), (self.cpu, baseline.cpu)):
            low, middle, high = statistics.quantiles(
                (our / their for our, their in zip(ours, theirs, strict=True)), n=4
            )
            cells.append(f"{middle:.3f} ({low:.2f} to {high:.2f})")
        return " | ".join(cells)


def time_row(row: Row, rounds: int, folder: Path) -> tuple[Times, Times]:
    """Time both commands in many short rounds."""
    times = {row.command: Times([], []), row.baseline: Times([], [])}
    for number in range(rounds):
        order = [row.command, row.baseline] if number % 2 else [row.baseline, row.command]
        command = ["hyperfine", "-N", "--style=none", "--warmup=1", f"--runs={row.runs}", "--export-json=out.json"]
        subprocess.run([*command, *order], check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for result in json.loads((folder / "out.json").read_text())["results"]:
            times[result["command"]].seconds.append(result["median"])
            times[result["command"]].cpu.append(result["user"] + result["system"])
    return times[row.command], times[row.baseline]


def peak_memory(command: str, folder: Path) -> float:
    """Return the peak memory of one run, in MB."""
    with subprocess.Popen(command.split(), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    return used.ru_maxrss / 1024


def list_requests(command: str, folder: Path, exchange: SimulatedBitMEX) -> list[str]:
    """Return the paths that one run requests from the exchange."""
    exchange.requests.clear()
    subprocess.run(command.split(), cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [request.path for request in exchange.requests]


def format_time(seconds: float) -> str:
    """Return seconds, or milliseconds if that is shorter."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def describe_machine() -> str:
    """Return processor and versions."""
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    versions = ", ".join(f"{name} {version(name)}" for name in ("freqtrade", "ccxt", "pydantic"))
    return f"{os.cpu_count()} cores of {cpu}, {platform.system()}, Python {platform.python_version()}, {versions}"


def main(rounds: int) -> None:
    """Measure everything and print the page."""
    with tempfile.TemporaryDirectory() as parent, SimulatedBitMEX([]) as exchange:
        folder = Path(parent)
        list(environments(folder))
        key = Key(secrets.token_hex(12), secrets.token_hex(24))
        exchange.keys.append(key)
        bot = DemoBot(folder / "bot", exchange)
        bot.store(key)
        bot.write()
        unguarded = {name: value for name, value in bot.config.items() if name != "api_key_guard"}
        unguarded["exchange"] = {**bot.config["exchange"], "key": key.id, "secret": key.secret}
        (folder / "bot" / "unguarded.json").write_text(json.dumps(unguarded))
        for script in ("one_class.py", "twelve_lines.py", "to_running.py"):
            shutil.copy(HERE / script, folder)

        check = "WITH/bin/freqtrade-bitmex-guard --check-only -c bot/config.json"
        show = "bin/python -m freqtrade show-config -c bot/config.json"
        twelve_lines = f"WITHOUT/bin/python twelve_lines.py {exchange.url} bot/key bot/secret"
        one_class = f"WITHOUT/bin/python one_class.py bitmex {write_task(bot)}"
        trade = "bin/python -m freqtrade trade -c bot"
        start = "WITHOUT/bin/python to_running.py"
        rows = [
            Row("`python -c pass`", "WITH/bin/python -c pass", "WITHOUT/bin/python -c pass", "1.05", 40),
            Row(
                "`freqtrade --version`",
                "WITH/bin/python -m freqtrade --version",
                "WITHOUT/bin/python -m freqtrade --version",
                "1.02",
                12,
            ),
            Row("`freqtrade show-config`", f"WITH/{show}", f"WITHOUT/{show}", "1.02", 3),
            Row(
                "`freqtrade trade` to RUNNING, guarded / unguarded",
                f"{start} WITH/{trade}/config.json",
                f"{start} WITHOUT/{trade}/unguarded.json",
                "1.05",
                1,
            ),
            Row("`--check-only` / `show-config`", check, f"WITHOUT/{show}", "1.25", 3),
            Row("`--check-only` / twelve lines of ccxt", check, twelve_lines, "as low as it gets", 3),
            Row("`--check-only --format json` / one class of ccxt", f"{check} --format json", one_class, "1.6", 3),
        ]
        lines, commands = [], []
        for row in rows:
            measured, baseline = time_row(row, rounds, folder)
            medians = " | ".join(format_time(statistics.median(times.seconds)) for times in (measured, baseline))
            lines.append(f"| {row.figure} | {medians} | {measured.against(baseline)} | {row.target} |")
            commands.append(f"hyperfine -N '{row.command}' \\\n             '{row.baseline}'")
            print(lines[-1], file=sys.stderr)
        memory = []
        for row in rows[-3:]:
            used, against = peak_memory(row.command, folder), peak_memory(row.baseline, folder)
            target = "1.1" if row.baseline.endswith(show) else "none"
            memory.append(f"| {row.figure} | {used:.0f} MB | {against:.0f} MB | {used / against:.2f} | {target} |")
        of_check = list_requests(check, folder, exchange)
        of_start = list_requests(f"{start} WITH/{trade}/config.json", folder, exchange)
        about_the_key = sum(path.startswith("/apiKey") for path in of_start)
        in_all = sum(path in of_check for path in of_start)
    log = subprocess.run([sys.executable, HERE / "log_filter.py", "--fast"], capture_output=True, text=True, check=True)
    account = subprocess.run([sys.executable, HERE / "account.py"], capture_output=True, text=True, check=True)
    each = subprocess.run([sys.executable, HERE / "exchanges.py", "3"], capture_output=True, text=True, check=True)
    log_lines = "\n".join(line for line in log.stdout.splitlines() if "Mean" in line or "filtered" in line)
    sys.stdout.write(
        TEXT.format(
            rounds=rounds,
            machine=describe_machine(),
            load=", ".join(f"{average:.1f}" for average in os.getloadavg()),
            rows="\n".join(lines),
            commands="\n".join(commands).replace(exchange.url, "URL"),
            memory="\n".join(memory),
            about_the_key=about_the_key,
            in_all=in_all,
            own=len(of_start) - in_all,
            account=account.stdout.strip(),
            exchanges=each.stdout.strip(),
            log=log_lines,
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 8)
